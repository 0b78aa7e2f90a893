"""The demo company, loaded once for the module on a day in November."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.core.management import call_command
from django.db import transaction
from django.db.models import Count, F
from django.db.models.functions import Length
from django.utils import timezone

from goals import past, progress, tree
from goals.causes import circle
from goals.models import CausalLink, Goal, GoalFigures, GoalSnapshot, Kudos, Signal, Win
from goals.voices import access
from integrations.demo import loading
from kpis import definitions
from kpis.models import Kpi, KpiFigures, KpiSnapshot, MeasurementRevision
from kpis.strategy.links import weighed
from people.models import Notification, Organisation, Person
from reviews.models import CheckIn, Decision, Review
from reviews.room.minutes import minutes
from reviews.room.page import context as room
from reviews.schedule import work_out

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def _loaded(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        with time_machine.travel("2026-11-24T12:00:00Z", tick=False):
            loading.load()
        yield
        transaction.set_rollback(True)


@pytest.fixture
def aurdal(_loaded):
    with time_machine.travel("2026-11-24T12:00:00Z", tick=False):
        yield Organisation.objects.get(external_id=loading.EXTERNAL_ID)


def running(aurdal):
    return Goal.objects.filter(organisation=aurdal, cycle__state="open")


def test_it_has_the_size_of_a_real_company(aurdal):
    assert aurdal.name == "Aurdal Systems"
    assert aurdal.people.count() == 412
    assert aurdal.units.filter(kind="department").count() == 8
    assert (aurdal.goals.count(), aurdal.kpis.count()) == (99, 139)
    assert list(running(aurdal).filter(parent=None).in_tree_order().values_list("title", flat=True)) == [
        "Improve customer experience",
        "Expand market presence",
        "Strengthen innovation culture",
        "Earn a healthier margin",
    ]
    assert running(aurdal).values("tree_id").distinct().count() == 4


@pytest.mark.parametrize(
    "path",
    [
        [
            "Improve customer experience",
            "Reduce average response time by 20%",
            "Answer every ticket within the shift",
            "Resolve support tickets within 4 hours on average",
        ],
        [
            "Expand market presence",
            "Launch 3 regional campaigns",
            "Build a steady lead flow in three regions",
            "Generate 100 qualified leads per month, Nordics",
        ],
        [
            "Strengthen innovation culture",
            "Host 6 innovation labs per year",
            "Hand in 2 ideas per quarter from Frontline",
            "Submit 2 ideas per quarter",
        ],
    ],
)
def test_the_strategy_reaches_single_people(aurdal, path):
    goal = running(aurdal).filter(title=path[-1]).in_tree_order().first()
    assert [each.title for each in goal.ancestors()] == path[:-1]
    assert [each.level.name for each in (*goal.ancestors(), goal)] == ["Strategic", "Department", "Team", "Individual"]


def test_everybody_who_enters_by_one_click_is_there_without_a_password(aurdal):
    people = {person.email: person for person in aurdal.people.filter(email__endswith="@demo.example")}
    assert {email: (each.role, each.unit.name) for email, each in people.items()} == {
        "kari@demo.example": ("member", "Frontline"),
        "bo@demo.example": ("unit_manager", "Customer Support"),
        "ingrid@demo.example": ("strategy_office", "Aurdal Systems"),
        "admin@demo.example": ("admin", "Workplace IT"),
    }
    assert not any(person.has_usable_password() for person in aurdal.people.all())
    kari = people["kari@demo.example"]
    assert kari.manager.name == "Tomás Rey"
    assert kari.manager.manager == people["bo@demo.example"]
    assert set(kari.goals.values_list("title", flat=True)) == {
        "Resolve support tickets within 4 hours on average",
        "Submit 2 ideas per quarter",
    }


def test_every_goal_says_why_who_and_where(aurdal):
    for name in ("why", "owner", "unit", "perspective"):
        assert not aurdal.goals.filter(**{name: "" if name == "why" else None}).exists()
    assert not aurdal.goals.exclude(parent=None).filter(contribution="").exists()
    assert not aurdal.kpis.annotate(length=Length("definition")).filter(length__lt=20).exists()


def test_every_definition_is_one_that_may_be_saved(aurdal):
    kpis = aurdal.kpis.select_related("goal__cycle", "organisation")
    assert {kpi.key: codes for kpi in kpis if (codes := definitions.wrong_with(kpi))} == {}


def test_its_tree_and_figures_are_sound(aurdal):
    assert list(tree.faults(aurdal.pk)) == []
    assert progress.differences(aurdal) == []
    assert not aurdal.dirty_marks.exists()


def test_there_is_something_of_everything_to_see(aurdal):
    goals = Counter(GoalFigures.objects.filter(goal__in=running(aurdal)).values_list("status", flat=True))
    assert goals.keys() == set(GoalFigures.Status.values)
    assert 0.4 < goals["on_track"] / goals.total() < 0.6
    assert goals["at_risk"] >= 10
    assert 5 <= goals["off_track"] <= 12
    kpis = KpiFigures.objects.filter(organisation=aurdal)
    assert set(kpis.values_list("status", flat=True)) == set(KpiFigures.Status.values)
    assert kpis.filter(stale=True).exists()
    for name, choices in (
        ("cadence", ("daily", "weekly", "monthly", "quarterly", "once")),
        ("target_mode", Kpi.TargetMode),
        ("direction", Kpi.Direction),
        ("kind", Kpi.Kind),
        ("state", (Kpi.State.ACTIVE, Kpi.State.PAUSED)),
    ):
        assert set(aurdal.kpis.values_list(name, flat=True)) == {str(each) for each in choices}


def test_two_of_four_strategic_goals_keep_pace(aurdal):
    tops = running(aurdal).filter(parent=None).in_tree_order()
    assert [goal.figures.status for goal in tops] == ["at_risk", "on_track", "on_track", "at_risk"]


def test_the_strategy_map_shows_every_kind_of_evidence(aurdal):
    links = CausalLink.objects.filter(organisation=aurdal).select_related("cause", "effect")
    found = Counter(each.label for each in weighed(aurdal.people.get(email="ingrid@demo.example"), list(links)))
    assert found.keys() == {"supports", "weak", "none", "contradicts", "not_enough_data"}
    assert found["supports"] >= 4
    assert circle(links.values_list("cause_id", "effect_id")) is None


def test_values_go_back_eighteen_months_and_nothing_lies_in_the_future(aurdal):
    told = MeasurementRevision.objects.filter(organisation=aurdal)
    days = told.order_by("observed_on").values_list("observed_on", flat=True)
    assert TODAY - timedelta(days=19 * 31) < days.first() < TODAY - timedelta(days=18 * 30)
    assert days.last() <= TODAY
    assert all(each.observed_on <= each.recorded_at.date() <= TODAY for each in told)
    assert told.count() > 1800


def test_some_values_are_late_some_missing_and_some_corrected_with_a_reason(aurdal):
    told = MeasurementRevision.objects.filter(organisation=aurdal)
    late = [each for each in told if (each.recorded_at.date() - each.observed_on).days > 10]
    corrected = told.values("kpi", "period").annotate(count=Count("pk")).filter(count=2, kpi__source="manual")
    assert 10 < len(late) < 200
    assert 20 < corrected.count() < 100
    for each in corrected:
        first, last = told.filter(kpi=each["kpi"], period=each["period"]).order_by("recorded_at")
        assert last.note
        assert last.value != first.value
    incomplete = KpiFigures.objects.filter(organisation=aurdal, completeness__lt=Decimal(1), kpi__state="active")
    assert incomplete.count() > 5


def test_the_value_that_counts_is_the_last_one_recorded(aurdal):
    last = {}
    for each in MeasurementRevision.objects.filter(organisation=aurdal).order_by("recorded_at", "id"):
        last[each.kpi_id, each.period] = each
    for kpi in aurdal.kpis.exclude(source__in=Kpi.DERIVED).prefetch_related("measurements"):
        for held in kpi.measurements.all():
            told = last.pop((held.kpi_id, held.period))
            assert (held.value, held.recorded_at, held.note) == (told.value, told.recorded_at, told.note)
    assert last == {}


def test_some_kpis_come_from_others(aurdal):
    newest = {}
    for kpi in aurdal.kpis.filter(source__in=Kpi.DERIVED).select_related("figures"):
        newest[kpi.key] = kpi.figures.latest_value
        assert kpi.figures.latest_value is not None, kpi.key
    assert newest["leads_all"] == sum(
        Kpi.objects.get(organisation=aurdal, key=key).figures.latest_value for key in ("leads_nordics", "leads_dach")
    )
    assert len(newest) == 4
    assert progress.differences(aurdal) == []


def test_the_tree_is_there_as_it_was_known_then(aurdal):
    spring = date(2026, 5, 3)
    then = past.tree_at(aurdal, spring, aurdal.end_of(spring))
    told = {row["title"]: row for row in then.told.values()}
    assert "Load every van the evening before" in told
    assert "Meet twenty customers on a panel" not in told
    price = Goal.objects.get(organisation=aurdal, external_id="price")
    weights = {node.id: node.weight for node in then.goals}
    assert (weights[price.pk], price.weight) == (15, 10)
    faults = Kpi.objects.get(organisation=aurdal, key="first_contact")
    assert then.scores.rows[faults.pk]["target"] == 70
    assert (
        then.scores.rows[Kpi.objects.get(organisation=aurdal, key="nps").pk]["goal_id"]
        == running(aurdal).get(external_id="cx").pk
    )


def test_before_the_cycle_its_kpis_belonged_to_the_goals_of_that_time(aurdal):
    winter = date(2026, 1, 31)
    then = past.tree_at(aurdal, winter, aurdal.end_of(winter))
    old = Goal.objects.get(organisation=aurdal, external_id="b_cx")
    nps = Kpi.objects.get(organisation=aurdal, key="nps")
    assert {node.id for node in then.goals} == set(aurdal.goals.filter(cycle=old.cycle).values_list("pk", flat=True))
    assert (then.scores.rows[nps.pk]["goal_id"], nps.goal.external_id) == (old.pk, "cx")
    assert then.figures()[old.pk].progress is not None


@pytest.mark.parametrize("day", [date(2025, 7, 31), date(2026, 5, 3), date(2026, 11, 23)])
def test_snapshots_are_what_the_engine_knew_on_that_day(aurdal, day):
    then = past.tree_at(aurdal, day, aurdal.end_of(day))
    for snapshots, key, figures in (
        (GoalSnapshot, "goal_id", then.figures()),
        (KpiSnapshot, "kpi_id", then.scores.scores),
    ):
        kept = {}
        for row in snapshots.objects.filter(organisation=aurdal, day__lte=day).order_by("day"):
            kept[getattr(row, key)] = (row.progress, row.expected, row.status)
        assert kept
        assert kept == {pk: (each.progress, each.expected, each.status) for pk, each in figures.items()}


def test_trends_have_lines(aurdal):
    strategic = running(aurdal).filter(parent=None).annotate(points=Count("snapshots"))
    assert min(strategic.values_list("points", flat=True)) > 15


def test_what_has_ended_was_frozen_on_its_day(aurdal):
    closed = aurdal.goals.filter(state="closed")
    assert closed.count() == 12
    for goal in closed:
        day = goal.closed_on - timedelta(days=1)
        before = past.tree_at(aurdal, day, aurdal.end_of(day)).figures()[goal.pk]
        assert goal.outcome
        assert abs(goal.final_progress - before.progress) < Decimal("0.05")
        last = goal.history.latest()
        assert (last.state, last.history_date.date(), last.version) == ("closed", goal.closed_on, goal.version)


def test_histories_begin_with_a_draft_and_end_with_what_is_there(aurdal):
    for model in (Goal, Kpi):
        for row in model.objects.filter(organisation=aurdal):
            versions = list(row.history.order_by("history_date"))
            assert [each.version for each in versions] == list(range(1, row.version + 1))
            assert (versions[0].history_type, {each.history_type for each in versions[1:]} <= {"~"}) == ("+", True)
            for name in [each.attname for each in model.history.model.tracked_fields]:
                assert getattr(versions[-1], name) == getattr(row, name), name
    assert aurdal.history.earliest().history_date < Goal.history.filter(organisation=aurdal).earliest().history_date
    states = {each.state for each in Goal.history.filter(organisation=aurdal, history_type="+")}
    assert states == {"draft"}


def test_around_its_goals_work_is_planned_said_and_offered(aurdal):
    goal = Goal.objects.get(organisation=aurdal, external_id="response")
    factors = goal.success_factors.with_coverage()
    assert [factor.covered for factor in factors] == [True, True, True, False]
    states = Counter(goal.initiatives.values_list("state", flat=True))
    assert set(states) == {"planned", "doing", "done", "dropped"}
    assert [each.title for each in goal.initiatives.all() if each.is_overdue(TODAY)] == [
        "Spare parts stocked at two depots"
    ]
    assert {goal.alignments.count(), goal.supported_by.count()} == {1}
    assert list(goal.comments.values_list("mentioned__name", flat=True)) == [None, "Tomás Rey", None, "Bo Brandt"]
    assert all(each.created_at.date() < TODAY for each in goal.comments.all())
    assert aurdal.resources.count() == 4
    assert aurdal.processes.filter(owner=None).count() == 0


def test_its_reviews_are_held_open_and_overdue_as_people_would(aurdal):
    reviews = Review.objects.filter(organisation=aurdal)
    held = reviews.filter(state="signed")
    assert held.count() == 11
    assert not held.filter(signed_by=F("owner")).exists()
    assert not held.filter(signed_at__gt=timezone.now()).exists()
    assert reviews.get(state="open").goal.title == "Reduce average response time by 20%"
    assert reviews.get(state="open").check_ins.get().figures["progress"] is not None
    assert [each.goal.title for each in reviews.filter(state="planned", day__lt=TODAY)] == [
        "Hand over nights without a gap"
    ]
    assert not CheckIn.objects.filter(review__in=reviews).exclude(author=F("review__owner")).exists()
    assert work_out(aurdal) == 0


def test_every_review_has_its_room_and_its_minutes(aurdal):
    ingrid = aurdal.people.get(email="ingrid@demo.example")
    for review in Review.objects.filter(organisation=aurdal, state__in=("open", "signed")).select_related("goal"):
        written = minutes(review, ingrid)
        assert [each.author for entry in written.entries for each in entry.said], review
        assert room(review, ingrid)["own"]


def test_a_decision_promised_what_the_histories_tell(aurdal):
    decided = Decision.objects.get(organisation=aurdal, kind="re_weight")
    part = decided.goal.children.get(pk=decided.after["weights"][0]["id"])
    versions = part.history.filter(weight=Decimal(decided.after["weights"][0]["weight"]))
    assert versions.earliest("history_date").history_date == decided.at
    assert [row["goal"] for row in decided.effect] == [decided.goal_id, decided.goal.parent_id]
    assert decided.effect[0]["before"] != decided.effect[0]["after"]


def test_people_thank_signal_and_win(aurdal):
    signals = Signal.objects.filter(organisation=aurdal)
    assert Counter(signals.values_list("state", flat=True)) == {"open": 2, "answered": 1}
    assert signals.filter(escalated_at__isnull=False).count() == 1
    assert not any(access.can_signal(each.author, each.goal) is False for each in signals)
    assert {each.author_id != person.pk for each in Kudos.objects.all() for person in each.receivers.all()} == {True}
    wins = Win.objects.filter(organisation=aurdal)
    assert wins.count() == 4
    assert not wins.filter(told_at=None).exists()
    for email in ("kari", "bo", "ingrid", "admin"):
        person = aurdal.people.get(email=f"{email}@demo.example")
        assert Notification.objects.filter(person=person, kind="kudos").exists()


def test_loading_it_again_changes_nothing(aurdal):
    before = Organisation.objects.count(), Person.objects.count(), MeasurementRevision.objects.count()
    assert loading.load() is None
    assert (Organisation.objects.count(), Person.objects.count(), MeasurementRevision.objects.count()) == before


def test_the_command_adds_barcelona_with_its_source_and_then_nothing(aurdal, capsys):
    call_command("load_demo")
    assert capsys.readouterr().out == "Barcelona 2030 is loaded.\n"
    barcelona = Person.objects.get(email="barcelona@demo.example").organisation
    assert barcelona.attribution.startswith("Data: Ajuntament de Barcelona")
    assert (barcelona.goals.count(), barcelona.kpis.count()) == (286, 488)
    call_command("load_demo")
    assert capsys.readouterr().out == ""


def test_nobody_manages_a_circle(aurdal):
    managers = dict(aurdal.people.values_list("pk", "manager"))
    for person in managers:
        above, steps = person, 0
        while above is not None:
            above, steps = managers[above], steps + 1
            assert steps < 6
    assert aurdal.people.filter(manager=None).get().name == "Astrid Nordli"
    assert not aurdal.people.filter(manager=F("pk")).exists()
