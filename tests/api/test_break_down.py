from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from goals import undo
from goals.models import Act, Goal
from kpis.models import Kpi, Proposal
from people.models import Person
from tests.api.calling import Caller, codes
from tests.kpis.measuring import made

LEADS = {"name": "Qualified leads", "unit": "leads", "direction": "increase", "baseline": None, "aggregation": "sum"}


@pytest.fixture
def goal(cast):
    return cast.goal("Generate 100 leads", cast.goal("Grow"), owner=cast.bo, level=1)


@pytest.fixture
def leads(goal):
    return made(goal, target=Decimal(100), **LEADS)


@pytest.fixture
def bo(cast):
    return Caller(cast.bo)


def body(cast, leads, **more):
    return {
        "parts": [{"owner": cast.cy.pk}, {"owner": cast.dee.pk}, {"owner": cast.ada.pk}],
        "split": {"kpi": leads.pk},
    } | more


def test_a_goal_is_broken_down(bo, cast, goal, leads):
    answer = bo.post(f"goals/{goal.pk}/break-down/", body(cast, leads))
    told = answer.body

    assert answer.status_code == 201
    assert {name: told[name] for name in ("goal", "total", "combined", "gap", "gap_share", "verdict", "dry_run")} == {
        "goal": goal.pk,
        "total": "100",
        "combined": "100",
        "gap": "0",
        "gap_share": "0.000000",
        "verdict": "exact",
        "dry_run": False,
    }
    assert [(part["target"], part["state"], part["owner"], part["weight"]) for part in told["parts"]] == [
        ("34", "proposed", cast.cy.pk, "1.02"),
        ("33", "proposed", cast.dee.pk, "0.99"),
        ("33", "proposed", cast.ada.pk, "0.99"),
    ]
    assert [part["goal"] for part in told["parts"]] == list(
        Goal.objects.filter(parent=goal).in_tree_order().values_list("pk", flat=True)
    )
    assert [part["kpi"] for part in told["parts"]] == list(
        Kpi.objects.filter(goal__parent=goal).order_by("pk").values_list("pk", flat=True)
    )


def test_a_dry_run_tells_the_same_and_writes_nothing(bo, cast, goal, leads):
    dry = bo.post(f"goals/{goal.pk}/break-down/", body(cast, leads, dry_run=True))
    assert dry.status_code == 200
    assert not Goal.objects.filter(parent=goal).exists()
    wet = bo.post(f"goals/{goal.pk}/break-down/", body(cast, leads)).body

    ids = {"goal", "kpi", "proposal"}
    assert [part.keys() & ids and {k: v for k, v in part.items() if k not in ids} for part in dry.body["parts"]] == [
        {k: v for k, v in part.items() if k not in ids} for part in wet["parts"]
    ]
    assert {part[name] for part in dry.body["parts"] for name in ids} == {None}


def test_what_was_done_is_taken_back_in_one_step(bo, cast, goal, leads):
    act = bo.post(f"goals/{goal.pk}/break-down/", body(cast, leads)).body["act"]
    undo.take_back(Act.objects.get(pk=act), cast.bo)

    assert not Goal.objects.filter(parent=goal).exists()


def test_parts_by_hand_units_and_fields_of_their_own(bo, cast, goal, leads):
    parts = [
        {"owner": cast.cy.pk, "title": "Call", "weight": "3", "kpi": {"target": "60", "cadence": "weekly"}},
        {"unit": cast.team.pk, "level": cast.levels[2].pk},
    ]
    told = bo.post(f"goals/{goal.pk}/break-down/", body(cast, leads, parts=parts, counts="same", state="draft")).body[
        "parts"
    ]

    assert [(part["title"], part["weight"], part["target"], part["state"], part["fixed"]) for part in told] == [
        ("Call", "3", "60", "draft", True),
        ("Generate 40 leads, Inside sales", "1", "40", "draft", False),
    ]
    assert Kpi.objects.get(pk=told[0]["kpi"]).cadence == "weekly"


def test_without_a_split_parts_have_kpis_of_their_own(bo, cast, goal):
    parts = [{"owner": cast.cy.pk, "kpi": {"name": "Calls", "target": "7"}}, {"owner": cast.dee.pk}]
    told = bo.post(f"goals/{goal.pk}/break-down/", {"parts": parts}).body

    assert (told["total"], told["verdict"]) == (None, None)
    assert [list(Kpi.objects.filter(goal=part["goal"]).values_list("name", "target")) for part in told["parts"]] == [
        [("Calls", Decimal(7))],
        [],
    ]


