"""Drafts over the API: kept, shared, applied as a whole or not at all, and then exactly what was promised."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from goals import lifecycle, progress, tree, undo
from goals.models import Draft, Goal, GoalFigures
from kpis.models import Kpi, Measurement
from kpis.recording import record_one
from tests.api.calling import Caller
from tests.cast import person
from tests.goals import loading
from tests.goals.measuring import kpi, rolled_up

WHY = {"reason": "Agreed in the board"}


@pytest.fixture
def works(db):
    """Case R01 on its date."""
    with time_machine.travel(loading.on("R01"), tick=False):
        yield loading.load("R01")


@pytest.fixture
def ada(works) -> Caller:
    return Caller(works.ada)


def drafted(caller, *changes, **fields) -> dict:
    response = caller.post("drafts/", {"name": "Plan", "changes": list(changes), **fields})
    assert response.status_code == 201, response.body
    return response.body


def apply(caller, draft, **more):
    return caller.post(f"drafts/{draft['id']}/apply/", {**WHY, **more})


def told(response):
    return {(error["row"], error["field"], error["code"]) for error in response.body["errors"]}


def fresh(goal: Goal) -> Goal:
    return Goal.objects.get(pk=goal.pk)


def stored(works, draft, caller) -> dict:
    """What was promised of each goal, beside what is stored once everything is rolled up."""
    progress.roll_up(works.pk)
    held = dict(GoalFigures.objects.filter(organisation=works).values_list("goal_id", "progress"))
    rows = caller.get(f"drafts/{draft['id']}/effects/").body["goals"]
    return {row["goal"]: (row["after"] and Decimal(row["after"]), held[row["goal"]]) for row in rows}


def many(works) -> list[dict]:
    """A line of each kind that can be made so."""
    goals, kpis = works.goals, works.kpis
    return [
        {"goal": goals["I3"].pk, "set": {"parent": goals["D1"].pk, "weight": "50"}},
        {"goal": goals["S3"].pk, "set": {"weight": "75", "rollup_method": "weakest_link"}},
        {"goal": goals["S2"].pk, "set": {"state": "paused"}},
        {"kpi": kpis["nps"].pk, "set": {"target": "41", "weight": "7"}},
        {"kpi": kpis["tick"].pk, "set": {"state": "paused"}},
        {"kpi": kpis["leads"].pk, "set": {"values": {"2026-06-01": "40"}}},
    ]


def test_a_draft_is_kept_read_changed_and_put_away(works, ada):
    line = {"kpi": works.kpis["nps"].pk, "set": {"target": "41"}}
    draft = drafted(ada, line)
    assert (draft["name"], draft["shared"], draft["state"], draft["hidden_changes"]) == ("Plan", False, "open", 0)
    assert draft["changes"] == [{"line": 1, **line}]
    address = f"drafts/{draft['id']}/"
    changed = ada.patch(address, {"name": "Other", "shared": True, "changes": []}, **{"If-Match": '"1"'})
    assert (changed.body["name"], changed.body["changes"], changed.body["version"]) == ("Other", [], 2)
    assert ada.patch(address, {"name": "Late"}, **{"If-Match": '"1"'}).status_code == 412
    assert ada.patch(address, {"state": "discarded"}).body["state"] == "discarded"
    assert ada.patch(address, {"name": "x"}).body["code"] == "draft_not_open"
    assert apply(ada, draft).body["code"] == "draft_not_open"
    assert ada.patch(address, {"state": "open"}).body["state"] == "open"
    assert ada.patch(address, {"state": "applied"}).status_code == 400


def test_lists_hold_ones_own_and_those_that_others_share(cast, ada):
    cy, bo = Caller(cast.cy), Caller(cast.bo)
    drafted(cy, name="Secret")
    drafted(cy, name="Open", shared=True)
    drafted(bo, name="Mine")
    assert names(bo, "drafts/") == ["Mine", "Open"]
    assert names(bo, "drafts/?mine=true") == ["Mine"]
    assert names(bo, "drafts/?mine=false&state=open&ordering=name") == ["Open"]
    assert Caller(cast.eve).get("drafts/").body["results"] == []


def names(caller, address) -> list[str]:
    return [row["name"] for row in caller.get(address).body["results"]]


def test_only_its_maker_changes_a_draft_and_nobody_else_finds_one_that_is_not_shared(cast):
    goal = cast.goal("Grow")
    draft = drafted(Caller(cast.ada), {"goal": goal.pk, "set": {"weight": "2"}})
    address, cy = f"drafts/{draft['id']}/", Caller(cast.cy)
    for path in (address, f"{address}effects/"):
        assert cy.get(path).status_code == 404
    assert cy.patch(address, {"name": "x"}).status_code == 404
    assert apply(cy, draft).status_code == 404
    Draft.objects.update(shared=True)
    assert cy.get(address).body["changes"] == draft["changes"]
    assert cy.patch(address, {"name": "x"}).status_code == 403
    assert Caller(cast.eve).get(address).status_code == 404
    assert Caller(cast.ada, "read").post("drafts/", {"name": "x"}).status_code == 403


def test_a_shared_draft_shows_only_what_its_reader_may_see(cast):
    top = cast.goal("Top")
    secret = cast.goal("Secret", top, visibility=Goal.Visibility.PRIVATE)
    own = cast.goal("Own", top, owner=cast.cy)
    draft = drafted(
        Caller(cast.ada),
        {"goal": secret.pk, "set": {"weight": "2"}},
        {"goal": own.pk, "set": {"parent": secret.pk, "weight": "3"}},
        shared=True,
    )
    cy = Caller(cast.cy)
    seen = cy.get(f"drafts/{draft['id']}/").body
    assert seen["changes"] == [{"line": 2, "goal": own.pk, "set": {"weight": "3"}}]
    assert seen["hidden_changes"] == 1
    effects = cy.get(f"drafts/{draft['id']}/effects/").body
    assert [row["goal"] for row in effects["goals"]] == [top.pk, own.pk, None]
    assert apply(cy, draft).status_code == 409
    assert told(apply(cy, draft)) == {(1, "", "does_not_exist")}


def test_what_is_applied_is_to_the_digit_what_was_promised(works, ada):
    draft = drafted(ada, *many(works))
    promised = ada.post("what-if/", {"changes": many(works)}).body["goals"]
    effects = ada.get(f"drafts/{draft['id']}/effects/").body
    assert (effects["goals"], effects["conflicts"]) == (promised, [])
    response = apply(ada, draft, record_values=True)
    assert response.status_code == 200, response.body
    assert (response.body["state"], response.body["applied_by"]) == ("applied", works.ada.pk)
    after = {row["goal"]: Decimal(row["after"]) for row in promised if row["after"]}
    found = stored(works.organisation, draft, ada)
    assert {goal: held for goal, (_said, held) in found.items() if held is not None} == after
    assert all(said == held for said, held in found.values())
    goal = fresh(works.goals["I3"])
    assert (goal.parent_id, goal.weight) == (works.goals["D1"].pk, 50)
    assert Kpi.objects.get(pk=works.kpis["nps"].pk).target == 41
    measured = Measurement.objects.get(kpi=works.kpis["leads"], period=dt.date(2026, 6, 1))
    assert (measured.value, measured.note) == (40, WHY["reason"])
    for row in (goal, works.goals["S2"]):
        assert Goal.history.filter(id=row.pk).latest().history_change_reason == WHY["reason"]
    assert list(tree.faults(works.organisation.pk)) == []
    assert progress.differences(works.organisation) == []


def test_a_goal_is_closed_with_the_figures_that_the_rest_of_the_draft_gives_it(works, ada):
    goals = works.goals
    lines = [
        {"goal": goals["D3"].pk, "set": {"state": "closed"}},
        {"goal": goals["I3"].pk, "set": {"parent": goals["D1"].pk}},
        {"kpi": works.kpis["labs"].pk, "set": {"target": "9"}},
    ]
    lines += [
        {"goal": goal.pk, "set": {"state": "cancelled"}}
        for goal in Goal.objects.filter(parent=goals["D3"]).exclude(pk=goals["I3"].pk)
    ]
    draft = drafted(ada, *lines)
    response = apply(ada, draft)
    assert response.status_code == 200, response.body
    assert fresh(goals["D3"]).state == "closed"
    assert all(said == held for said, held in stored(works.organisation, draft, ada).values())


def test_what_was_only_tried_is_left_out(works, ada):
    lines = [
        {"kpi": works.kpis["nps"].pk, "set": {"actual": "50"}},
        {"kpi": works.kpis["leads"].pk, "set": {"values": {"2026-06-01": "40"}}},
    ]
    before = list(Measurement.objects.order_by("pk").values())
    assert apply(ada, drafted(ada, *lines)).body["code"] == "nothing_to_apply"
    draft = drafted(ada, *lines, {"goal": works.goals["S1"].pk, "set": {"weight": "9"}})
    assert apply(ada, draft).status_code == 200
    assert list(Measurement.objects.order_by("pk").values()) == before
    assert all(said == held for said, held in stored(works.organisation, draft, ada).values())


def test_a_draft_needs_a_reason_and_is_applied_once(works, ada):
    draft = drafted(ada, {"goal": works.goals["S1"].pk, "set": {"weight": "9"}})
    assert ada.post(f"drafts/{draft['id']}/apply/", {}).status_code == 400
    assert ada.post(f"drafts/{draft['id']}/apply/", {"reason": " "}).status_code == 400
    assert apply(ada, draft).status_code == 200
    versions = list(Goal.objects.order_by("pk").values_list("version", flat=True))
    assert apply(ada, draft).body["code"] == "draft_applied"
    assert ada.patch(f"drafts/{draft['id']}/", {"state": "open"}).body["code"] == "draft_applied"
    assert list(Goal.objects.order_by("pk").values_list("version", flat=True)) == versions


def moved(works):
    tree.move(fresh(works.goals["I3"]), fresh(works.goals["D2"]), by=None)


def ended(works):
    lifecycle.change_state(fresh(works.goals["I3"]), "cancelled", by=None)


def deleted(works):
    Kpi.objects.filter(goal=works.goals["I3"]).delete()
    tree.delete(fresh(works.goals["I3"]), by=None)


def retargeted(works):
    Kpi.objects.filter(pk=works.kpis["nps"].pk).update(target=77)


def corrected(works):
    record_one(works.kpis["leads"], dt.date(2026, 6, 1), Decimal(3), by=None, note="Wrong")


@pytest.mark.parametrize(
    ("happened", "errors"),
    [
        (moved, {(1, "parent", "changed_since")}),
        (ended, {(1, "state", "ended_since")}),
        (deleted, {(1, "", "does_not_exist")}),
        (retargeted, {(4, "target", "changed_since")}),
        (corrected, {(6, "values", "changed_since")}),
    ],
)
def test_where_the_world_moved_since_nothing_is_applied(works, ada, happened, errors):
    draft = drafted(ada, *many(works))
    happened(works)
    conflicts = ada.get(f"drafts/{draft['id']}/effects/").body["conflicts"]
    assert {(row["line"], row["field"], row["code"]) for row in conflicts} == errors
    before = list(Goal.objects.order_by("pk").values()), list(Kpi.objects.order_by("pk").values())
    response = apply(ada, draft, record_values=True)
    assert (response.status_code, response.body["code"]) == (409, "cannot_apply")
    assert told(response) == errors
    assert (list(Goal.objects.order_by("pk").values()), list(Kpi.objects.order_by("pk").values())) == before
    assert Draft.objects.get().state == "open"


def test_one_refused_line_and_nothing_is_applied(works, ada):
    """A circle made by somebody else's move: the line was possible when it was drafted."""
    goals = works.goals
    lines = [
        {"goal": goals["S1"].pk, "set": {"weight": "9"}},
        {"goal": goals["D1"].pk, "set": {"parent": goals["D2"].pk}},
        {"goal": goals["D3"].pk, "set": {"state": "cancelled"}},
    ]
    draft = drafted(ada, *lines)
    tree.move(fresh(goals["D2"]), fresh(goals["D1"]), by=None)
    before = list(Goal.objects.order_by("pk").values())
    response = apply(ada, draft)
    assert response.status_code == 409
    assert told(response) == {(2, "", "goal_cycle"), (3, "", "live_descendants")}
    assert list(Goal.objects.order_by("pk").values()) == before


