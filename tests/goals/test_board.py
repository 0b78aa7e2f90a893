"""The dashboard: strategic goals, what needs attention, who carries what; what a reader may not see stays out."""

import datetime as dt
from decimal import Decimal

import pytest

from goals import lifecycle, progress
from goals.board import board, chosen, trends
from goals.models import Cycle, Goal, GoalFigures, GoalSnapshot
from kpis.models import Kpi
from kpis.recording import record_one
from people.models import Unit
from tests.cast import person


def measured(cast, goal, value, **fields):
    """A KPI judged in each month whose last value gives its progress in percent: 100 is expected."""
    year = cast.works.today().year
    key = f"k{Kpi.objects.count()}"
    dates = {"start": dt.date(year - 1, 1, 1), "due": dt.date(year, 12, 31), "target_mode": "each_period"}
    fields = {"name": key, "target": Decimal(100), **dates, **fields}
    made = Kpi.objects.create(organisation=cast.works, goal=goal, key=key, **fields)
    month = cast.works.today().replace(day=1) - dt.timedelta(days=1)
    if value is not None:
        record_one(made, month, Decimal(value), by=None)
    return made


def shown(cast, who=None, **options):
    progress.roll_up(cast.works.pk)
    return board(who or cast.ada, cast.cycle, **options)


@pytest.fixture
def company(cast):
    """Two strategic goals: Serve (support 3 : sales 1), Win (sales alone, on pace)."""
    support = Unit.objects.create(organisation=cast.works, name="Support")
    serve, win = cast.goal("Serve", weight=Decimal(3)), cast.goal("Win")
    faster = cast.goal("Faster", serve, unit=support, weight=Decimal(3))
    sold = cast.goal("Sold", serve, unit=cast.sales)
    won = cast.goal("Won", win, unit=cast.team)
    for goal, value in ((faster, 60), (sold, 80), (won, 100)):
        measured(cast, goal, value)
    return {goal.title: goal for goal in (serve, win, faster, sold, won)} | {"Support": support}


def test_the_strategic_goals_show_their_figures_and_part_of_the_strategy(cast, company):
    found = shown(cast)

    assert [(each.told.title, each.part, each.line.progress, each.line.status) for each in found.strategic] == [
        ("Serve", Decimal("0.75"), Decimal("0.65"), "off_track"),
        ("Win", Decimal("0.25"), Decimal(1), "on_track"),
    ]
    assert (found.keeping_pace, found.judged, found.on) == (1, 2, cast.works.today())


def test_what_needs_attention_is_ranked_by_what_it_takes_from_its_strategic_goal(cast, company):
    found = shown(cast)

    assert [(each.told.title, each.strategic, each.effective_weight, each.lost) for each in found.attention] == [
        ("Faster", "Serve", Decimal("0.75"), Decimal("-0.3")),
        ("Sold", "Serve", Decimal("0.25"), Decimal("-0.05")),
    ]
    assert [each.size for each in found.attention] == [1, Decimal("0.166666666666666667")]
    assert found.troubled == 2


def test_at_most_ten_are_listed_and_all_are_counted(cast):
    top = cast.goal("Top")
    for number in range(12):
        measured(cast, cast.goal(f"Goal {number}", top), 10 + number)
    found = shown(cast)

    assert [each.told.title for each in found.attention] == [f"Goal {number}" for number in range(10)]
    assert found.troubled == 12


def test_who_carries_what(cast, company):
    found = shown(cast)

    assert [
        (row.unit.name, [cell and (cell.weight, cell.progress, cell.gap, cell.status, cell.tint) for cell in row.cells])
        for row in found.units
    ] == [
        (
            "Sales",
            [
                (Decimal("0.25"), Decimal("0.8"), Decimal("-0.2"), "at_risk", "n2"),
                (Decimal(1), Decimal(1), Decimal(0), "on_track", "0"),
            ],
        ),
        ("Support", [(Decimal("0.75"), Decimal("0.6"), Decimal("-0.4"), "off_track", "n3"), None]),
    ]
    assert found.units[0].cells[1].goal_id == company["Won"].pk


