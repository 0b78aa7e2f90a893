"""The states of a goal (docs/domain.md section 2): which follow which, what closing freezes, who must accept."""

import datetime as dt
from decimal import Decimal
from itertools import product

import pytest
import time_machine
from django.core.exceptions import ValidationError

from cascade.errors import Conflict, VersionMismatch
from goals import progress
from goals.lifecycle import change_state
from goals.models import DirtyMark, Goal, GoalFigures
from kpis.recording import record_one
from tests.goals.measuring import kpi, rolled_up

ALLOWED = {
    "draft": {"proposed", "active", "cancelled"},
    "proposed": {"draft", "active", "cancelled"},
    "active": {"paused", "closed", "cancelled"},
    "paused": {"active", "closed", "cancelled"},
    "closed": {"active"},
    "cancelled": set(),
}


def code(error) -> str:
    if isinstance(error.value, Conflict):
        return error.value.code
    ((field, found),) = error.value.error_dict.items()
    return f"{field}: {found[0].code}"


@pytest.fixture
def goal(cast):
    return cast.goal("Grow")


def put(goal: Goal, state: str) -> Goal:
    Goal.objects.filter(pk=goal.pk).update(state=state, closed_on=dt.date(2026, 1, 1) if state == "closed" else None)
    return goal


@pytest.mark.parametrize(("before", "after"), list(product(ALLOWED, ALLOWED)))
def test_which_state_follows_which(cast, goal, before, after):
    put(goal, before)
    if after in ALLOWED[before] | {before}:
        assert change_state(goal, after, by=cast.ada, reason="so").state == after
    else:
        with pytest.raises(Conflict) as error:
            change_state(goal, after, by=cast.ada, reason="so")
        assert code(error) == "state_not_allowed"


def test_a_state_there_is_not(cast, goal):
    with pytest.raises(ValidationError) as error:
        change_state(goal, "done", by=cast.ada)
    assert code(error) == "state: unknown_state"


def test_a_change_is_versioned_recorded_and_marked(cast, goal):
    DirtyMark.objects.all().delete()
    changed = change_state(goal, "paused", by=cast.bo, reason="Budget freeze")
    last = changed.history.first()
    assert (changed.version, last.state, last.history_user) == (2, "paused", cast.bo)
    assert last.history_change_reason == "Budget freeze"
    assert set(DirtyMark.objects.values_list("goal_id", flat=True)) == {goal.pk}
    with pytest.raises(VersionMismatch):
        change_state(goal, "active", by=cast.bo, version=1)


def test_the_same_state_again_is_no_change(cast, goal):
    assert change_state(goal, "active", by=cast.ada).version == 1


@pytest.mark.parametrize("state", ["draft", "proposed"])
def test_a_goal_becomes_active_when_its_owner_accepts(cast, state):
    goal = cast.goal("Grow", state=state, owner=cast.cy)
    with pytest.raises(Conflict) as error:
        change_state(goal, "active", by=cast.ada)
    assert code(error) == "owner_must_accept"
    assert change_state(goal, "active", by=cast.cy).state == "active"


def test_a_goal_of_nobody_becomes_active_without_acceptance(cast):
    assert change_state(cast.goal("Grow", state="proposed"), "active", by=cast.ada).state == "active"


def test_resuming_a_paused_goal_needs_no_acceptance(cast):
    goal = cast.goal("Grow", state="paused", owner=cast.cy)
    assert change_state(goal, "active", by=cast.ada).state == "active"


def test_closing_freezes_the_figures_of_the_day_and_what_comes_later_does_not_move_them(cast):
    top = cast.goal("Top", due=dt.date(2026, 12, 31))
    low = cast.goal("Low", top, due=dt.date(2026, 12, 31))
    with time_machine.travel(dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC), tick=False):
        dates = {"start": dt.date(2026, 1, 1), "due": dt.date(2026, 12, 31)}
        measured = kpi(low, "k", 80, **dates)
        closed = change_state(low, "closed", by=cast.ada, reason="Enough")
    frozen = (Decimal("0.8"), Decimal(1), closed.final_expected)
    assert closed.closed_on == dt.date(2026, 6, 30)
    assert (closed.final_progress, closed.final_coverage, closed.outcome) == (*frozen[:2], "partial")
    assert round(closed.final_expected, 4) == Decimal("0.4959")
    with time_machine.travel(dt.datetime(2026, 8, 31, 12, tzinfo=dt.UTC), tick=False):
        record_one(measured, dt.date(2026, 6, 30), Decimal(10), by=cast.ada, note="Counted wrong")
        progress.roll_up(cast.works.pk)
        figures = GoalFigures.objects.get(goal=low)
        assert (figures.progress, figures.coverage, figures.status) == (*frozen[:2], "closed")
        assert figures.expected > closed.final_expected  # goes on by plan
        assert GoalFigures.objects.get(goal=top).progress == Decimal("0.8")
        assert progress.differences(cast.works) == []


