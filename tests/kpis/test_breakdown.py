import datetime as dt
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cascade.errors import Conflict, RowsRefused
from goals import progress, tree
from goals.models import Goal
from kpis import breakdown, catchball
from kpis.breakdown import Part, Plan, create, preview
from kpis.models import Kpi, Proposal
from people.models import Notification, Person, Unit
from tests import cast as company
from tests.kpis.measuring import made, record

LEADS = {"name": "Qualified leads", "unit": "leads", "direction": "increase", "baseline": None, "aggregation": "sum"}


@pytest.fixture
def goal(cast):
    return cast.goal("Generate 100 qualified leads", cast.goal("Grow"), owner=cast.bo, unit=cast.sales, level=1)


@pytest.fixture
def leads(goal):
    return made(goal, target=Decimal(100), **LEADS)


@pytest.fixture
def people(cast):
    return [cast.cy, *(company.person(cast.works, name, "member", unit=cast.team) for name in ("Di", "Ed"))]


def plan(goal, source, people=(), **said) -> Plan:
    parts = said.pop("parts", None) or [Part(owner=person) for person in people]
    return Plan(Goal.objects.select_related("level", "organisation").get(pk=goal.pk), parts, source, **said)


def numbers(found):
    return [None if line.number is None else str(line.number) for line in found.lines]


def test_a_break_down_creates_goals_with_their_parts_below(cast, goal, leads, people):
    done = create(plan(goal, leads, people), by=cast.bo)
    below = list(Goal.objects.filter(parent=goal).in_tree_order())

    assert below == done.goals
    assert [(each.title, each.owner, each.unit, each.level, each.state) for each in below] == [
        (f"Generate {number} qualified leads, {person.name}", person, cast.team, cast.levels[3], "proposed")
        for number, person in zip((34, 33, 33), people, strict=True)
    ]
    assert list(
        Kpi.objects.filter(goal__in=below).order_by("pk").values_list("name", "unit", "target", "aggregation")
    ) == [("Qualified leads", "leads", Decimal(number), "sum") for number in (34, 33, 33)]
    assert [each.weight for each in below] == [Decimal("1.02"), Decimal("0.99"), Decimal("0.99")]
    assert list(tree.faults(cast.works.pk)) == []


def test_what_is_created_has_history_and_is_rolled_up(cast, goal, leads, people):
    done = create(plan(goal, leads, people, reason="Autumn plan"), by=cast.bo)
    below = done.goals[0]

    assert [(each.history_user, each.history_change_reason) for each in below.history.all()] == [
        (cast.bo, "Autumn plan")
    ]
    assert [each.history_change_reason for each in below.kpis.get().history.all()] == ["Autumn plan"]
    assert goal.dirty_marks.exists()
    assert below.kpis.get().goal.dirty_marks.filter(kpi_id=below.kpis.get().pk).exists()


def test_every_owner_is_told_once_and_the_author_not(cast, goal, leads, people):
    create(plan(goal, leads, [*people, cast.bo, people[0]]), by=cast.bo)

    told = Notification.objects.filter(kind="proposal")
    assert sorted(told.values_list("person__name", flat=True)) == ["Cy", "Di", "Ed"]


def test_own_parts_are_active_those_without_owner_drafts(cast, goal, leads):
    parts = [Part(owner=cast.bo), Part(unit=cast.team), Part(owner=cast.cy)]
    done = create(plan(goal, leads, parts=parts), by=cast.bo)

    assert [each.state for each in done.goals] == ["active", "draft", "proposed"]
    assert [done.proposals[each.pk].state for each in done.goals] == ["agreed", "proposed", "proposed"]


@pytest.mark.parametrize(("who", "states"), [("ada", ["active", "active"]), ("bo", None)])
def test_active_at_once_is_for_those_who_run_the_cycle(cast, goal, leads, people, who, states):
    wanted = plan(goal, leads, people[:2], start="active")
    by = getattr(cast, who)
    if states is None:
        with pytest.raises(RowsRefused) as refused:
            create(wanted, by=by)
        assert [(each["row"], each["code"]) for each in refused.value.errors] == [
            (1, "owner_must_accept"),
            (2, "owner_must_accept"),
        ]
    else:
        assert [each.state for each in create(wanted, by=by).goals] == states


