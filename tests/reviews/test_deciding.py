"""Decisions of a review: what each changes, what it does above, who may, and how it is taken back."""

import datetime as dt
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from cascade.errors import Conflict, VersionMismatch
from goals import progress
from goals.models import Act, Goal, GoalFigures
from kpis import definitions
from kpis.models import Initiative, Kpi
from people.models import Notification
from reviews.models import Decision, Review
from reviews.room import deciding, effects, pausing
from reviews.room.acts import Weighed
from tests.reviews.holding import OPENED, at, room

D = Decimal
TODAY = OPENED.date()
MAY = dt.date(2026, 5, 1)
TOO_LATE = dt.date(2027, 5, 1)
SMALL = dt.timedelta(days=1)


@pytest.fixture
def held(cast):
    with at():
        made = room(cast)
        made.review = made.opened()
        yield made


def decide(held, kind, goal=None, by=None, reason="The board agreed", **fields) -> Decision:
    goal = goal or held.faster
    return deciding.decide(held.review, kind, by=by or held.cast.bo, goal=goal, reason=reason, **fields)


def target(held, value="40", since=TODAY, **fields) -> Decision:
    return decide(held, "adjust_target", kpi=held.speed, since=since, target=D(value), **fields)


def figures(*goals) -> list[Decimal]:
    progress.roll_up(goals[0].organisation_id)
    found = GoalFigures.objects.in_bulk([goal.pk for goal in goals])
    return [found[goal.pk].progress for goal in goals]


def told(decision) -> list[tuple[int, str, str]]:
    return [(row["goal"], row["before"], row["after"]) for row in decision.effect]


def refusal(held, *args, **fields) -> tuple[str, str]:
    with pytest.raises(ValidationError) as refused:
        decide(held, *args, **fields)
    [(field, [error])] = refused.value.error_dict.items()
    assert not Decision.objects.exists()
    return field, error.code


def test_a_target_changes_from_a_day_on_and_what_was_promised_comes(held):
    decision = target(held)
    assert told(decision) == [
        (held.faster.pk, "0.2", "0.5"),
        (held.serve.pk, "0.5", "0.65"),
        (held.vision.pk, "0.5", "0.6125"),
    ]
    assert figures(held.faster, held.serve, held.vision) == [D("0.5"), D("0.65"), D("0.6125")]
    held.speed.refresh_from_db()
    assert (held.speed.target, held.speed.version) == (D(40), 2)
    version = held.speed.history.first()
    assert (version.history_user, version.history_change_reason) == (held.cast.bo, "The board agreed")
    assert (decision.before["asked"]["target"], decision.after["asked"]["target"]) == ("100", "40")
    assert (decision.since, decision.kpi, decision.by) == (TODAY, held.speed, held.cast.bo)


def test_a_target_can_change_later_and_measure_anew(held):
    decision = target(held, since=MAY, rebase=True)
    assert told(decision)[0] == (held.faster.pk, "0.2", "0")
    held.speed.refresh_from_db()
    assert (held.speed.target, held.speed.targets[-1]["since"]) == (D(100), "2026-05-01")
    assert held.speed.targets[-1]["rebased_on"] == "2026-05-01"


def test_weights_change_together(held):
    weights = [Weighed(held.faster, D(1)), Weighed(held.cheaper, D(3))]
    decision = decide(held, "re_weight", held.serve, weights=weights)
    assert told(decision) == [(held.serve.pk, "0.5", "0.65"), (held.vision.pk, "0.5", "0.6125")]
    assert figures(held.serve) == [D("0.65")]
    [before], [after] = decision.before["weights"], decision.after["weights"]
    assert (before["title"], before["weight"], after["weight"]) == ("Cheaper", "1", "3")


def test_a_weight_of_a_kpi(held):
    other = definitions.create(held.faster, by=None, key="calls", name="calls", baseline=D(0), target=D(10))
    decide(held, "re_weight", weights=[Weighed(other, D(2))])
    assert Kpi.objects.get(pk=other.pk).weight == D(2)