@pytest.mark.parametrize(
    ("value", "outcome"), [(120, "achieved"), (100, "achieved"), (99, "partial"), (70, "partial"), (69, "missed")]
)
def test_the_outcome_follows_the_final_progress(cast, goal, value, outcome):
    kpi(goal, "k", value)
    assert change_state(goal, "closed", by=cast.ada).outcome == outcome


def test_without_data_a_goal_is_closed_with_an_unknown_outcome(cast, goal):
    closed = change_state(goal, "closed", by=cast.ada)
    assert (closed.final_progress, closed.final_coverage, closed.outcome) == (None, 0, "unknown")


def test_without_data_the_closer_may_judge_with_a_reason(cast, goal):
    with pytest.raises(ValidationError) as error:
        change_state(goal, "closed", by=cast.ada, judged_progress=Decimal("0.9"))
    assert code(error) == "reason: reason_required"
    closed = change_state(goal, "closed", by=cast.ada, judged_progress=Decimal("0.9"), reason="The board saw it")
    assert (closed.final_progress, closed.final_coverage, closed.outcome) == (Decimal("0.9"), 1, "partial")
    assert GoalFigures.objects.get(goal=rolled_up(goal)).progress == Decimal("0.9")


@pytest.mark.parametrize("judged", ["1.01", "-0.1"])
def test_a_judged_progress_lies_from_0_to_1(cast, goal, judged):
    with pytest.raises(ValidationError) as error:
        change_state(goal, "closed", by=cast.ada, judged_progress=Decimal(judged), reason="so")
    assert code(error) == "judged_progress: out_of_range"
    assert Goal.objects.get(pk=goal.pk).state == "active"


def test_what_was_measured_is_not_judged(cast, goal):
    kpi(goal, "k", 40)
    with pytest.raises(ValidationError) as error:
        change_state(goal, "closed", by=cast.ada, judged_progress=Decimal(1), reason="so")
    assert code(error) == "judged_progress: has_data"


def test_only_closing_judges(cast, goal):
    with pytest.raises(ValidationError) as error:
        change_state(goal, "paused", by=cast.ada, judged_progress=Decimal(1), reason="so")
    assert code(error) == "judged_progress: only_when_closing"


def test_reopening_needs_a_reason_and_thaws(cast, goal):
    measured = kpi(goal, "k", 40)
    change_state(goal, "closed", by=cast.ada, reason="Done here")
    with pytest.raises(ValidationError) as error:
        change_state(goal, "active", by=cast.ada)
    assert code(error) == "reason: reason_required"
    again = change_state(goal, "active", by=cast.ada, reason="Not done at all")
    frozen = (again.closed_on, again.final_progress, again.final_coverage, again.final_expected)
    assert frozen == (None,) * 4
    assert (again.outcome, again.closing_note) == ("", "")
    record_one(measured, cast.works.today(), Decimal(50), by=cast.ada, note="again")
    assert GoalFigures.objects.get(goal=rolled_up(goal)).progress == Decimal("0.5")


@pytest.fixture
def family(cast):
    """Top with a goal of every kind below, one of them two steps down."""
    top = cast.goal("Top")
    return {
        "top": top,
        "active": (middle := cast.goal("active", top)),
        "deep": cast.goal("deep", middle),
        "paused": cast.goal("paused", top, state="paused"),
        "draft": cast.goal("draft", top, state="draft"),
        "proposed": cast.goal("proposed", top, state="proposed"),
        "cancelled": cast.goal("cancelled", top, state="cancelled"),
    }


@pytest.mark.parametrize("state", ["closed", "cancelled"])
def test_a_goal_does_not_end_above_open_ones(cast, family, state):
    with pytest.raises(Conflict) as error:
        change_state(family["top"], state, by=cast.ada)
    assert code(error) == "live_descendants"


