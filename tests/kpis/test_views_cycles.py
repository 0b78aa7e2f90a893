"""Pages of cycles: what they say, who may act, what is kept when something is wrong."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from goals import progress
from goals.models import Act, Cycle, Goal
from kpis.cycles import states
from kpis.models import Closing, Kpi
from tests.cast import person
from tests.kpis.cycles import last_year


@pytest.fixture
def past(cast):
    found = last_year(cast)
    for month in range(1, 13):
        found.record(found.leads, month, month * 5)
    progress.roll_up(cast.works.pk)
    return found


@pytest.fixture
def ahead(cast):
    return cast.works.cycles.create(name="Ahead", start="2099-01-01", due="2099-12-31", state="planning")


def signed_in(who) -> Client:
    client = Client()
    client.force_login(who)
    return client


@pytest.fixture
def hal(cast):
    return signed_in(person(cast.works, "Hal", "strategy_office"))


def text(response) -> str:
    return " ".join(response.content.decode().split())


def test_everybody_sees_the_cycles_with_what_they_may_see(cast, past):
    page = text(signed_in(cast.cy).get("/cycles/"))
    assert past.cycle.name in page
    assert "2 goals" in page
    fay = signed_in(person(cast.works, "Fay", "member"))
    assert "1 goal<" in text(fay.get("/cycles/"))
    assert "New cycle" not in page


def test_the_list_costs_the_same_whatever_its_length(cast, past, hal):
    def queries():
        with CaptureQueriesContext(connection) as found:
            assert hal.get("/cycles/").status_code == 200
        return len(found)

    queries()
    few = queries()
    for number in range(3):
        cast.works.cycles.create(name=f"C{number}", start="2001-01-01", due="2001-12-31")
    assert queries() == few


def test_a_cycle_is_planned_opened_and_edited(cast, hal):
    fields = {"name": "2099", "start": "2099-01-01", "due": "2099-12-31", "state": "planning"}
    assert hal.post("/cycles/new/", fields).status_code == 302
    cycle = Cycle.objects.get(name="2099")
    assert cycle.state == "planning"
    hal.post(f"/cycles/{cycle.pk}/open/", {"version": 1})
    cycle.refresh_from_db()
    assert cycle.state == "open"
    fields = {"name": "Year 2099", "start": "2099-01-01", "due": "2099-12-31", "version": 2}
    hal.post(f"/cycles/{cycle.pk}/edit/", fields)
    cycle.refresh_from_db()
    assert (cycle.name, cycle.version) == ("Year 2099", 3)


def test_a_taken_name_is_told_at_its_field_and_what_was_typed_stays(cast, hal):
    fields = {"name": cast.cycle.name, "start": "2099-01-01", "due": "2099-12-31", "state": "open"}
    response = hal.post("/cycles/new/", fields)
    assert response.status_code == 422
    assert "Another cycle has this name." in text(response)
    assert 'value="2099-01-01"' in text(response)


def test_closing_says_what_is_open_and_what_happens(cast, past, hal):
    cast.goal("Never begun", past.goal, state=Goal.State.DRAFT)
    page = text(hal.get(f"/cycles/{past.cycle.pk}/close/"))
    for words in ("Values are missing", "Calls", "Goals never started", "Never begun", "Close all the same"):
        assert words in page
    response = hal.post(f"/cycles/{past.cycle.pk}/close/", {"version": 1, "reason": ""})
    assert response.status_code == 422
    assert Cycle.objects.get(pk=past.cycle.pk).state == "open"


def test_a_double_click_closes_once(cast, past, hal):
    for _ in range(2):
        response = hal.post(f"/cycles/{past.cycle.pk}/close/", {"version": 1, "reason": "Over"})
        assert response.status_code == 302
    assert Closing.objects.count() == 1


def test_the_page_of_a_closed_cycle_has_its_final_figures_and_what_differs(cast, past, hal):
    states.change_state(past.cycle, "closed", by=cast.ada, reason="Over & done")
    page = text(hal.get(f"/cycles/{past.cycle.pk}/"))
    assert "Over &amp; done" in page
    assert "Nothing differs" in page
    hal.post(f"/cycles/{past.cycle.pk}/reopen/", {"version": 2, "reason": "December was wrong"})
    past.record(past.leads, 12, 90, note="Late")
    progress.roll_up(cast.works.pk)
    page = text(hal.get(f"/cycles/{past.cycle.pk}/"))
    assert "December was wrong" in page
    assert "90 leads" in page
    assert "+30 points" in page


def test_pages_say_that_a_cycle_is_closed(cast, past, hal):
    states.change_state(past.cycle, "closed", by=cast.ada, reason="Over")
    for path in (f"/goals/?cycle={past.cycle.pk}", f"/goals/{past.goal.pk}/", f"/kpis/{past.leads.pk}/"):
        assert "is closed: its figures are final" in text(hal.get(path))
    response = hal.post(
        f"/goals/{past.goal.pk}/cell/weight/", {"weight": "4", "version": "2"}, headers={"HX-Request": "true"}
    )
    assert response.status_code in (409, 422)
    assert "its figures are final" in text(response)


def test_the_past_is_locked_with_a_reason(cast, past, hal):
    day = past.day(3, 31).isoformat()
    assert hal.post(f"/cycles/{past.cycle.pk}/lock/", {"version": 1, "locked_until": day}).status_code == 422
    hal.post(f"/cycles/{past.cycle.pk}/lock/", {"version": 1, "locked_until": day, "reason": "Audited"})
    assert Cycle.objects.get(pk=past.cycle.pk).locked_until == past.day(3, 31)


ACTS = ("edit", "open", "close", "reopen", "lock", "carry-over")


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize(("who", "status"), [("cy", 403), ("bo", 403), ("dee", 403), ("eve", 404)])
def test_only_who_runs_the_cycle_acts(cast, past, ahead, act, who, status):
    client = signed_in(getattr(cast, who))
    fields = {"version": 1, "reason": "Over", "goal": [past.goal.pk]}
    assert client.get(f"/cycles/{past.cycle.pk}/{act}/").status_code == status
    assert client.post(f"/cycles/{past.cycle.pk}/{act}/", fields).status_code == status
    assert Cycle.objects.get(pk=past.cycle.pk).version == 1


def carried(client, past, ahead, **fields):
    return client.post(f"/cycles/{past.cycle.pk}/carry-over/", {"into": ahead.pk, **fields})


def test_goals_are_chosen_then_given_targets_then_created_and_undone(cast, past, ahead, hal):
    page = text(hal.get(f"/cycles/{past.cycle.pk}/carry-over/"))
    assert page.count('name="goal"') == 2
    page = text(carried(hal, past, ahead, goal=[past.goal.pk, past.below.pk]))
    assert f'name="target-{past.leads.pk}" value="63"' in page
    assert not Goal.objects.filter(cycle=ahead).exists()
    ids = f"{past.goal.pk},{past.below.pk}"
    target = {f"target-{past.leads.pk}": "71.25", f"target-{past.calls.pk}": "100"}
    given = {"goals": ids, "way": "last_year", "more": "5", "create": "1", **target}
    response = carried(hal, past, ahead, **given)
    assert response.status_code == 302
    assert Kpi.objects.get(carried_from__source=past.leads).target.normalize() == 71.25
    act = Act.objects.get()
    assert act.words == "2 goals carried over to Ahead"
    hal.post(f"/goals/undo/{act.pk}/")
    assert not Goal.objects.filter(cycle=ahead).exists()


def test_a_wrong_target_is_told_and_what_was_typed_stays(cast, past, ahead, hal):
    given = {"goals": past.goal.pk, "way": "same", "more": "5", "create": "1", f"target-{past.leads.pk}": "many"}
    response = carried(hal, past, ahead, **given)
    assert response.status_code == 422
    assert 'value="many"' in text(response)
    given[f"target-{past.leads.pk}"] = ""
    assert "Enter the value to be reached." in text(carried(hal, past, ahead, **given))
    assert not Goal.objects.filter(cycle=ahead).exists()


def test_nothing_chosen_is_told(cast, past, ahead, hal):
    response = carried(hal, past, ahead)
    assert (response.status_code, "Choose at least one goal." in text(response)) == (422, True)


def test_without_a_later_cycle_the_next_step_is_to_make_one(cast, past, hal):
    cast.cycle.goals.all().delete()
    Cycle.objects.filter(pk=cast.cycle.pk).update(state="closed")
    assert "No later cycle yet" in text(hal.get(f"/cycles/{past.cycle.pk}/carry-over/"))


def test_too_many_goals_at_once_are_told(cast, past, ahead, hal, monkeypatch):
    monkeypatch.setattr("kpis.cycles.carry_views.MOST_GOALS", 1)
    response = carried(hal, past, ahead, goal=[past.goal.pk, past.below.pk])
    assert (response.status_code, "Choose at most 1 goals at once" in text(response)) == (422, True)
