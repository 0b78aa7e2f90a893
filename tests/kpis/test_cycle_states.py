import datetime as dt
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cascade.errors import Conflict, VersionMismatch
from goals import progress, tree
from goals.models import Goal
from kpis import catchball, definitions
from kpis.cycles import closing, missing, states
from kpis.models import Closing, Kpi, Proposal
from people.models import Notification
from tests.kpis.cycles import last_year


@pytest.fixture
def past(cast):
    found = last_year(cast)
    found.record(found.leads, 12, 80)
    found.record(found.calls, 12, 40)
    return found


@pytest.fixture
def planned(cast):
    return states.add(
        cast.works, by=cast.ada, name="Next", start=dt.date(2099, 1, 1), due=dt.date(2099, 12, 31), state="planning"
    )


def closed(past, by, reason="Approved by the board"):
    return states.change_state(past.cycle, "closed", by=by, reason=reason)


def test_closing_ends_every_goal_with_its_final_figures(cast, past):
    draft = cast.goal("Never begun", past.goal, state=Goal.State.DRAFT)
    closed(past, cast.ada)
    found = {goal.title: goal for goal in Goal.objects.filter(cycle=past.cycle)}
    assert {title: goal.state for title, goal in found.items()} == {
        "Win customers": "closed",
        "Call more": "closed",
        "Never begun": "cancelled",
    }
    assert (found["Call more"].final_progress, found["Call more"].outcome) == (Decimal("0.4"), "missed")
    assert found["Win customers"].final_progress == Decimal("0.6")
    assert found["Win customers"].closed_on == cast.works.today()
    history = found["Call more"].history.first()
    assert (history.history_user, history.history_change_reason) == (cast.ada, "Approved by the board")
    assert (history.version, history.state) == (found["Call more"].version, "closed")
    assert draft.history.first().state == "cancelled"


def test_closing_freezes_what_was_known_with_who_and_why(cast, past):
    closed(past, cast.ada)
    made = Closing.objects.get()
    assert (made.closed_by, made.reason, made.day) == (cast.ada, "Approved by the board", cast.works.today())
    told = made.goals.order_by("pk").values_list("title", "stood", "progress", "outcome", "status")
    assert list(told) == [
        ("Win customers", "active", Decimal("0.6"), "missed", "off_track"),
        ("Call more", "active", Decimal("0.4"), "missed", "off_track"),
    ]
    assert list(made.kpis.order_by("pk").values_list("name", "target", "actual")) == [
        ("Leads", 100, 80),
        ("Calls", 100, 40),
    ]


def test_closing_twice_is_closing_once(cast, past):
    first = closed(past, cast.ada)
    again = closed(past, cast.ada)
    assert (first.version, again.version, Closing.objects.count()) == (2, 2, 1)


def test_the_stored_figures_after_closing_are_those_from_scratch(cast, past):
    closed(past, cast.ada)
    progress.roll_up(cast.works.pk)
    assert progress.differences(cast.works) == []


@pytest.mark.parametrize("reason", ["", "  "])
def test_closing_and_reopening_need_a_reason(cast, past, reason):
    with pytest.raises(ValidationError) as refused:
        closed(past, cast.ada, reason)
    assert refused.value.error_dict["reason"][0].code == "reason_required"
    closed(past, cast.ada)
    with pytest.raises(ValidationError):
        states.change_state(past.cycle, "open", by=cast.ada, reason=reason)
    past.cycle.refresh_from_db()
    assert past.cycle.state == "closed"


def test_reopening_takes_the_goals_up_as_they_stood_and_is_told_in_the_history(cast, past):
    paused = cast.goal("Wait", past.goal, state=Goal.State.PAUSED)
    ended = cast.goal("Over", past.goal, state=Goal.State.CANCELLED)
    closed(past, cast.ada)
    states.change_state(past.cycle, "open", by=cast.bo, reason="December was wrong")
    stood = dict(Goal.objects.filter(cycle=past.cycle).values_list("title", "state"))
    assert stood == {"Win customers": "active", "Call more": "active", "Wait": "paused", "Over": "cancelled"}
    goal = Goal.objects.get(pk=past.goal.pk)
    assert (goal.closed_on, goal.final_progress, goal.outcome, goal.closing_note) == (None, None, "", "")
    told = past.cycle.history.first()
    assert (told.state, told.history_user, told.history_change_reason) == ("open", cast.bo, "December was wrong")
    made = Closing.objects.get()
    assert (made.reopened_by, made.reopen_reason) == (cast.bo, "December was wrong")
    assert {paused.pk, ended.pk} <= set(made.goals.values_list("goal_id", flat=True))