def test_what_is_entered_by_hand_stays_and_the_rest_is_split_around_it(cast, goal, leads, people):
    parts = [Part(owner=people[0], number=Decimal(46)), Part(owner=people[1]), Part(owner=people[2])]
    found = preview(plan(goal, leads, parts=parts), cast.bo)

    assert numbers(found) == ["46", "27", "27"]
    assert [line.fixed for line in found.lines] == [True, False, False]
    assert found.gap.verdict == "exact"


def test_92_of_100_needs_a_reason(cast, goal, leads, people):
    parts = [Part(owner=person, number=Decimal(n)) for person, n in zip(people, (46, 28, 18), strict=True)]
    found = preview(plan(goal, leads, parts=parts), cast.bo)

    assert (found.gap.combined, found.open, found.gap.verdict) == (92, 8, "short")
    with pytest.raises(ValidationError) as refused:
        create(plan(goal, leads, parts=parts), by=cast.bo)
    assert refused.value.error_dict["reason"][0].code == "gap_unexplained"
    assert not goal.children.exists()
    assert len(create(plan(goal, leads, parts=parts, reason="Two new people in May"), by=cast.bo).goals) == 3


@pytest.mark.parametrize(
    ("said", "field", "code"),
    [
        ({"parts": [120, None]}, "parts", "fixed_exceed_total"),
        ({"step": Decimal(30)}, "step", "not_a_multiple"),
        ({"weighing": "last_period"}, "weights", "nobody_left"),
    ],
)
def test_what_cannot_be_split_is_told_at_its_field(cast, goal, leads, people, said, field, code):
    given = said.pop("parts", None) if "parts" in said else [None, None]
    parts = [Part(owner=p, number=n and Decimal(n)) for p, n in zip(people, given, strict=False)]
    found = preview(plan(goal, leads, parts=parts, **said), cast.bo)

    assert [(name, error.code) for name, error in found.errors.items()] == [(field, code)]


def test_a_wrong_part_is_told_by_its_row_and_nothing_is_created(cast, goal, leads, people):
    parts = [Part(owner=people[0]), Part(owner=people[1], title="x" * 501), Part(owner=people[2], level=cast.levels[0])]

    with pytest.raises(RowsRefused) as refused:
        create(plan(goal, leads, parts=parts), by=cast.bo)
    assert [(each["row"], each["field"], each["code"]) for each in refused.value.errors] == [
        (2, "title", "max_length"),
        (3, "parent", "level_above_parent"),
    ]
    assert not goal.children.exists()


def test_units_go_to_their_heads_and_weigh_by_their_people(cast, goal, leads, people):
    south = Unit.objects.create(organisation=cast.works, name="South", parent=cast.sales, head=cast.dee)
    company.person(cast.works, "Flo", "member", unit=south)
    company.person(cast.works, "Gus", "member", unit=south, is_active=False)
    found = preview(plan(goal, leads, parts=[Part(unit=cast.sales), Part(unit=south)], weighing="head_count"), cast.bo)

    assert [line.people for line in found.lines] == [5, 1]
    assert numbers(found) == ["83", "17"]
    assert [(line.owner, line.level) for line in found.lines] == [(None, cast.levels[2]), (cast.dee, cast.levels[2])]


def test_last_period_weighs_by_what_each_brought_in_their_newest_period(cast, goal, leads, people):
    today = cast.works.today()
    for person, value in zip(people[:2], ("30", "10"), strict=True):
        own = made(cast.goal("Last year", owner=person), target=Decimal(50), **LEADS)
        record(own, today, value)
    company_wide = made(
        cast.goal("Another unit of measure", owner=people[2]), target=Decimal(5), **{**LEADS, "unit": "h"}
    )
    record(company_wide, today, "3")
    progress.roll_up(cast.works.pk)
    found = preview(plan(goal, leads, people, weighing="last_period"), cast.ada)

    assert [line.last for line in found.lines] == [Decimal(30), Decimal(10), None]
    assert numbers(found) == ["75", "25", "0"]