@pytest.mark.parametrize(
    ("kind", "state", "after"),
    [("pause", "paused", "0.8"), ("cancel", "cancelled", "0.8"), ("close", "closed", "0.5")],
)
def test_a_goal_is_paused_cancelled_or_closed(held, kind, state, after):
    decision = decide(held, kind)
    assert told(decision)[1] == (held.serve.pk, "0.5", after)
    assert figures(held.serve) == [D(after)]
    assert Goal.objects.get(pk=held.faster.pk).state == state
    assert Goal.history.filter(id=held.faster.pk).latest().history_change_reason == "The board agreed"
    assert not Act.objects.exists()


def test_a_pause_ends_on_a_day_and_is_listed(held):
    decide(held, "pause", until=MAY)
    assert [decision.until for decision in Decision.objects.pauses()] == [MAY]
    decide(held, "pause", until=MAY + SMALL)
    assert Goal.objects.get(pk=held.faster.pk).state == "paused"
    assert told(decide(held, "resume"))[1] == (held.serve.pk, "0.8", "0.5")
    assert not Decision.objects.pauses().exists()


def test_when_a_pause_is_over_owner_and_decider_are_told_once(held):
    decide(held, "pause", until=MAY)
    decide(held, "pause", until=MAY + SMALL, by=held.cast.ada)

    def told_on(day: dt.date) -> list[str]:
        with at(days=(day - TODAY).days):
            pausing.tell_over(held.cast.works)
        rows = Notification.objects.filter(kind="pause_over").order_by("person__name")
        return list(rows.values_list("person__name", flat=True))

    assert told_on(MAY) == []
    assert told_on(MAY + SMALL) == ["Ada", "Cy"]
    assert told_on(MAY + 3 * SMALL) == ["Ada", "Cy"]


def test_an_action_has_somebody_and_a_day(held):
    decision = decide(held, "add_action", title="Stock two depots", owner=held.cast.cy, due=MAY, kpis=[held.speed])
    action = Initiative.objects.get()
    assert (decision.action, action.owner, action.due) == (action, held.cast.cy, MAY)
    assert (list(action.goals.all()), list(action.kpis.all())) == ([held.faster], [held.speed])
    assert told(decision)[0] == (held.faster.pk, "0.2", "0.2")


def test_keeping_it_as_it_is_is_a_decision_too(held):
    decision = decide(held, "keep", held.serve)
    assert told(decision) == [(held.serve.pk, "0.5", "0.5"), (held.vision.pk, "0.5", "0.5")]


def test_what_is_promised_is_not_done(held):
    act = deciding.promised(held.review, "pause", by=held.cast.bo, goal=held.faster, until=MAY)
    assert act.effect[1]["after"] == "0.8"
    assert Goal.objects.get(pk=held.faster.pk).state == "active"


@pytest.mark.parametrize(
    ("kind", "fields", "refused"),
    [
        ("keep", {"reason": "  "}, ("reason", "reason_required")),
        ("keep", {"goal": "vision"}, ("goal", "not_covered")),
        ("pause", {"until": TODAY}, ("until", "not_ahead")),
        ("adjust_target", {"kpi": "cost", "since": TODAY, "target": D(1)}, ("kpi", "not_covered")),
        ("adjust_target", {"kpi": "speed", "since": TODAY, "target": D(100)}, ("target", "nothing_changes")),
        (
            "adjust_target",
            {"kpi": "speed", "since": TOO_LATE, "target": D(1)},
            ("since", "since_outside_life"),
        ),
        ("re_weight", {"weights": [("cheaper", 2)]}, ("weights", "not_a_part")),
        ("re_weight", {"weights": [("speed", 1)]}, ("weights", "nothing_changes")),
        ("re_weight", {"weights": [("speed", -1)]}, ("weights", "weight_negative")),
    ],
)
def test_what_is_refused_changes_nothing(held, kind, fields, refused):
    for name in ("goal", "kpi"):
        fields = {**fields, **({name: getattr(held, fields[name])} if name in fields else {})}
    if "weights" in fields:
        fields = {"weights": [Weighed(getattr(held, name), D(weight)) for name, weight in fields["weights"]]}
    assert refusal(held, kind, **fields) == refused


