"""What-if questions over the API: the worked cases, nothing saved, nothing leaked, the same cost for any tree."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from goals import tree
from goals.models import Goal
from kpis.models import Kpi
from kpis.recording import record_one
from tests.api.calling import Caller
from tests.engine.cases import CHECKS, shown
from tests.goals import loading


@pytest.fixture
def works(db):
    """Case R01 on its date."""
    with time_machine.travel(loading.on("R01"), tick=False):
        yield loading.load("R01")


@pytest.fixture
def ada(works) -> Caller:
    return Caller(works.ada)


def ask(caller, *changes, **more):
    return caller.post("what-if/", {"changes": list(changes), **more})


def number(text):
    return None if text is None else shown(Decimal(text))


def as_printed(works, response):
    assert response.status_code == 200, response.body
    names = {goal.pk: name for name, goal in works.goals.items()}
    return {
        names[row["goal"]]: [number(row[name]) for name in ("before", "after", "delta")]
        for row in response.body["goals"]
    }


def told(response):
    return {(error["row"], error["field"], error["code"]) for error in response.body["errors"]}


def cases(works):
    goals, kpis = works.goals, works.kpis
    return {
        "W1": [{"kpi": kpis["nps"].pk, "set": {"actual": "50"}}],
        "W2": [{"goal": goals["I3"].pk, "set": {"parent": goals["D1"].pk, "weight": "50"}}],
        "W3": [
            {"goal": goals["S3"].pk, "set": {"weight": "75"}},
            {"goal": goals["D3"].pk, "set": {"rollup_method": "weakest_link"}},
        ],
        "W4": [{"kpi": kpis["leads"].pk, "set": {"values": {"2026-06-01": "150"}}}],
    }


@pytest.mark.parametrize("name", ["W1", "W2", "W3", "W4"])
def test_the_worked_cases(works, ada, name):
    assert as_printed(works, ask(ada, *cases(works)[name])) == CHECKS[name]


@pytest.mark.parametrize("name", ["W1", "W2", "W3", "W4"])
def test_the_worked_cases_asked_for_their_date_later(works, ada, name):
    with time_machine.travel(loading.on("R01") + dt.timedelta(days=9), tick=False):
        on = loading.on("R01").date().isoformat()
        assert as_printed(works, ask(Caller(works.ada), *cases(works)[name], date=on)) == CHECKS[name]


def test_the_largest_change_comes_first(works, ada):
    deltas = [abs(Decimal(row["delta"])) for row in ask(ada, *cases(works)["W2"]).body["goals"]]
    assert deltas == sorted(deltas, reverse=True)


def test_refused_moves_are_those_of_case_w5(works, ada):
    goals = works.goals
    refused = []
    for goal, parent in (("S1", "I1"), ("D2", "I3"), ("V", "S1")):
        response = ask(ada, {"goal": goals[goal].pk, "set": {"parent": goals[parent].pk}})
        assert response.status_code == 400
        refused.append(told(response))
    assert refused == [
        {(1, "set", "level_above_parent")},
        {(1, "set", "level_above_parent")},
        {(1, "set", "goal_cycle")},
    ]


def test_moves_are_made_in_the_order_of_the_lines(works, ada):
    """D2 below D1, then D1 below it, is a circle; the other way round it is none."""
    goals = works.goals
    below = {"goal": goals["D2"].pk, "set": {"parent": goals["D1"].pk}}
    above = {"goal": goals["D1"].pk, "set": {"parent": goals["D2"].pk}}
    assert told(ask(ada, below, above)) == {(2, "set", "goal_cycle")}
    assert told(ask(ada, above, below)) == {(2, "set", "goal_cycle")}
    assert ask(ada, below, {"goal": goals["I1"].pk, "set": {"parent": goals["D2"].pk}}).status_code == 200


def everything() -> dict[str, list]:
    """All rows of goals and KPIs, but for what counts the requests."""
    return {
        model.__name__: list(model.objects.order_by("pk").values())
        for app in ("goals", "kpis")
        for model in apps.get_app_config(app).get_models(include_auto_created=True)
    }


def test_nothing_is_saved(works, ada):
    before = everything()
    for changes in cases(works).values():
        assert ask(ada, *changes).status_code == 200
    assert everything() == before


def test_what_waits_for_its_roll_up_is_counted_in(works, ada):
    record_one(works.kpis["nps"], dt.date(2026, 6, 1), Decimal(50), by=None, note="Corrected")
    found = as_printed(works, ask(ada, {"goal": works.goals["S1"].pk, "set": {"weight": "40"}}))
    assert found["S1"][0] == "0.8100"
    assert found["V"][0] == "0.6193"


def test_a_reading_token_may_ask(works):
    assert ask(Caller(works.ada, "read"), *cases(works)["W1"]).status_code == 200
    assert ask(Caller(), *cases(works)["W1"]).status_code == 401


def test_what_may_not_be_seen_is_not_there_and_does_not_leak(cast):
    top = cast.goal("Top")
    secret = cast.goal("Secret", top, visibility=Goal.Visibility.PRIVATE)
    own = cast.goal("Own", secret, owner=cast.cy)
    cast.goal("Beside", top)
    hidden = Kpi.objects.create(
        organisation=cast.works, goal=secret, key="h", name="Hidden", baseline=Decimal(0), target=Decimal(10)
    )
    kpi = Kpi.objects.create(
        organisation=cast.works, goal=own, key="k", name="Open", baseline=Decimal(0), target=Decimal(10)
    )
    cy = Caller(cast.cy)
    wrong = [
        {"goal": secret.pk, "set": {"weight": "2"}},
        {"kpi": hidden.pk, "set": {"actual": "2"}},
        {"goal": own.pk, "set": {"parent": secret.pk}},
    ]
    missing = [
        {"goal": 999_999, "set": {"weight": "2"}},
        {"kpi": 999_999, "set": {"actual": "2"}},
        {"goal": own.pk, "set": {"parent": 999_999}},
    ]
    refused = ask(cy, *wrong)
    assert refused.status_code == 400
    assert told(refused) == {
        (1, "goal", "does_not_exist"),
        (2, "kpi", "does_not_exist"),
        (3, "set.parent", "does_not_exist"),
    }
    assert refused.body == ask(cy, *missing).body
    assert ask(Caller(cast.eve), *wrong[:2]).body == ask(cy, *missing[:2]).body
    answer = ask(cy, {"kpi": kpi.pk, "set": {"actual": "5"}})
    assert [row["goal"] for row in answer.body["goals"]] == [top.pk, own.pk, None]
    assert answer.body["goals"][-1] == {
        "goal": None,
        "restricted": True,
        "before": None,
        "after": None,
        "delta": None,
        "status_before": None,
        "status_after": None,
    }
    assert "Secret" not in str(answer.body)


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ({"set": {"weight": "1"}}, ("goal", "required")),
        ({"goal": "D1", "kpi": "nps", "set": {"weight": "1"}}, ("goal", "given_twice")),
        ({"goal": "D1"}, ("set", "required")),
        ({"goal": "D1", "set": {}}, ("set", "required")),
        ({"goal": "D1", "set": {"actual": "1"}}, ("set.actual", "unknown_field")),
        ({"goal": "D1", "set": {"weight": "-1"}}, ("set.weight", "min_value")),
        ({"goal": "D1", "set": {"weight": 1.5, "state": "gone"}}, ("set.state", "invalid_choice")),
        ({"goal": "D1", "set": {"before": None}}, ("set.parent", "required")),
        ({"kpi": "nps", "set": {"progress": "1.1"}}, ("set.progress", "max_value")),
        ({"kpi": "nps", "set": {"values": {"x": "1"}}}, ("set.values", "invalid")),
        ({"kpi": "nps", "set": {"values": {"2026-06-02": "1"}}}, ("set", "unknown_period")),
        ({"kpi": "nps", "set": {"values": {"2026-07-01": "1"}}}, ("set", "unknown_period")),
        ({"kpi": "tick", "set": {"actual": "1"}}, ("set", "actual_needs_by_due")),
    ],
)
def test_a_wrong_line_is_told_where_it_is_wrong(works, ada, line, error):
    line = dict(line)
    if "goal" in line:
        line["goal"] = works.goals[line["goal"]].pk
    if "kpi" in line:
        line["kpi"] = works.kpis[line["kpi"]].pk
    response = ask(ada, {"goal": works.goals["V"].pk, "set": {"weight": "3"}}, line)
    assert response.status_code == 400
    assert told(response) == {(2, *error)}


def test_one_goal_has_one_line_and_tomorrow_is_not_asked(works, ada):
    line = {"goal": works.goals["D1"].pk, "set": {"weight": "1"}}
    assert told(ask(ada, line, line)) == {(2, "goal", "given_twice")}
    assert ask(ada, line, date="2026-07-01").body["errors"][0]["code"] == "in_future"


def test_the_number_of_queries_does_not_depend_on_the_lines(works, ada):
    counts = []
    goals = list(works.goals.values())
    ask(ada, {"goal": goals[0].pk, "set": {"weight": "3"}})
    for number in (1, 3, len(goals)):
        lines = [{"goal": goal.pk, "set": {"weight": "3"}} for goal in goals[:number]]
        lines += [{"kpi": kpi.pk, "set": {"target": "99"}} for kpi in list(works.kpis.values())[:number]]
        with CaptureQueriesContext(connection) as queries:
            assert ask(ada, *lines).status_code == 200
        counts.append(len(queries))
    assert len(set(counts)) == 1, counts
    assert counts[0] <= 22


def test_goals_that_stand_elsewhere_are_refused(cast):
    grow = cast.goal("Grow")
    other = tree.create(
        by=cast.eve,
        organisation=cast.elsewhere,
        cycle=cast.elsewhere.cycles.get(),
        level=cast.elsewhere.levels.first(),
        title="Theirs",
        state="active",
    )
    ended = cast.goal("Ended", state="cancelled")
    ada = Caller(cast.ada)
    assert told(ask(ada, {"goal": grow.pk, "set": {"parent": other.pk}})) == {(1, "set.parent", "does_not_exist")}
    assert told(ask(ada, {"goal": grow.pk, "set": {"parent": ended.pk}})) == {(1, "set", "parent_ended")}