def test_the_right_to_each_change_is_asked_for(cast):
    top = cast.goal("Top")
    sales = cast.goal("Sales", top, owner=cast.bo, unit=cast.sales)
    own = cast.goal("Own", sales, owner=cast.cy)
    number = kpi(sales, "k", 10)
    rolled_up(top)
    lines = [
        {"goal": own.pk, "set": {"weight": "2"}},
        {"goal": sales.pk, "set": {"weight": "2"}},
        {"goal": own.pk, "set": {"parent": top.pk}},
        {"goal": sales.pk, "set": {"state": "paused"}},
        {"kpi": number.pk, "set": {"target": "90"}},
        {"kpi": number.pk, "set": {"values": {cast.works.today().replace(day=1).isoformat(): "4"}}},
    ]
    cy, bo = Caller(cast.cy), Caller(cast.bo)
    for line, allowed in zip(lines, [200, 403, 403, 403, 403, 403], strict=True):
        before = fresh(own).version, fresh(sales).version, Kpi.objects.get().version
        response = apply(cy, drafted(cy, line), record_values=True)
        assert response.status_code == allowed, (line, response.body)
        if allowed == 403:
            assert told(response) == {(1, "", "forbidden")}
            assert (fresh(own).version, fresh(sales).version, Kpi.objects.get().version) == before
    for line in (lines[1], lines[4], lines[5]):
        assert apply(bo, drafted(bo, line), record_values=True).status_code == 200
    assert apply(Caller(cast.dee), drafted(Caller(cast.dee), lines[0] | {"set": {"weight": "7"}})).status_code == 403


