"""Each health check finds what it is for and nothing on a company with nothing to mend (docs/domain.md section 18)."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cascade.insights import checks, reading
from cascade.insights.coverage import coverage
from goals.models import Goal, GoalSnapshot
from kpis.models import Kpi, KpiSnapshot, KpiSource, Proposal, SuccessFactor
from people.models import Person
from reviews.models import CheckIn, Review
from tests.insights.company import Company

NOON = dt.datetime(2026, 6, 17, 12, tzinfo=dt.UTC)


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def company(clock, cast) -> Company:
    return Company(cast)


def found(person, cast) -> dict[str, list[tuple[str, int]]]:
    results = checks.run(reading.company(person, cast.cycle))
    return {each.check.name: [(one.kind, one.id) for one in each.findings] for each in results if each.findings}


def test_a_company_with_nothing_to_mend(cast, company):
    assert found(cast.ada, cast) == {}
    reach = coverage(reading.company(cast.ada, cast.cycle))
    assert (reach.goals.part, reach.goals.whole, reach.kpis.part, reach.stale) == (6, 6, 6, 0)
    assert reach.people is None  # three people are too few to tell about


def h1(company):
    company.tops[2].revise(by=None, state=Goal.State.DRAFT)
    company.below[2].revise(by=None, state=Goal.State.DRAFT)
    return [("organisation", 0)]


def h2(company):
    bare = company.cast.goal("Bare", company.tops[0], owner=company.cast.ada)
    return [("goal", bare.pk)]


def h3(company):
    company.below[0].revise(by=None, owner=None)
    return [("goal", company.below[0].pk)]


def h4(company):
    for number in range(5):
        company.daily(company.below[0], f"more_{number}", indicator="lead")
    return [("goal", company.below[0].pk)]


def h5(company):
    company.tops[0].revise(by=None, due=dt.date(2026, 9, 30))
    return [("goal", company.below[0].pk)]


def h6(company):
    Kpi.objects.filter(goal=company.below[0]).update(indicator="lag")
    return [("goal", company.below[0].pk)]


def h7(company):
    company.below[0].revise(by=None, weight=Decimal(9))
    return [("goal", company.tops[0].pk)]


def h8(company):
    source = company.below[0].kpis.get()
    sum_of = company.daily(
        company.tops[0],
        "total",
        None,
        source=Kpi.Source.ROLLUP,
        method="sum",
        links=[{"source": source.pk, "weight": "1", "since": None, "until": None, "role": ""}],
    )
    KpiSource.objects.create(organisation=company.cast.works, kpi=sum_of, source=source)
    return [("kpi", source.pk)]


def h9(company):
    alone = company.cast.goal("Alone", level=1, owner=company.cast.ada)
    company.daily(alone, "alone", indicator="lead")
    return [("goal", alone.pk)]


def h10(company):
    company.below[0].figures.__class__.objects.filter(goal=company.below[0]).update(stale_share=Decimal("0.26"))
    return [("goal", company.below[0].pk)]


def h11(company):
    source, part = company.tops[0].kpis.get(), company.below[0].kpis.get()
    company.ask(part, 92)
    Proposal.objects.create(
        organisation=company.cast.works, goal=company.below[0], kpi=part, source=source, rule="sum", number=Decimal(92)
    )
    return [("kpi", source.pk)]


def h12(company):
    factor = SuccessFactor.objects.create(organisation=company.cast.works, goal=company.tops[0], name="Trust")
    return [("factor", factor.pk)]


def h14(company):
    idle = Person.objects.create(organisation=company.cast.works, email="ida@works.example", name="Ida")
    return [("person", idle.pk)]


@pytest.mark.parametrize(
    ("name", "breaks"),
    [
        ("strategic_count", h1),
        ("without_parts", h2),
        ("without_owner", h3),
        ("too_many", h4),
        ("due_after_parent", h5),
        ("only_lag", h6),
        ("one_carries", h7),
        ("counted_twice", h8),
        ("unaligned", h9),
        ("stale", h10),
        ("parts_short", h11),
        ("factor_uncovered", h12),
        ("person_without_goal", h14),
    ],
)
def test_each_check_finds_what_was_broken(cast, company, name, breaks):
    expected = breaks(company)
    assert found(cast.ada, cast).get(name) == expected


def test_good_figures_below_a_bad_goal_at_two_reviews_are_told(clock, cast, company):
    """H13: the individual KPIs were on track at both reviews, the goal above was off track."""
    top, middle = company.tops[0], company.below[0]
    team = cast.goal("Team", middle, owner=cast.ada)
    own = cast.goal("Own", team, level=3, owner=cast.ada)
    measured = company.daily(own, "own", 95, indicator="lead")
    company.daily(top, "far", 5, weight=Decimal(30), indicator="lead")
    company.roll_up()
    days = (dt.date(2026, 4, 5), dt.date(2026, 6, 5))
    for number, day in enumerate(days):
        Review.objects.create(
            organisation=cast.works,
            goal=top,
            owner=cast.ada,
            name=f"P{number}",
            first=day.replace(day=1),
            end=day,
            day=day,
            state="signed",
        )
        GoalSnapshot.objects.create(organisation=cast.works, goal=top, day=day, status="off_track", coverage=1)
        KpiSnapshot.objects.create(organisation=cast.works, kpi=measured, day=day, status="on_track")
        assert ("good_below_bad" in found(cast.ada, cast)) is (number == 1)
    KpiSnapshot.objects.filter(kpi=measured, day=days[0]).update(status="at_risk")
    assert "good_below_bad" not in found(cast.ada, cast)


def test_who_says_something_else_than_the_figures_is_told(cast, company):
    goal = company.below[1]
    day = cast.works.today()
    review = Review.objects.create(
        organisation=cast.works, goal=goal, owner=cast.bo, name="P", first=day.replace(day=1), end=day, day=day
    )
    said = {"organisation": cast.works, "review": review, "author": cast.bo, "submitted_at": NOON, "confidence": 4}
    check_in = CheckIn.objects.create(**said, reported_status="off_track", figures={"status": "on_track"})
    assert found(cast.ada, cast) == {"statement_disagrees": [("goal", goal.pk)]}
    CheckIn.objects.filter(pk=check_in.pk).update(reported_status="on_track")
    assert found(cast.ada, cast) == {}


def test_what_may_not_be_seen_is_not_named(cast, company):
    secret = cast.goal("Secret", company.tops[0], owner=None, visibility="private")
    assert found(cast.ada, cast)["without_owner"] == [("goal", secret.pk)]
    assert found(cast.dee, cast)["without_owner"] == [("goal", secret.pk)]
    assert "without_owner" not in found(cast.cy, cast)


def test_the_ledger_tells_what_of_a_target_was_handed_out(cast, company):
    h11(company)
    [row] = coverage(reading.company(cast.ada, cast.cycle)).ledger
    assert (row.target, row.assigned, row.verdict, row.parts) == (100, 92, "short", 1)


def test_the_strategy_touched_counts_goals_within_goals_once(cast, company):
    for goal in (company.tops[0], company.below[0]):
        goal.revise(by=None, owner=None)
    company.roll_up()
    result = checks.result_of(reading.company(cast.ada, cast.cycle), checks.BY_NAME["without_owner"])
    assert result.count == 2
    assert round(result.touched, 4) == Decimal("0.3333")


def test_as_many_queries_whatever_the_goals(cast, company):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            found(cast.cy, cast)
        return len(captured)

    h11(company), h12(company)
    before = queries()
    for number in range(3):
        more = cast.goal(f"More {number}", company.tops[0], owner=cast.bo)
        company.daily(more, f"k{number}", indicator="lead")
    company.roll_up()
    assert queries() == before
    assert before <= 30