@pytest.mark.parametrize(("who", "status"), [("cy", 403), ("dee", 403), ("eve", 404), ("ada", 201)])
def test_who_may_break_it_down(cast, goal, leads, who, status):
    assert Caller(getattr(cast, who)).post(f"goals/{goal.pk}/break-down/", body(cast, leads)).status_code == status


def test_a_hidden_goal_and_people_elsewhere_do_not_exist(bo, cast, goal, leads, cy):
    Goal.objects.filter(pk=goal.pk).update(visibility="private")
    assert cy.post(f"goals/{goal.pk}/break-down/", body(cast, leads)).status_code == 404
    refused = bo.post(f"goals/{goal.pk}/break-down/", body(cast, leads, parts=[{"owner": cast.eve.pk}]))
    assert codes(refused) == {("parts.0.owner", "does_not_exist")}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"parts": []}, {("parts", "min_length")}),
        ({"parts": [{}]}, {("parts.0.owner", "required")}),
        ({"split": {"kpi": 0}}, {("split.kpi", "does_not_exist")}),
        ({"step": "30"}, {("step", "not_a_multiple")}),
        ({"step": "0"}, {("step", "step_not_positive")}),
        ({"targets": ["120", None, None]}, {("parts", "fixed_exceed_total")}),
        ({"targets": ["50", "30", "12"]}, {("reason", "gap_unexplained")}),
        ({"targets": ["10.5", None, None]}, {("", "not_a_multiple")}),
        ({"weights": "last_period"}, {("weights", "nobody_left")}),
        ({"state": "active"}, {("", "owner_must_accept")}),
        ({"titles": "x" * 501}, {("parts.0.title", "max_length")}),
    ],
)
def test_what_is_wrong_is_told_where_it_is(bo, cast, goal, leads, change, expected):
    sent = body(cast, leads)
    for name, value in change.items():
        if name in ("step", "weights"):
            sent["split"][name] = value
        elif name == "targets":
            for part, target in zip(sent["parts"], value, strict=True):
                part |= {"kpi": {"target": target}} if target else {}
        elif name == "titles":
            sent["parts"][0]["title"] = value
        else:
            sent[name] = value
    refused = bo.post(f"goals/{goal.pk}/break-down/", sent)

    assert refused.status_code == 400
    assert codes(refused) == expected
    assert not Goal.objects.filter(parent=goal).exists()


def test_an_ended_goal_is_a_conflict_and_another_goals_kpi_is_refused(bo, cast, goal, leads):
    other = made(cast.goal("Other", goal.parent, owner=cast.bo), target=Decimal(10), **LEADS)
    refused = bo.post(f"goals/{goal.pk}/break-down/", body(cast, other))
    assert codes(refused) == {("split.kpi", "not_of_goal")}
    Goal.objects.filter(pk=goal.pk).update(state="cancelled")
    refused = bo.post(f"goals/{goal.pk}/break-down/", body(cast, leads))
    assert (refused.status_code, refused.body["code"]) == (409, "parent_ended")


def test_the_same_key_breaks_down_once(bo, cast, goal, leads):
    first = bo.post(f"goals/{goal.pk}/break-down/", body(cast, leads), **{"Idempotency-Key": "k1"})
    again = bo.post(f"goals/{goal.pk}/break-down/", body(cast, leads), **{"Idempotency-Key": "k1"})

    assert first.body == again.body
    assert Goal.objects.filter(parent=goal).count() == 3


def test_many_parts_are_read_at_once(bo, cast, goal, leads):
    people = Person.objects.bulk_create(
        Person(organisation=cast.works, name=f"P{n}", email=f"p{n}@works.example", unit=cast.team) for n in range(20)
    )

    def queries(some):
        parts = [{"owner": person.pk, "unit": cast.team.pk} for person in some]
        with CaptureQueriesContext(connection) as asked:
            assert (
                bo.post(f"goals/{goal.pk}/break-down/", body(cast, leads, parts=parts, dry_run=True)).status_code == 200
            )
        return len(asked)

    queries(people[:1])  # the first one also reads what requests share
    assert queries(people[:3]) == queries(people)


@pytest.fixture
def proposal(bo, cast, goal, leads):
    parts = [{"owner": cast.cy.pk, "kpi": {"target": "60"}}, {"owner": cast.dee.pk}]
    told = bo.post(f"goals/{goal.pk}/break-down/", body(cast, leads, parts=parts)).body
    return told["parts"][0]["proposal"]