def test_states_that_cannot_be_are_refused(held):
    with pytest.raises(Conflict) as refused:
        decide(held, "resume")
    assert refused.value.code == "state_not_allowed"
    with pytest.raises(Conflict) as refused:
        decide(held, "cancel", held.serve)
    assert refused.value.code == "live_descendants"
    assert (Decision.objects.count(), Goal.objects.get(pk=held.serve.pk).state) == (0, "active")


def test_what_somebody_else_changed_meanwhile_is_said(held):
    definitions.revise(held.speed, by=held.cast.cy, weight=D(2))
    with pytest.raises(VersionMismatch):
        target(held, version=1)
    held.faster.revise(by=held.cast.cy, why="New")
    with pytest.raises(VersionMismatch):
        decide(held, "pause", version=held.faster.version)
    with pytest.raises(VersionMismatch):
        decide(held, "re_weight", held.serve, weights=[Weighed(held.faster, D(9), version=held.faster.version)])
    assert not Decision.objects.exists()


@pytest.mark.parametrize(("who", "may"), [("ada", True), ("bo", True), ("cy", False), ("dee", False), ("eve", False)])
def test_who_may_decide(held, who, may):
    person = getattr(held.cast, who)
    if may:
        assert target(held, by=person).by == person
        return
    for kind in ("keep", "pause"):
        with pytest.raises(PermissionDenied):
            decide(held, kind, by=person)
    assert not Decision.objects.exists()


def test_holding_the_review_alone_is_not_enough_to_change_a_goal(held):
    held.serve.revise(by=held.cast.ada, owner=held.cast.ada, unit=None)
    held.faster.revise(by=held.cast.ada, owner=held.cast.ada, unit=None)
    Review.objects.update(owner=held.cast.cy)
    with pytest.raises(PermissionDenied):
        decide(held, "pause", by=held.cast.cy)
    assert decide(held, "keep", by=held.cast.cy).by == held.cast.cy


@pytest.mark.parametrize(
    ("state", "code"), [("planned", "review_not_open"), ("signed", "review_over"), ("cancelled", "review_over")]
)
def test_only_a_review_that_is_held_decides(held, state, code):
    Review.objects.update(state=state)
    with pytest.raises(Conflict) as refused:
        target(held)
    assert (refused.value.code, Kpi.objects.get(pk=held.speed.pk).target) == (code, D(100))


def back(held, decision, **fields) -> Decision:
    return deciding.take_back(decision, review=held.review, by=held.cast.bo, reason="It was too soon", **fields)


def made(held, kind) -> Decision:
    if kind == "adjust_target":
        return target(held, rebase=True)
    if kind == "re_weight":
        return decide(held, kind, held.serve, weights=[Weighed(held.cheaper, D(3))])
    if kind == "resume":
        decide(held, "pause")
    if kind == "add_action":
        return decide(held, kind, title="Stock", owner=held.cast.cy, due=MAY)
    return decide(held, kind)


@pytest.mark.parametrize("kind", ["adjust_target", "re_weight", "pause", "resume", "cancel", "close", "add_action"])
def test_a_decision_is_taken_back_by_another(held, kind):
    if kind == "resume":
        decide(held, "pause")
        before = figures(held.serve, held.vision)
        decision = decide(held, "resume")
    else:
        before = figures(held.serve, held.vision)
        decision = made(held, kind)
    reversal = back(held, decision)
    assert (reversal.kind, reversal.reverses, reversal.review) == (kind, decision, held.review)
    assert figures(held.serve, held.vision) == before
    assert [D(row["after"]) for row in reversal.effect[-2:]] == before
    assert list(Decision.objects.standing().filter(pk__in=[decision.pk, reversal.pk])) == []
    with pytest.raises(Conflict) as twice:
        back(held, Decision.objects.get(pk=decision.pk))
    assert twice.value.code == "already_reversed"
    with pytest.raises(Conflict) as again:
        back(held, reversal)
    assert again.value.code == "nothing_to_reverse"