def test_last_values_of_goals_one_may_not_see_are_not_told(cast, goal, leads, people):
    own = made(cast.goal("Secret", owner=people[0], visibility="private"), target=Decimal(50), **LEADS)
    record(own, cast.works.today(), "30")
    progress.roll_up(cast.works.pk)
    di = people[1]

    assert [line.last for line in preview(plan(goal, leads, people[:1]), di).lines] == [None]
    assert [line.last for line in preview(plan(goal, leads, people[:1]), cast.ada).lines] == [Decimal(30)]


def test_agreed_parts_are_fixed_in_the_next_split_and_the_others_are_split_again(cast, goal, leads, people):
    done = create(plan(goal, leads, people[:2]), by=cast.bo)
    catchball.accept(done.proposals[done.goals[0].pk], by=people[0])
    first, second = Goal.objects.filter(pk__in=[each.pk for each in done.goals]).order_by("pk")
    parts = [Part(goal=first), Part(goal=second), Part(owner=people[2])]
    found = preview(plan(goal, leads, parts=parts), cast.bo)

    assert numbers(found) == ["50", "25", "25"]
    assert [(line.agreed, line.fixed) for line in found.lines] == [(True, True), (False, False), (False, False)]

    again = create(plan(goal, leads, parts=parts), by=cast.bo)
    assert [each.kpis.get().target for each in again.goals] == [50, 25, 25]
    assert goal.children.count() == 3
    assert [(r.kind, r.number) for r in second.proposal.rounds.all()] == [("proposed", 50), ("proposed", 25)]


def test_goals_below_that_are_not_asked_again_keep_their_part(cast, goal, leads, people):
    create(plan(goal, leads, parts=[Part(owner=people[0], number=Decimal(60))], reason="First one"), by=cast.bo)
    found = preview(plan(goal, leads, people[1:]), cast.bo)

    assert numbers(found) == ["20", "20"]
    assert [each.kpi.target for each in found.held] == [60]
    create(plan(goal, leads, people[1:]), by=cast.bo)
    with pytest.raises(ValidationError) as refused:
        create(plan(goal, leads, [cast.dee]), by=cast.bo)
    assert refused.value.error_dict["parts"][0].code == "nothing_left"


def test_what_one_has_not_seen_is_not_decided_over(cast, goal, leads, people):
    seen = preview(plan(goal, leads, people), cast.bo).seen
    create(plan(goal, leads, people[:1], seen=seen), by=cast.bo)

    with pytest.raises(Conflict) as refused:
        create(plan(goal, leads, people[1:], seen=seen), by=cast.bo)
    assert refused.value.code == "changed_meanwhile"
    assert goal.children.count() == 1


def test_nothing_stands_below_an_ended_goal_and_nothing_is_created_of_nothing(cast, goal, leads, people):
    with pytest.raises(Conflict) as refused:
        create(plan(goal, leads, []), by=cast.bo)
    assert refused.value.code == "nothing_to_create"
    Goal.objects.filter(pk=goal.pk).update(state="cancelled")
    with pytest.raises(Conflict) as refused:
        create(plan(goal, leads, people), by=cast.bo)
    assert refused.value.code == "parent_ended"


def test_without_a_kpi_only_goals_are_made(cast, goal, people):
    done = create(plan(goal, None, people), by=cast.bo)

    assert [each.title for each in done.goals] == [f"{goal.title}, {person.name}" for person in people]
    assert not Kpi.objects.filter(goal__in=done.goals).exists()
    assert [done.proposals[each.pk].number for each in done.goals] == [None, None, None]