def test_a_proposal_goes_to_and_fro_until_it_is_agreed(bo, cy, cast, proposal):
    countered = cy.post(f"proposals/{proposal}/counter/", {"number": "48", "reason": "Two of us are on leave"})
    assert (countered.body["state"], countered.body["number"], countered.body["target"]) == ("countered", "48", "60")
    again = bo.post(f"proposals/{proposal}/propose/", {"number": "55"})
    assert (again.body["state"], again.body["target"]) == ("proposed", "55")
    cy.post(f"proposals/{proposal}/counter/", {"number": "50", "reason": "Half"})
    agreed = bo.post(f"proposals/{proposal}/agree/", {"reason": "Fair"})

    assert (agreed.body["state"], agreed.body["goal_state"], agreed.body["target"]) == ("agreed", "active", "50")
    assert [(each["kind"], each["number"], each["by"], each["reason"]) for each in agreed.body["rounds"]] == [
        ("proposed", "60", cast.bo.pk, ""),
        ("countered", "48", cast.cy.pk, "Two of us are on leave"),
        ("proposed", "55", cast.bo.pk, ""),
        ("countered", "50", cast.cy.pk, "Half"),
        ("agreed", "50", cast.bo.pk, "Fair"),
    ]


def test_a_proposal_is_accepted_by_its_version(cy, proposal):
    version = cy.get(f"proposals/{proposal}/").body["version"]
    assert cy.post(f"proposals/{proposal}/accept/", **{"If-Match": f'"{version + 1}"'}).status_code == 412
    accepted = cy.post(f"proposals/{proposal}/accept/", **{"If-Match": f'"{version}"'})
    assert (accepted.body["state"], accepted.body["goal_state"]) == ("agreed", "active")
    again = cy.post(f"proposals/{proposal}/accept/")
    assert (again.status_code, again.body["code"]) == (409, "not_open")


def test_what_one_is_to_answer_is_in_ones_line_of_sight(bo, cy, cast, goal, proposal):
    row = {"goal": Proposal.objects.get(pk=proposal).goal_id, "title": "Generate 60 leads, Cy", "proposal": proposal}
    numbers = {"target": "60", "countered": None, "unit": "leads"}
    assert cy.get("me/line-of-sight/").body["answers"] == [row | {"asks": "accept_or_counter"} | numbers]
    assert bo.get("me/line-of-sight/").body["answers"] == []
    cy.post(f"proposals/{proposal}/counter/", {"number": "48", "reason": "Leave"})
    assert cy.get("me/line-of-sight/").body["answers"] == []
    assert bo.get("me/line-of-sight/").body["answers"] == [
        row | {"asks": "agree_or_propose"} | numbers | {"countered": "48"}
    ]
    assert bo.get(f"people/{cast.cy.pk}/line-of-sight/").body["answers"] == []


@pytest.mark.parametrize(
    ("who", "word", "status"),
    [
        ("ada", "accept", 403),
        ("bo", "counter", 403),
        ("dee", "accept", 403),
        ("cy", "agree", 403),
        ("cy", "propose", 403),
        ("eve", "accept", 404),
        ("eve", "propose", 404),
    ],
)
def test_each_answer_is_for_its_own_side(cast, proposal, who, word, status):
    refused = Caller(getattr(cast, who)).post(f"proposals/{proposal}/{word}/", {"number": "1", "reason": "x"})

    assert refused.status_code == status
    assert Proposal.objects.get(pk=proposal).rounds.count() == 1


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"number": "48"}, {("reason", "required")}),
        ({"reason": "x"}, {("number", "required")}),
        ({"number": "60", "reason": "x"}, {("number", "same_number")}),
        ({"number": "0", "reason": "x"}, {("number", "baseline_equals_target")}),
    ],
)
def test_a_wrong_counter_is_told(cy, proposal, sent, expected):
    assert codes(cy.post(f"proposals/{proposal}/counter/", sent)) == expected


def test_proposals_are_listed_for_those_who_see_their_goals(bo, cy, cast, goal, proposal, eve):
    def ids(caller, query=""):
        return [row["id"] for row in caller.get(f"proposals/{query}").body["results"]]

    other = Proposal.objects.exclude(pk=proposal).get().pk
    assert ids(cy) == [proposal, other]
    assert ids(cy, "?mine=true") == [proposal]
    assert ids(cy, "?mine=false") == [other]
    assert ids(eve) == []
    cy.post(f"proposals/{proposal}/accept/")
    assert ids(bo, "?waiting=true") == [other]
    assert ids(bo, "?waiting=false&ordering=-id") == [proposal]
    assert ids(bo, f"?state=agreed&parent={goal.pk}") == [proposal]
    Goal.objects.filter(parent=goal).update(visibility="private")
    assert ids(cy) == [proposal]


def test_the_list_takes_the_same_queries_for_one_and_many(bo, cast, goal, proposal):
    def queries(size):
        with CaptureQueriesContext(connection) as asked:
            assert bo.get(f"proposals/?page_size={size}").status_code == 200
        return len(asked)

    assert queries(1) == queries(2)