def states(family) -> dict[str, str]:
    stored = dict(Goal.objects.values_list("pk", "state"))
    return {name: stored[goal.pk] for name, goal in family.items()}


def test_closing_everything_below_closes_what_was_running_and_cancels_what_never_was(cast, family):
    kpi(family["deep"], "k", 100)
    change_state(family["top"], "closed", by=cast.ada, reason="The year is over", with_descendants=True)
    assert states(family) == {
        "top": "closed",
        "active": "closed",
        "deep": "closed",
        "paused": "closed",
        "draft": "cancelled",
        "proposed": "cancelled",
        "cancelled": "cancelled",
    }
    outcomes = dict(Goal.objects.values_list("title", "outcome"))
    assert [outcomes[name] for name in ("Top", "active", "deep", "paused", "draft")] == [
        *("achieved",) * 3,
        "unknown",
        "",
    ]
    assert set(Goal.history.filter(history_change_reason="The year is over").values_list("id", flat=True)) == {
        goal.pk for name, goal in family.items() if name != "cancelled"
    }
    assert GoalFigures.objects.get(goal=rolled_up(family["top"])).progress == 1
    assert progress.differences(cast.works) == []


def test_cancelling_everything_below(cast, family):
    change_state(family["top"], "cancelled", by=cast.ada, with_descendants=True)
    assert set(states(family).values()) == {"cancelled"}


def test_nothing_is_reopened_below_what_has_ended(cast, family):
    change_state(family["top"], "closed", by=cast.ada, with_descendants=True)
    with pytest.raises(Conflict) as error:
        change_state(family["active"], "active", by=cast.ada, reason="so")
    assert code(error) == "parent_ended"


def test_a_refusal_changes_nothing(cast, family):
    before = list(Goal.objects.order_by("pk").values())
    with pytest.raises(ValidationError):
        change_state(
            family["top"], "closed", by=cast.ada, with_descendants=True, judged_progress=Decimal(2), reason="so"
        )
    assert list(Goal.objects.order_by("pk").values()) == before


@pytest.fixture
def demanding(cast):
    """Works asks for 60 points, and a draft goal of Bo has 54: what a well put goal has without KPIs."""
    cast.works.smart_minimum = 60
    cast.works.save()
    dates = {"start": dt.date(2026, 1, 1), "due": cast.cycle.due}
    why = "Without growth nobody stays."
    told = {"owner": cast.bo, "perspective": cast.customer, "why": why, **dates}
    return cast.goal("Win ten new customers", state="draft", **told)


def test_an_organisation_may_ask_for_a_least_smart_score_before_a_goal_starts(cast, demanding):
    with pytest.raises(Conflict) as refused:
        change_state(demanding, "active", by=cast.bo, reason="Now.")
    assert code(refused) == "smart_too_low"
    assert "54" in str(refused.value)
    kpi(demanding, unit="customers")
    assert change_state(demanding, "active", by=cast.bo).state == "active"


def test_starting_counts_as_accepting_and_the_border_is_enough(cast, demanding):
    cast.works.smart_minimum = 54
    cast.works.save()
    assert change_state(demanding, "active", by=cast.bo).state == "active"


def test_a_goal_starts_despite_its_score_with_a_reason_that_is_kept(cast, demanding):
    with pytest.raises(ValidationError) as refused:
        change_state(demanding, "active", by=cast.bo, reason=" ", despite_smart=True)
    assert code(refused) == "reason: reason_required"
    goal = change_state(demanding, "active", by=cast.bo, reason="The market opens today.", despite_smart=True)
    kept = goal.history.first()
    assert (kept.state, kept.history_user) == ("active", cast.bo)
    assert "The market opens today." in kept.history_change_reason
    assert "54" in kept.history_change_reason


def test_what_runs_already_is_not_asked_for_a_score(cast, demanding):
    goal = change_state(demanding, "active", by=cast.bo, reason="Now.", despite_smart=True)
    goal = change_state(change_state(goal, "paused", by=cast.bo), "active", by=cast.bo)
    assert goal.history.first().history_change_reason == ""
    assert change_state(goal, "closed", by=cast.bo).state == "closed"
    assert change_state(goal, "active", by=cast.bo, reason="Too early.").state == "active"