def test_a_part_of_nothing_gets_a_goal_without_a_kpi(cast, goal, leads, people):
    done = create(plan(goal, leads, parts=[Part(owner=people[0]), Part(owner=people[1], basis=Decimal(0))]), by=cast.bo)

    assert [list(each.kpis.values_list("target", flat=True)) for each in done.goals] == [[100], []]
    assert done.goals[1].weight == 0


def test_copies_take_everything_over_and_means_share_what_is_left(cast, goal, people):
    hours = made(goal, target=Decimal(40), stretch=Decimal(35), min_value=Decimal(0))
    done = create(plan(goal, hours, people[:2], rule="same"), by=cast.bo)
    parts = [Part(owner=people[0], number=Decimal(44)), Part(owner=people[1])]
    mean = preview(plan(goal, hours, parts=parts, rule="mean"), cast.bo)

    told = Kpi.objects.filter(goal__in=done.goals).values_list("target", "baseline", "stretch", "min_value")
    assert set(told) == {(Decimal(40), Decimal(50), Decimal(35), Decimal(0))}
    assert numbers(mean) == ["44", "36"]


def test_start_and_milestones_of_what_adds_up_go_in_proportion(cast, goal, people):
    year = cast.cycle.start.year
    months = {dt.date(year, 6, 1): Decimal(70), dt.date(year, 12, 1): Decimal(100)}
    fields = {"aggregation": "latest", "direction": "increase", "baseline": Decimal(40), "target": Decimal(100)}
    customers = made(goal, trajectory="milestones", milestones=months, **fields)
    parts = [Part(owner=people[0], number=Decimal(75)), Part(owner=people[1])]
    done = create(plan(goal, customers, parts=parts), by=cast.bo)

    first = done.goals[0].kpis.get()
    assert (first.target, first.baseline) == (75, 30)
    assert first.milestones == {f"{year}-06-01": "52.5", f"{year}-12-01": "75"}


def test_a_number_that_asks_for_nothing_is_refused_at_its_row(cast, goal, people):
    hours = made(goal, target=Decimal(40))
    parts = [Part(owner=people[0]), Part(owner=people[1], number=Decimal(50))]

    with pytest.raises(RowsRefused) as refused:
        create(plan(goal, hours, parts=parts, rule="same", reason="Late start"), by=cast.bo)
    assert [(each["row"], each["code"]) for each in refused.value.errors] == [(2, "baseline_equals_target")]
    assert not goal.children.exists()


def test_the_number_of_queries_does_not_depend_on_the_parts(cast, goal, leads):
    crowd = Person.objects.bulk_create(
        [Person(organisation=cast.works, name=f"P{n}", email=f"p{n}@works.example", unit=cast.team) for n in range(20)]
    )
    counts = []
    for some in (crowd[:2], crowd[2:20]):  # SQLite takes some thirty rows at once
        above = cast.goal("Sell", goal)
        source = made(above, target=Decimal(100), **LEADS)
        with CaptureQueriesContext(connection) as looked:
            preview(plan(above, source, some, weighing="last_period"), cast.bo)
        with CaptureQueriesContext(connection) as asked:
            create(plan(above, source, some), by=cast.bo)
        counts.append((len(looked), len(asked)))

    assert counts[0] == counts[1]


def test_proposals_are_seen_with_their_goals(cast, goal, leads, people):
    create(plan(goal, leads, people), by=cast.bo)

    assert Proposal.objects.visible_to(cast.dee).count() == 3
    assert Proposal.objects.visible_to(cast.eve).count() == 0
    Goal.objects.filter(parent=goal).update(visibility="private")
    assert Proposal.objects.visible_to(people[1]).count() == 1


def test_default_rules_follow_the_aggregation(cast, goal, leads):
    found = [breakdown.default_rule(Kpi(aggregation=how)) for how in ("sum", "mean", "latest", "min")]

    assert found == ["sum", "mean", "same", "same"]
    assert breakdown.default_rule(Kpi(aggregation="sum", kind="boolean")) == "same"
