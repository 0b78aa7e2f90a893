"""Targets that change from a date on: what holds on which day, what was known when, and what is refused."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cascade.errors import VersionMismatch
from goals import explaining, past, progress
from goals.models import Cycle
from kpis import definitions, targets
from kpis.models import Kpi, KpiFigures, KpiSnapshot
from people.models import Organisation
from tests.kpis.measuring import record

D = Decimal
MARCH = dt.date(2026, 3, 1)
APRIL = dt.date(2026, 4, 1)


def noon(day: str) -> dt.datetime:
    return dt.datetime.combine(dt.date.fromisoformat(day), dt.time(12), dt.UTC)


def at(day: str):
    return time_machine.travel(noon(day), tick=False)


@pytest.fixture
def goal(cast):
    Cycle.objects.filter(pk=cast.cycle.pk).update(start=dt.date(2026, 1, 1), due=dt.date(2026, 12, 31))
    Organisation.history.update(history_date=noon("2026-01-01"))
    cast.cycle.refresh_from_db()
    with at("2026-01-01"):
        return cast.goal("Answer faster")


def measured(goal, values=("10", "20", "30", "40"), **fields) -> Kpi:
    """A KPI with values of the first months, each recorded at the month's end."""
    fields = {"baseline": D(0), "target": D(100), **fields}
    with at("2026-01-01"):
        kpi = definitions.create(goal, by=None, name="Share", **fields)
    for month, value in enumerate(values, 1):
        last = dt.date(2026, month + 1, 1) - dt.timedelta(days=1)
        with at(last.isoformat()):
            record(kpi, last, value)
    return kpi


def change(kpi: Kpi, since: dt.date, on: str = "2026-05-20", **fields) -> Kpi:
    with at(on):
        return targets.change(kpi, since, by=None, reason="The board decided", **fields)


def score(kpi: Kpi, on: str, known: str | None = None):
    moment = None if known is None else noon(known) + dt.timedelta(hours=11)
    scores = past.source().at(kpi.organisation, dt.date.fromisoformat(on), moment, None)
    return scores.scores[kpi.pk]


def figures(kpi: Kpi, on: str, known: str | None = None):
    found = score(kpi, on, known)
    return found.progress, found.expected


def days(count: int) -> Decimal:
    return round(D(count) / 365, 18)


def codes(call, *args, **fields) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as refused:
        call(*args, **fields)
    return {name: [each.code for each in found] for name, found in refused.value.error_dict.items()}


def test_each_day_has_the_target_of_that_day_and_the_path_runs_on_from_its_start(goal):
    kpi = change(measured(goal), MARCH, target=D(50))
    assert figures(kpi, "2026-02-28") == (D("0.2"), days(59))
    assert figures(kpi, "2026-03-31") == (D("0.6"), days(90))
    assert figures(kpi, "2026-04-30") == (D("0.8"), days(120))


def test_what_was_known_before_the_decision_does_not_know_it(goal):
    kpi = change(measured(goal), MARCH, target=D(50))
    assert figures(kpi, "2026-04-30", known="2026-05-19")[0] == D("0.4")
    assert figures(kpi, "2026-04-30", known="2026-05-20")[0] == D("0.8")
    assert figures(kpi, "2026-02-28", known="2026-05-20")[0] == D("0.2")


def test_a_new_start_measures_from_the_day_of_the_change(goal):
    kpi = change(measured(goal), APRIL, target=D(90), rebase=True)
    assert (kpi.baseline, kpi.rebased_on) == (D(30), APRIL)
    assert figures(kpi, "2026-03-31") == (D("0.3"), days(90))
    progress_then, expected = figures(kpi, "2026-04-30")
    assert progress_then == round(D(10) / 60, 18)
    assert expected == round(D(30) / 275, 18)


