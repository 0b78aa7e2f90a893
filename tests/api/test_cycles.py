"""Cycles over the API: planned, opened, closed with final figures, reopened, their past locked."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from goals import progress
from goals.models import Cycle, Goal
from kpis.cycles import states
from tests.api.calling import Caller, codes
from tests.cast import person
from tests.kpis.cycles import last_year


@pytest.fixture
def past(cast):
    found = last_year(cast)
    found.record(found.leads, 12, 80)
    return found


def change(caller, past, **fields):
    return caller.patch(f"cycles/{past.cycle.pk}/", fields)


@pytest.fixture
def closed(past, ada):
    assert change(ada, past, state="closed", reason="Over").status_code == 200
    return past


def test_the_strategy_office_closes_a_cycle_and_reopens_it(cast, past):
    hal = Caller(person(cast.works, "Hal", "strategy_office"))
    response = change(hal, past, state="closed", reason="Over")
    assert (response.status_code, response.body["state"], response.body["version"]) == (200, "closed", 2)
    assert Goal.objects.get(pk=past.goal.pk).state == "closed"
    response = change(hal, past, state="open", reason="Wrong")
    assert (response.status_code, response.body["state"]) == (200, "open")


@pytest.mark.parametrize(("who", "status"), [("cy", 403), ("bo", 403), ("dee", 403), ("eve", 404)])
def test_others_change_no_cycle(cast, past, who, status):
    caller = Caller(getattr(cast, who))
    assert change(caller, past, state="closed", reason="Over").status_code == status
    assert Cycle.objects.get(pk=past.cycle.pk).state == "open"


def test_a_closed_cycle_answers_changes_with_locked(closed, ada, cast):
    year, kpi, goal = closed.cycle.start.year, closed.leads, closed.goal
    refused = [
        ada.put(f"kpis/{kpi.pk}/measurements/{year}-12-01/", {"value": "1", "note": "Late"}),
        ada.post("measurements/bulk/", {"rows": [{"kpi": kpi.pk, "date": f"{year}-11-01", "value": "1"}]}),
        ada.patch(f"kpis/{kpi.pk}/", {"weight": "2"}),
        ada.patch(f"goals/{goal.pk}/", {"weight": "2"}),
        ada.post("goals/bulk/", {"rows": [{"id": goal.pk, "weight": "2"}]}),
        ada.post("goals/", {"cycle": closed.cycle.pk, "level": cast.levels[0].pk, "title": "New"}),
        ada.post(f"goals/{closed.below.pk}/move/", {"parent": None}),
        ada.post(f"goals/{goal.pk}/state/", {"state": "active", "reason": "Again"}),
        ada.patch(f"cycles/{closed.cycle.pk}/", {"due": f"{year + 1}-12-31"}),
    ]
    told = [(response.status_code, response.body["code"]) for response in refused]
    assert [status for status, _ in told] == [409] * len(refused)
    assert "locked" in {code for _, code in told}
    assert refused[1].body["errors"][0]["code"] == refused[4].body["errors"][0]["code"] == "locked"


def test_the_time_up_to_a_day_is_locked(past, ada):
    year = past.cycle.start.year
    response = change(ada, past, locked_until=f"{year}-03-31", reason="Audited")
    assert (response.status_code, response.body["locked_until"]) == (200, f"{year}-03-31")
    late, free = ({"value": "1"} for _ in range(2))
    assert ada.put(f"kpis/{past.leads.pk}/measurements/{year}-03-01/", late).status_code == 409
    assert ada.put(f"kpis/{past.leads.pk}/measurements/{year}-04-01/", free).status_code == 201


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"state": "closed"}, 400, ("reason", "reason_required")),
        ({"state": "planning"}, 409, None),
        ({"locked_until": "2099-01-01"}, 400, ("locked_until", "lock_ahead")),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(past, ada, fields, status, code):
    response = change(ada, past, **fields)
    assert response.status_code == status
    if code:
        assert codes(response) == {code}
    assert Cycle.objects.get(pk=past.cycle.pk).version == past.cycle.version


def test_an_old_version_closes_nothing(past, ada):
    response = ada.patch(f"cycles/{past.cycle.pk}/", {"state": "closed", "reason": "Over"}, **{"If-Match": '"9"'})
    assert response.status_code == 412
    assert Cycle.objects.get(pk=past.cycle.pk).state == "open"


def test_final_figures_stand_beside_those_of_now(cast, closed, ada):
    states.change_state(closed.cycle, "open", by=cast.ada, reason="Wrong")
    closed.record(closed.leads, 12, 60, note="Counted twice")
    progress.roll_up(cast.works.pk)
    rows = ada.get(f"cycles/{closed.cycle.pk}/final-kpis/").body["results"]
    assert [(row["name"], row["actual"], row["actual_now"]) for row in rows if row["name"] == "Leads"] == [
        ("Leads", "80.000000", "60.000000")
    ]
    goals = ada.get(f"cycles/{closed.cycle.pk}/final-goals/").body["results"]
    assert [row["title"] for row in goals] == ["Win customers", "Call more"]
    assert goals[0]["progress"] == "0.800000"


def test_final_figures_are_those_of_goals_one_may_see(cast, closed):
    fay = Caller(person(cast.works, "Fay", "member"))
    assert [row["title"] for row in fay.get(f"cycles/{closed.cycle.pk}/final-goals/").body["results"]] == [
        "Win customers"
    ]
    assert [row["name"] for row in fay.get(f"cycles/{closed.cycle.pk}/final-kpis/").body["results"]] == ["Leads"]
    assert Caller(cast.eve).get(f"cycles/{closed.cycle.pk}/final-goals/").status_code == 404


def test_a_list_costs_the_same_whatever_its_length(cast, ada):
    def queries(path):
        with CaptureQueriesContext(connection) as found:
            assert ada.get(path).status_code == 200
        return len(found)

    queries("cycles/")
    one = queries("cycles/")
    for number in range(2):
        cast.works.cycles.create(name=f"C{number}", start="2001-01-01", due="2001-12-31")
    assert queries("cycles/") == one


@pytest.fixture
def ahead(cast):
    return cast.works.cycles.create(name="Ahead", start="2099-01-01", due="2099-12-31", state="planning")


def test_goals_are_carried_over_after_a_dry_run(cast, past, ahead, ada):
    progress.roll_up(cast.works.pk)
    path = f"cycles/{past.cycle.pk}/carry-over/"
    body = {"into": ahead.pk, "targets": [{"kpi": past.leads.pk, "target": "140.5"}]}
    shown = ada.post(path, {**body, "dry_run": True})
    assert (shown.status_code, Goal.objects.filter(cycle=ahead).count()) == (200, 0)
    assert [(row["title"], row["goal"]) for row in shown.body["goals"]] == [
        ("Win customers", None),
        ("Call more", None),
    ]
    made = ada.post(path, body)
    assert made.status_code == 201
    assert [row["title"] for row in made.body["goals"]] == ["Win customers", "Call more"]
    kpi = ada.get(f"kpis/{made.body['kpis'][0]['kpi']}/").body
    assert (kpi["name"], kpi["target"], kpi["baseline"]) == ("Leads", "140.5", "80")
    again = ada.post(path, body)
    assert (again.body["goals"], len(again.body["there"])) == ([], 2)


@pytest.mark.parametrize(("who", "status"), [("cy", 403), ("bo", 403), ("dee", 403), ("eve", 404)])
def test_only_who_runs_the_cycle_carries_over(cast, past, ahead, who, status):
    caller = Caller(getattr(cast, who))
    assert caller.post(f"cycles/{past.cycle.pk}/carry-over/", {"into": ahead.pk}).status_code == status
    assert not Goal.objects.filter(cycle=ahead).exists()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"goals": [999999]}, ("goals", "does_not_exist")),
        ({"into": "own"}, ("into", "not_later")),
        ({"into": "elsewhere"}, ("into", "does_not_exist")),
        ({"way": "magic"}, ("way", "invalid_choice")),
    ],
)
def test_what_cannot_be_carried_over_is_told(cast, past, ahead, ada, fields, code):
    named = {"own": past.cycle.pk, "elsewhere": cast.elsewhere.cycles.get().pk}
    body = {"into": ahead.pk} | {
        name: named.get(value, value) if name == "into" else value for name, value in fields.items()
    }
    assert codes(ada.post(f"cycles/{past.cycle.pk}/carry-over/", body)) == {code}