def test_a_correction_after_reopening_is_shown_beside_the_frozen_figure(cast, past):
    closed(past, cast.ada)
    states.change_state(past.cycle, "open", by=cast.ada, reason="December was wrong")
    past.record(past.leads, 12, 100, note="Counted twice")
    progress.roll_up(cast.works.pk)
    made = Closing.objects.get()
    goals = closing.differences(closing.goals_compared(made, cast.ada))
    assert [(each.title, each.frozen, each.now, each.difference) for each in goals] == [
        ("Win customers", Decimal("0.6"), Decimal("0.7"), Decimal("0.1"))
    ]
    kpis = closing.differences(closing.kpis_compared(made, cast.ada))
    assert [(each.title, each.frozen, each.now) for each in kpis] == [("Leads", 80, 100)]


def test_what_was_frozen_is_shown_to_those_who_see_the_goal(cast, past):
    closed(past, cast.ada)
    made = Closing.objects.get()
    assert [each.title for each in closing.goals_compared(made, cast.cy)] == ["Win customers", "Call more"]
    other = cast.works.people.create(name="Fay", email="fay@works.example", organisation=cast.works)
    assert [each.title for each in closing.goals_compared(made, other)] == ["Win customers"]
    assert [each.title for each in closing.kpis_compared(made, other)] == ["Leads"]


def test_a_cycle_closes_again_with_other_figures_and_keeps_the_first(cast, past):
    closed(past, cast.ada)
    states.change_state(past.cycle, "open", by=cast.ada, reason="December was wrong")
    past.record(past.leads, 12, 100, note="Counted twice")
    closed(past, cast.ada, "Corrected")
    assert [each.goals.get(goal=past.goal).progress for each in Closing.objects.all()] == [
        Decimal("0.7"),
        Decimal("0.6"),
    ]


def test_the_queries_of_closing_and_reopening_do_not_grow_with_the_goals(cast, past):
    def counted(act):
        with CaptureQueriesContext(connection) as queries:
            act()
        return len(queries)

    def both():
        return (
            counted(lambda: closed(past, cast.ada)),
            counted(lambda: states.change_state(past.cycle, "open", by=cast.ada, reason="Again")),
        )

    both()
    progress.roll_up(cast.works.pk)
    few = both()
    for number in range(20):
        goal = cast.goal(f"More {number}", past.goal)
        Kpi.objects.create(organisation=cast.works, goal=goal, key=f"k{number}", name="K", target=1, baseline=0)
    progress.roll_up(cast.works.pk)
    assert both() == few


def test_only_the_version_that_was_seen_is_closed(cast, past):
    with pytest.raises(VersionMismatch):
        states.change_state(past.cycle, "closed", by=cast.ada, reason="Over", version=7)


def test_a_planned_cycle_is_not_closed(cast, planned):
    with pytest.raises(Conflict) as refused:
        states.change_state(planned, "closed", by=cast.ada, reason="Over")
    assert refused.value.code == "state_not_allowed"


def test_a_cycle_with_started_goals_is_not_planned_again(cast, past):
    with pytest.raises(Conflict) as refused:
        states.change_state(past.cycle, "planning", by=cast.ada)
    assert refused.value.code == "goals_started"


def test_goals_of_a_planned_cycle_start_when_it_opens(cast, planned):
    with pytest.raises(Conflict) as refused:
        cast.goal("Too early", cycle=planned)
    assert refused.value.code == "cycle_planning"
    asked = cast.goal("Asked", cycle=planned, owner=cast.cy, state=Goal.State.PROPOSED)
    open_one = cast.goal("Open", cycle=planned, owner=cast.bo, state=Goal.State.PROPOSED)
    catchball.accept(catchball.of_goal(asked), by=cast.cy)
    assert Goal.objects.get(pk=asked.pk).state == "proposed"
    assert Proposal.objects.get(goal=asked).state == "agreed"
    states.change_state(planned, "open", by=cast.ada)
    assert [Goal.objects.get(pk=goal.pk).state for goal in (asked, open_one)] == ["active", "proposed"]