def test_a_goal_under_one_of_the_same_unit_is_inside_it_already(cast):
    Unit.objects.create(organisation=cast.works, name="Support")
    top = cast.goal("Top")
    own = cast.goal("Own", top, unit=cast.sales)
    measured(cast, cast.goal("Inside", own, unit=cast.team), 40)
    measured(cast, cast.goal("Beside", top, owner=cast.cy, weight=Decimal(3)), 80)
    [row] = shown(cast).units

    assert row.unit == cast.sales
    assert (row.cells[0].weight, row.cells[0].progress) == (1, Decimal("0.7"))


def test_under_one_top_unit_its_departments_are_the_rows(cast):
    company = Unit.objects.create(organisation=cast.works, name="Works")
    cast.sales.parent = company
    cast.sales.save()
    top = cast.goal("Top")
    for unit in (company, cast.team):
        cast.goal(f"Goal of {unit}", top, unit=Unit.objects.get(pk=unit.pk))

    assert [row.unit.name for row in shown(cast).units] == ["Sales", "Works"]


def test_a_cell_without_data_says_so(cast):
    measured(cast, cast.goal("Own", cast.goal("Top"), unit=cast.sales), None)
    [row] = shown(cast).units

    assert (row.cells[0].progress, row.cells[0].status) == (None, "no_data")


def test_goals_that_say_little_are_listed_with_their_reason(cast):
    top = cast.goal("Top")
    measured(cast, cast.goal("Silent", top), None)
    thin = cast.goal("Thin", top)
    measured(cast, thin, 100)
    measured(cast, thin, None, weight=Decimal(4))
    old = measured(cast, cast.goal("Old", top), None)
    record_one(old, dt.date(cast.works.today().year - 1, 2, 1), Decimal(100), by=None)
    cast.goal("Empty", top)
    cast.goal("Draft", top, state=Goal.State.DRAFT)
    found = shown(cast)

    assert {each.told.title: each.reason for each in found.unsure if each.told.title != "Top"} == {
        "Silent": "no_data",
        "Thin": "insufficient",
        "Old": "stale",
        "Empty": "empty",
    }
    assert found.unjudged == len(found.unsure)


def test_goals_are_counted_by_status_on_each_level(cast, company):
    cast.goal("Draft", company["Serve"], state=Goal.State.DRAFT)
    cast.goal("Gone", company["Serve"], state=Goal.State.CANCELLED)

    assert [(level.name, dict(level.counts), level.total) for level in shown(cast).levels] == [
        ("Strategic", {"off_track": 1, "on_track": 1}, 2),
        ("Department", {"off_track": 1, "at_risk": 1, "on_track": 1, "draft": 1}, 4),
    ]


def test_trust_is_told_in_shares_and_counts(cast, company):
    cast.goal("Alone", level=2)
    measured(cast, company["Win"], None, weight=Decimal(1), source="api")
    trust = shown(cast).trust

    assert trust.coverage == Decimal("0.875")
    assert trust.fresh == 1
    assert (trust.goals, trust.unaligned, trust.without_parts) == (6, 1, 1)
    assert trust.kpis == {"total": 4, "by_hand": 3, "nobodys": 3}


def test_the_change_is_told_against_the_last_snapshot_of_a_month_ago(cast, company):
    today = cast.works.today()
    for days, value in ((60, "0.1"), (31, "0.45"), (29, "0.6")):
        GoalSnapshot.objects.create(
            goal=company["Serve"],
            organisation=cast.works,
            day=today - dt.timedelta(days=days),
            progress=Decimal(value),
            status="on_track",
        )
    serve, win = shown(cast).strategic

    assert (serve.change, serve.before["day"]) == (Decimal("0.2"), today - dt.timedelta(days=31))
    assert win.change is None


def test_the_trend_of_a_goal_ends_with_how_it_stands(cast, company):
    today = cast.works.today()
    for days, value in ((60, "0.1"), (31, "0.45"), (0, "0.6")):
        GoalSnapshot.objects.create(
            goal=company["Serve"],
            organisation=cast.works,
            day=today - dt.timedelta(days=days),
            progress=Decimal(value),
            coverage=Decimal(1),
            status="on_track",
        )
    serve, win = (each.line for each in shown(cast).strategic)
    found = trends([serve, win], today - dt.timedelta(days=31), today)

    assert [(point.day, point.progress) for point in found[serve.id]] == [
        (today - dt.timedelta(days=31), Decimal("0.45")),
        (today, Decimal("0.65")),
    ]
    assert [point.progress for point in found[win.id]] == [1]