def test_whoever_may_make_the_changes_may_apply_what_another_one_drafted(cast):
    goal = cast.goal("Grow")
    draft = drafted(Caller(cast.cy), {"goal": goal.pk, "set": {"weight": "2"}}, shared=True)
    assert apply(Caller(cast.cy), draft).status_code == 403
    office = person(cast.works, "Hal", "strategy_office")
    assert apply(Caller(office), draft).body["applied_by"] == office.pk
    assert fresh(goal).weight == 2


def test_the_number_of_queries_does_not_depend_on_the_lines(works, ada):
    counts = []
    for first in (5, 3, 0):
        draft = drafted(ada, *[{"goal": works.goals["D2"].pk, "set": {"weight": "2"}}, *many(works)[first:]])
        with CaptureQueriesContext(connection) as queries:
            ada.get(f"drafts/{draft['id']}/")
            ada.get(f"drafts/{draft['id']}/effects/")
        counts.append(len(queries))
    assert len(set(counts)) == 1, counts


def test_a_draft_of_goals_alone_is_taken_back_in_one_step(works, ada):
    goals = works.goals
    lines = [
        {"goal": goals["I3"].pk, "set": {"parent": goals["D1"].pk, "weight": "50"}},
        {"goal": goals["S3"].pk, "set": {"weight": "75"}},
    ]
    decided = ("parent_id", "position", "weight", "state")
    before = list(Goal.objects.order_by("pk").values_list("pk", *decided))
    assert apply(ada, drafted(ada, *lines)).status_code == 200
    act = undo.last(works.ada)
    assert act.words == "Draft “Plan” applied"
    undo.take_back(act, works.ada)
    assert list(Goal.objects.order_by("pk").values_list("pk", *decided)) == before
    draft = drafted(ada, *lines, {"kpi": works.kpis["nps"].pk, "set": {"target": "41"}})
    assert apply(ada, draft).status_code == 200
    assert undo.last(works.ada) is None