def test_nobody_accepts_for_the_owner_while_it_is_planned(cast, planned):
    asked = cast.goal("Asked", cycle=planned, owner=cast.cy, state=Goal.State.PROPOSED)
    with pytest.raises(Conflict) as refused:
        catchball.accept(catchball.of_goal(asked), by=cast.bo)
    assert refused.value.code == "owner_must_accept"


def test_drafts_are_sent_to_their_owners_when_asked(cast, planned):
    mine = cast.goal("Of Cy", cycle=planned, owner=cast.cy, state=Goal.State.DRAFT)
    nobodys = cast.goal("Of nobody", cycle=planned, state=Goal.State.DRAFT)
    states.change_state(planned, "open", by=cast.ada, propose=True)
    assert [Goal.objects.get(pk=goal.pk).state for goal in (mine, nobodys)] == ["proposed", "draft"]
    assert [each.person for each in Notification.objects.filter(kind="proposal")] == [cast.cy]


def test_what_is_missing_is_told_before_closing(cast, past):
    silent = cast.goal("Silent", past.goal, owner=cast.bo)
    Kpi.objects.create(organisation=cast.works, goal=silent, key="silent", name="Silence", target=1, baseline=0)
    cast.goal("Never begun", past.goal, state=Goal.State.DRAFT)
    progress.roll_up(cast.works.pk)
    found = {gap.code: gap for gap in missing.gaps(past.cycle)}
    assert {code: gap.count for code, gap in found.items() if code in ("values", "outcomes", "unstarted")} == {
        "values": 1,
        "outcomes": 1,
        "unstarted": 1,
    }
    assert [(case.text, case.person) for case in found["values"].cases] == [("Silence", cast.bo)]
    assert [case.text for case in found["outcomes"].cases] == ["Silent"]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"name": "{year}"}, "name_taken"),
        ({"due": dt.date(2000, 1, 1)}, "dates_order"),
        ({"locked_until": dt.date(2099, 1, 1)}, "lock_ahead"),
        ({"locked_until": dt.date(1999, 1, 1)}, "lock_ahead"),
    ],
)
def test_what_a_cycle_cannot_be_is_refused(cast, past, fields, code):
    fields = {name: str(cast.cycle.start.year) if value == "{year}" else value for name, value in fields.items()}
    with pytest.raises(ValidationError) as refused:
        states.revise(past.cycle, by=cast.ada, **fields)
    assert [error.code for errors in refused.value.error_dict.values() for error in errors] == [code]


def test_who_locked_the_past_is_told_in_the_history(cast, past):
    states.revise(past.cycle, by=cast.ada, locked_until=past.day(3, 31), reason="First quarter audited")
    told = past.cycle.history.first()
    assert (told.locked_until, told.history_user, told.history_change_reason) == (
        past.day(3, 31),
        cast.ada,
        "First quarter audited",
    )


def test_trees_stay_sound(cast, past):
    closed(past, cast.ada)
    assert list(tree.faults(cast.works.pk)) == []


def test_links_to_kpis_of_goals_cancelled_with_the_cycle_end_and_come_back(cast, past):
    draft = cast.goal("Never begun", past.goal, state=Goal.State.DRAFT)
    usual = {"by": cast.ada, "target": Decimal(10), "baseline": Decimal(0), "unit": "calls"}
    source = definitions.create(draft, name="Source", **usual)
    elsewhere = cast.goal("This year")
    links = [{"source": source.pk, "weight": 1}]
    total = definitions.create(
        elsewhere, name="Total", source="rollup", method="sum", missing="skip", links=links, **usual
    )
    closed(past, cast.ada)
    assert "ended_on" in Kpi.objects.get(pk=total.pk).links[0]
    states.change_state(past.cycle, "open", by=cast.ada, reason="Too early")
    assert "ended_on" not in Kpi.objects.get(pk=total.pk).links[0]


def test_a_goal_too_weak_to_start_is_not_accepted_while_it_is_planned(cast, planned):
    type(cast.works).objects.filter(pk=cast.works.pk).update(smart_minimum=90)
    asked = cast.goal("Asked", cycle=planned, owner=cast.cy, state=Goal.State.PROPOSED)
    with pytest.raises(Conflict) as refused:
        catchball.accept(catchball.of_goal(asked), by=cast.cy)
    assert refused.value.code == "smart_too_low"