def hidden(cast, company):
    """Merge is Ada's alone, half of Win, and in trouble."""
    goal = cast.goal("Merge", company["Win"], owner=cast.ada, unit=cast.sales, visibility=Goal.Visibility.PRIVATE)
    measured(cast, goal, 0)
    return goal


def test_what_a_reader_may_not_see_is_in_the_sums_and_nowhere_else(cast, company):
    goal = hidden(cast, company)
    all_of_it, part_of_it = shown(cast), shown(cast, cast.cy)

    assert "Merge" in [each.told.title for each in all_of_it.attention]
    assert [each.line.progress for each in part_of_it.strategic] == [Decimal("0.65"), Decimal("0.5")]
    assert [each.told.title for each in part_of_it.attention] == ["Faster", "Sold"]
    assert part_of_it.troubled == all_of_it.troubled - 1
    assert part_of_it.levels[1].total == all_of_it.levels[1].total - 1
    assert goal.pk not in {pk for row in part_of_it.units for cell in row.cells if cell for pk in cell.goals}
    assert part_of_it.units[0].cells[1].progress == 1


def test_below_a_hidden_strategic_goal_its_title_is_not_told(cast):
    top = cast.goal("Secret", owner=cast.ada, visibility=Goal.Visibility.PRIVATE)
    measured(cast, cast.goal("Open", top), 10)
    found = shown(cast, cast.cy)

    assert found.strategic == []
    assert [(each.told.title, each.strategic) for each in found.attention] == [("Open", "")]


def test_the_past_is_calculated_with_the_values_of_then(cast, company):
    kpi = company["Faster"].kpis.get()
    record_one(kpi, cast.works.today(), Decimal(100), by=None)
    month = cast.works.today().replace(day=1) - dt.timedelta(days=1)
    record_one(kpi, month, Decimal(100), by=None, note="Counted again", observed_on=cast.works.today())
    now, then = shown(cast), shown(cast, on=cast.works.today() - dt.timedelta(days=1))

    assert now.strategic[0].line.progress == Decimal("0.95")
    assert then.strategic[0].line.progress == Decimal("0.65")
    assert then.trust.kpis is None


def test_before_anything_was_recorded_there_is_nothing(cast, company):
    long_ago = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    found = shown(cast, on=dt.date(2020, 1, 1), known=long_ago)

    assert (found.strategic, found.attention, found.units, found.levels) == ([], [], [], [])
    assert found.trust.coverage is None


def test_stored_figures_and_a_calculation_from_scratch_give_the_same_lines(cast, company):
    hidden(cast, company)
    lifecycle.change_state(company["Sold"], Goal.State.PAUSED, by=cast.ada)
    cast.goal("Gone", company["Serve"], state=Goal.State.CANCELLED)

    assert shown(cast).lines.all == shown(cast, on=cast.works.today()).lines.all


def test_another_cycle_and_another_organisation_stay_out(cast, company):
    year = cast.works.today().year + 1
    later = Cycle.objects.create(
        organisation=cast.works, name="Later", start=dt.date(year, 1, 1), due=dt.date(year, 12, 31)
    )
    cast.goal("Next", cycle=later)

    assert [each.told.title for each in shown(cast).strategic] == ["Serve", "Win"]
    assert board(cast.eve, cast.cycle).strategic == []
    assert chosen([later, cast.cycle], cast.works.today()) == cast.cycle
    assert chosen([later], cast.works.today()) == later
    assert chosen([], cast.works.today()) is None


def test_goals_that_were_never_rolled_up_have_no_figures(cast):
    cast.goal("Top")
    GoalFigures.objects.all().delete()
    [top] = board(cast.ada, cast.cycle).strategic

    assert (top.line.status, top.line.progress) == ("no_data", None)


@pytest.mark.parametrize(("role", "queries"), [("admin", 6), ("member", 7)])
@pytest.mark.parametrize("goals", [1, 12])
def test_it_takes_the_same_queries_whatever_the_goals(cast, django_assert_num_queries, role, queries, goals):
    reader = person(cast.works, "Reader", role)
    for number in range(goals):
        top = cast.goal(f"Top {number}")
        measured(cast, cast.goal(f"Own {number}", top, unit=cast.sales), 10)
    progress.roll_up(cast.works.pk)
    with django_assert_num_queries(queries):
        assert len(board(reader, cast.cycle).strategic) == goals