def test_a_new_start_keeps_the_milestones_that_are_still_to_come(goal):
    milestones = {"2026-02-01": 20, "2026-09-01": 80}
    kpi = change(measured(goal, trajectory="steps", milestones=milestones), APRIL, target=D(90), rebase=True)
    assert (kpi.milestones, kpi.trajectory) == ({"2026-09-01": "80"}, "steps")
    late = change(kpi, dt.date(2026, 10, 1), rebase=True, baseline=D(50))
    assert late.targets[-1]["milestones"] == {}
    assert late.targets[-1]["trajectory"] == "linear"


def test_a_start_that_is_given_is_taken(goal):
    kpi = change(measured(goal), APRIL, target=D(90), rebase=True, baseline=D(20))
    assert figures(kpi, "2026-04-30")[0] == round(D(20) / 70, 18)


def test_a_sum_begins_to_count_anew_with_a_new_start(goal):
    kpi = change(measured(goal, aggregation="sum", baseline=None), APRIL, target=D(80), rebase=True)
    assert figures(kpi, "2026-03-31")[0] == D("0.6")
    assert figures(kpi, "2026-04-30")[0] == D("0.5")


@pytest.mark.parametrize(
    ("fields", "asked", "before", "after"),
    [
        ({"aggregation": "latest"}, {"target": D(80)}, "0.3", "0.5"),
        ({"aggregation": "mean"}, {"target": D(80)}, "0.2", "0.275"),
        ({"aggregation": "sum"}, {"target": D(100), "zero_at": D(20)}, "0.2", "0.2105263157894736842"),
        ({"aggregation": "min"}, {"target": D(80)}, "0.1", "0.1"),
        ({"aggregation": "max"}, {"target": D(80)}, "0.3", "0.5"),
    ],
)
def test_where_each_period_has_its_target_a_period_is_judged_by_what_was_asked_when_it_ended(
    goal, fields, asked, before, after
):
    kpi = change(measured(goal, target_mode="each_period", **fields), APRIL, **asked)
    assert score(kpi, "2026-03-31").progress == D(before)
    assert score(kpi, "2026-04-30").progress == round(D(after), 18)
    assert score(kpi, "2026-04-30", known="2026-05-19").progress != D(after) or before == after


def test_a_band_holds_for_the_periods_since_its_day(goal):
    kpi = measured(
        goal, ("10", "20", "30", "40"), direction="maintain", baseline=None, target=None, lower=D(10), upper=D(30),
        target_mode="each_period", aggregation="mean",
    )  # fmt: skip
    assert score(kpi, "2026-04-30").progress == D("0.75")
    kpi = change(kpi, APRIL, lower=D(35), upper=D(45))
    assert score(kpi, "2026-04-30").progress == D(1)
    assert [row.attainment for row in score(kpi, "2026-04-30").rows] == [D(1)] * 4


def test_bands_of_a_sum_are_added_up_as_they_were_asked(goal):
    kpi = measured(
        goal, ("10", "10", "10", "70"), direction="maintain", baseline=None, target=None, lower=D(10), upper=D(10),
        fade=D(5), target_mode="each_period", aggregation="sum",
    )  # fmt: skip
    kpi = change(kpi, APRIL, lower=D(60), upper=D(60))
    assert score(kpi, "2026-04-30").progress == D("0.5")  # 100 where 90 was asked, with a fade of 4 times 5


def test_a_target_that_came_later_judges_nothing_before(goal):
    kpi = measured(goal, target_mode="each_period", aggregation="mean")
    Kpi.objects.filter(pk=kpi.pk).update(target=None)
    kpi = change(kpi, APRIL, target=D(80))
    assert score(kpi, "2026-04-30").progress == D("0.5")
    assert score(kpi, "2026-03-31").reason == "missing_target"