def test_a_target_taken_back_is_asked_again_from_today(held):
    with at(days=20):
        reversal = back(held, target(held, since=TODAY, rebase=True))
        held.speed.refresh_from_db()
        assert (held.speed.target, held.speed.rebased_on, held.speed.baseline) == (D(100), None, D(0))
        assert [entry["since"] for entry in held.speed.targets] == [None, "2026-04-10", "2026-04-30"]
        assert reversal.since == TODAY + dt.timedelta(days=20)


def test_goals_that_ended_together_are_open_together_again(held):
    decision = decide(held, "close", held.serve, with_descendants=True)
    assert {goal.state for goal in Goal.objects.filter(pk__in=[held.serve.pk, held.faster.pk])} == {"closed"}
    back(held, decision)
    found = Goal.objects.filter(title__in=["Serve", "Faster", "Cheaper"]).values_list("state", "final_progress")
    assert list(found) == [("active", None)] * 3


@pytest.mark.parametrize("kind", ["adjust_target", "re_weight", "pause", "add_action"])
def test_what_was_changed_since_is_not_taken_back(held, kind):
    decision = made(held, kind)
    if kind == "adjust_target":
        target(held, value="50")
    elif kind == "re_weight":
        Goal.objects.get(pk=held.cheaper.pk).revise(by=held.cast.bo, weight=D(7))
    elif kind == "pause":
        decide(held, "cancel")
    else:
        Initiative.objects.update(state="done")
    count = Decision.objects.count()
    with pytest.raises(Conflict) as refused:
        back(held, decision)
    assert (refused.value.code, Decision.objects.count()) == ("changed_since", count)


def test_keeping_is_nothing_to_take_back(held):
    with pytest.raises(Conflict) as refused:
        back(held, decide(held, "keep"))
    assert refused.value.code == "nothing_to_reverse"


def test_only_who_may_decide_takes_back(held):
    decision = target(held)
    with pytest.raises(PermissionDenied):
        deciding.take_back(decision, review=held.review, by=held.cast.cy, reason="x")
    assert not Decision.objects.exclude(pk=decision.pk).exists()


def test_the_effect_hides_what_the_reader_may_not_see(held):
    held.vision.revise(by=held.cast.ada, visibility="private")
    decision = target(held)
    assert [each["goal"] for each in decision.effect] == [held.faster.pk, held.serve.pk, held.vision.pk]
    seen = effects.seen_by(held.cast.cy, decision.effect)
    assert [each["goal"] for each in seen] == [held.faster.pk, held.serve.pk, None]
    assert seen[-1]["before"] is None
    assert [each.goal and each.goal.pk for each in effects.moved(held.cast.ada, decision.effect)][-1] == held.vision.pk


def test_decisions_are_seen_with_their_goals(held):
    about_serve, about_faster = decide(held, "keep", held.serve), target(held)
    held.faster.revise(by=held.cast.ada, visibility="private", owner=held.cast.bo)
    assert list(Decision.objects.visible_to(held.cast.cy)) == [about_serve]
    assert list(Decision.objects.visible_to(held.cast.bo)) == [about_serve, about_faster]
    assert not Decision.objects.visible_to(held.cast.eve).exists()


def test_who_has_it_in_hand_is_told(held):
    target(held)
    decide(held, "add_action", held.serve, title="Stock", owner=held.cast.cy, due=MAY)
    decide(held, "keep", by=held.cast.ada)
    kinds = [(row.person.name, row.kind) for row in Notification.objects.order_by("pk")]
    assert kinds == [("Cy", "decision"), ("Cy", "action"), ("Cy", "decision")]
