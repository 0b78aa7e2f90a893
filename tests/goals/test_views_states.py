"""Taking a goal to another state from the tree: what is offered, what is asked, what is refused."""

import pytest

from goals import lifecycle
from goals.models import Goal
from tests.goals.asking import fresh, get, post, sentence, told


@pytest.fixture
def goal(cast):
    return cast.goal("Sell more", cast.goal("Grow"), owner=cast.cy, unit=cast.team)


def offered(person, goal) -> set[str]:
    text = sentence(get(person, "state", goal, htmx=True))
    return {state for state in Goal.State.values if f"/state/{state}/" in text}


def test_what_is_offered_follows_the_state(cast, goal):
    assert offered(cast.ada, goal) == {"paused", "closed", "cancelled"}
    lifecycle.change_state(goal, "closed", by=cast.ada)
    assert offered(cast.ada, goal) == {"active"}
    assert "Reopen" in sentence(get(cast.ada, "state", goal, htmx=True))


def test_a_draft_is_started_by_its_owner_and_proposed_by_others(cast):
    draft = cast.goal("Draft", owner=cast.cy, unit=cast.team, state=Goal.State.DRAFT)
    assert offered(cast.cy, draft) == {"proposed", "active", "cancelled"}
    assert offered(cast.bo, draft) == {"proposed", "cancelled"}
    assert post(cast.bo, "change_state", draft, "active").status_code == 422
    assert post(cast.cy, "change_state", draft, "active").status_code == 200
    assert fresh(draft).state == "active"


@pytest.mark.parametrize(("who", "status"), [("bo", 200), ("cy", 200), ("dee", 403), ("eve", 404)])
def test_who_may_change_the_state(cast, goal, who, status):
    person = getattr(cast, who)
    assert post(person, "change_state", goal, "paused").status_code == status
    assert fresh(goal).state == ("paused" if status == 200 else "active")
    assert get(person, "state", goal, htmx=True).status_code == (404 if who == "eve" else 200)


def test_who_may_only_read_is_offered_nothing(cast, goal):
    assert offered(cast.dee, goal) == set()
    assert "not change it" in sentence(get(cast.dee, "state", goal, htmx=True))


def test_pausing_tells_what_to_read_anew(cast, goal):
    answer = post(cast.ada, "change_state", goal, "paused")
    assert told(answer)["below"] == sorted([goal.parent_id, goal.pk])
    assert "is paused" in sentence(answer)


def test_goals_below_are_asked_about_before_a_goal_ends(cast, goal):
    cast.goal("Still open", goal)
    asked = post(cast.ada, "change_state", goal, "cancelled", reason="No longer needed")
    assert (asked.status_code, "1 goal below is still open." in sentence(asked)) == (422, True)
    assert "No longer needed" in sentence(asked)
    done = post(cast.ada, "change_state", goal, "cancelled", reason="No longer needed", with_descendants="on")
    assert (done.status_code, fresh(goal).state) == (200, "cancelled")
    assert Goal.objects.get(title="Still open").state == "cancelled"


def test_reopening_needs_a_reason(cast, goal):
    lifecycle.change_state(goal, "closed", by=cast.ada)
    refused = post(cast.ada, "change_state", goal, "active")
    assert (refused.status_code, "Say why." in sentence(refused)) == (422, True)
    assert post(cast.ada, "change_state", goal, "active", reason="Too early").status_code == 200
    assert fresh(goal).state == "active"


def test_a_step_that_does_not_exist_is_refused_in_words(cast, goal):
    refused = post(cast.ada, "change_state", goal, "proposed")
    assert (refused.status_code, "cannot become proposed" in sentence(refused)) == (422, True)
    assert post(cast.ada, "change_state", goal, "nonsense").status_code == 404


def test_a_reading_changes_nothing_and_works_as_a_page(cast, goal):
    assert "<html" in sentence(get(cast.ada, "change_state", goal, "closed"))
    assert "<html" in sentence(get(cast.ada, "state", goal))
    assert fresh(goal).state == "active"
    assert post(cast.ada, "change_state", goal, "closed", htmx=False).status_code == 302


def test_a_goal_that_is_put_too_weakly_is_started_with_a_reason_or_not_at_all(cast):
    cast.works.smart_minimum = 60
    cast.works.save()
    goal = cast.goal("Grow", owner=cast.bo, state="draft")
    refused = post(cast.bo, "change_state", goal, "active")
    assert refused.status_code == 422
    assert "S.M.A.R.T." in sentence(refused)
    assert 'name="despite_smart"' in sentence(refused)
    unsaid = post(cast.bo, "change_state", goal, "active", despite_smart="on")
    assert (unsaid.status_code, fresh(goal).state) == (422, "draft")
    assert post(cast.bo, "change_state", goal, "active", despite_smart="on", reason="Now.").status_code == 200
    assert fresh(goal).state == "active"