def test_today_has_the_target_of_today_and_a_later_one_comes_into_force_on_its_day(cast, goal):
    kpi = measured(goal)
    with at("2026-05-20"):
        progress.begin_day(cast.works.pk)
        kpi = targets.change(kpi, dt.date(2026, 6, 1), by=cast.ada, reason="From summer on", target=D(50))
        progress.roll_up(cast.works.pk)
        assert (kpi.target, KpiFigures.objects.get(kpi=kpi).progress) == (D(100), D("0.4"))
    with at("2026-06-01"):
        progress.begin_day(cast.works.pk)
        kpi.refresh_from_db()
        assert (kpi.target, KpiFigures.objects.get(kpi=kpi).progress) == (D(50), D("0.8"))
        assert progress.differences(cast.works) == []
    assert figures(kpi, "2026-05-31")[0] == D("0.4")
    assert figures(kpi, "2026-06-01", known="2026-05-20")[0] == D("0.8")


def test_snapshots_stay_as_they_were_known(cast, goal):
    kpi = measured(goal)
    with at("2026-05-01"):
        progress.begin_day(cast.works.pk)
    change(kpi, MARCH, target=D(50))
    with at("2026-05-21"):
        progress.begin_day(cast.works.pk)
    assert KpiSnapshot.objects.get(kpi=kpi, day=dt.date(2026, 4, 30)).progress == D("0.4")
    assert KpiSnapshot.objects.get(kpi=kpi, day=dt.date(2026, 5, 20)).progress == D("0.8")


@pytest.mark.parametrize("on", ["2026-02-28", "2026-04-30"])
@pytest.mark.parametrize("known", [None, "2026-05-19", "2026-05-20"])
@pytest.mark.parametrize("mode", ["by_due", "each_period"])
def test_the_explanation_tells_the_same_figures(cast, goal, mode, on, known):
    kpi = change(measured(goal, target_mode=mode, aggregation="sum", baseline=None), MARCH, target=D(50))
    moment = None if known is None else noon(known) + dt.timedelta(hours=11)
    told = explaining.explain(goal, cast.ada, dt.date.fromisoformat(on), moment)
    assert told["progress"] == score(kpi, on, known).progress
    assert told["parts"][0]["calculation"]["score"].progress == told["progress"]


def test_a_correction_changes_what_is_asked_today_and_leaves_the_rest(goal):
    kpi = change(measured(goal), MARCH, target=D(50))
    with at("2026-05-21"):
        definitions.revise(kpi, by=None, target=D(80))
    assert figures(kpi, "2026-02-28")[0] == D("0.2")
    assert figures(kpi, "2026-04-30")[0] == D("0.5")
    assert figures(kpi, "2026-04-30", known="2026-05-20")[0] == D("0.8")


def test_the_same_day_again_corrects_and_the_same_words_again_change_nothing(goal):
    kpi = change(measured(goal), MARCH, target=D(50))
    kpi = change(kpi, MARCH, on="2026-05-21", target=D(80))
    version = kpi.version
    assert [entry["target"] for entry in kpi.targets] == ["100", "80"]
    assert change(kpi, MARCH, on="2026-05-22", target=D(80)).version == version
    kpi = change(kpi, dt.date(2026, 2, 1), on="2026-05-23", target=D(90))
    assert [entry["target"] for entry in kpi.targets] == ["100", "90", "80"]
    assert kpi.target == D(80)


def test_what_cannot_be_asked_from_a_date_is_refused(goal):
    kpi = measured(goal)

    def refused(since=MARCH, **fields):
        return codes(change, kpi, since, **fields)

    assert refused(dt.date(2026, 1, 1), target=D(50)) == {"since": ["since_outside_life"]}
    assert refused(dt.date(2027, 1, 1), target=D(50)) == {"since": ["since_outside_life"]}
    assert refused(target=D(0)) == {"target": ["baseline_equals_target"]}
    assert refused(target=D(-5)) == {"target": ["target_wrong_side"]}
    assert refused(target=D(100)) == {"target": ["nothing_changes"]}
    assert codes(targets.change, kpi, MARCH, by=None, reason=" ", target=D(50)) == {"reason": ["reason_required"]}
    with pytest.raises(VersionMismatch):
        change(kpi, MARCH, version=7, target=D(50))
    with pytest.raises(TypeError, match="weight"):
        change(kpi, MARCH, weight=D(2))
    kpi.refresh_from_db()
    assert (kpi.targets, kpi.version) == ([], 1)


@pytest.mark.parametrize("fields", [{"target_mode": "each_period"}, {"direction": "maintain", "lower": D(1)}])
def test_only_a_path_to_a_due_date_begins_anew(goal, fields):
    kpi = measured(goal, **fields)
    assert codes(change, kpi, MARCH, rebase=True, target=D(50)) == {"rebase": ["rebase_needs_by_due"]}


def test_a_definition_must_stay_right_for_every_target(goal):
    kpi = change(measured(goal), MARCH, target=D(50))
    assert codes(definitions.revise, kpi, by=None, baseline=D(50)) == {"target": ["baseline_equals_target"]}
    kpi = change(kpi, dt.date(2026, 6, 1), target=D(20))
    found = codes(definitions.revise, kpi, by=None, direction="decrease")
    assert found == {"target": ["target_wrong_side"]}


def test_the_decisions_are_told_with_who_when_why_and_what_was_before(cast, goal):
    kpi = measured(goal)
    with at("2026-05-20"):
        targets.change(kpi, dt.date(2026, 6, 1), by=cast.ada, reason="Summer", target=D(50))
        kpi = targets.change(kpi, MARCH, by=cast.bo, reason="Late", target=D(70))
        definitions.revise(kpi, by=cast.ada, name="Another name")
        told = targets.decisions(kpi)
    assert [(each.since, each.row["target"], each.holds) for each in told] == [
        (None, D(100), False),
        (dt.date(2026, 6, 1), D(50), False),
        (MARCH, D(70), True),
    ]
    assert [each.before and each.before["target"] for each in told] == [None, D(100), D(100)]
    assert [each.version.history_change_reason for each in told] == ["", "Summer", "Late"]
    assert told[2].version.history_user == cast.bo


def test_the_effect_is_told_before_and_nothing_is_saved(cast, goal):
    top = cast.goal("Be trusted")
    kpi = measured(goal)
    from goals import tree

    with at("2026-05-20"):
        tree.move(goal, top, by=cast.ada)
        progress.begin_day(cast.works.pk)
        goal.refresh_from_db()
        kpi = Kpi.objects.select_related("goal__cycle").get(pk=kpi.pk)
        told = targets.effect(kpi, MARCH, cast.ada, target=D(50))
        later = targets.effect(kpi, dt.date(2026, 6, 1), cast.ada, target=D(50))
        assert (told.before.progress, told.after.progress) == (D("0.4"), D("0.8"))
        assert [(each.title, moved.old.progress, moved.new.progress) for each, moved in told.goals] == [
            ("Answer faster", D("0.4"), D("0.8")),
            ("Be trusted", D("0.4"), D("0.8")),
        ]
        assert (told.is_ahead, later.is_ahead, later.after.progress) == (False, True, D("0.8"))
        assert Kpi.objects.get(pk=kpi.pk).targets == kpi.targets == []
        targets.change(kpi, MARCH, by=None, reason="As told", target=D(50))
        progress.roll_up(cast.works.pk)
        top.refresh_from_db()
        assert top.figures.progress == D("0.8")


def test_figures_take_as_many_queries_however_many_targets_there_are(cast, goal):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            past.tree_at(cast.works, dt.date(2026, 4, 30), noon("2026-05-20")).figures()
        return len(captured)

    kpi = measured(goal)
    queries()
    before = queries()
    for month in (2, 3, 4):
        change(kpi, dt.date(2026, month, 1), target=D(100 + month))
    assert queries() == before
