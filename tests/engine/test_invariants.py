"""The invariants of docs/domain.md section 19 on random trees, definitions and values."""

from copy import deepcopy
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import islice

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from goals.nodes import compared
from goals.rollup import (
    GoalNode,
    KpiPart,
    Method,
    State,
    TreeAt,
    change,
    check_move,
    contributions,
    effective_weights,
    roll_up,
    stored,
)
from kpis.attainment import CurrentValue, KpiDefinition, Revision, current_values, score
from kpis.periods import periods
from kpis.whatif import GoalOverride, KpiInput, KpiOverride, Situation, what_if

JUNE = date(2026, 6, 30)
AUTUMN = date(2026, 9, 30)


def for_all(*arguments):
    """`given`, with as many examples as stay quick."""
    return lambda test: settings(max_examples=80, deadline=None)(given(*arguments)(test))


shares = st.one_of(
    st.sampled_from([Decimal(0), Decimal(1), Decimal("0.5")]),
    st.decimals(0, 1, places=18),
    st.fractions(0, 1, max_denominator=30).map(lambda share: stored(Decimal(share.numerator) / share.denominator)),
)
weights = st.one_of(st.just(Decimal(1)), st.just(Decimal(0)), st.decimals(0, 1000, places=6))
states = st.sampled_from([State.active] * 6 + list(State))
methods = st.sampled_from([Method.weighted_mean, Method.weighted_mean, Method.weakest_link, *Method])


@st.composite
def nodes(draw, number):
    state = draw(states)
    closed = state == State.closed
    final = draw(st.none() | shares) if closed else None
    return GoalNode(
        number,
        draw(st.integers(0, number - 1)) if number else None,
        draw(weights),
        state if number else State.active,
        draw(methods),
        rank=draw(st.integers(0, 3)),
        start=draw(st.sampled_from([None] * 6 + [date(2026, 1, 1), date(2026, 7, 1)])),
        due=date(2026, 12, 31),
        closed_on=date(2026, 3, 31) if closed else None,
        final_progress=final,
        final_coverage=Decimal(1) if final is not None else None,
        final_expected=draw(shares) if final is not None else None,
    )


@st.composite
def parts(draw, number, goals):
    kind = draw(st.sampled_from(["scored"] * 5 + ["silent", "early", "scheduled"]))
    scored = kind == "scored"
    progress = draw(shares) if scored else None
    return KpiPart(
        number,
        draw(st.integers(0, goals - 1)),
        draw(weights),
        draw(st.sampled_from([True] * 5 + [False])),
        progress,
        draw(shares) if scored else None,
        "scheduled" if kind == "scheduled" else ("achieved" if progress == 1 else "on_track"),
        kind in ("scored", "silent"),
        draw(st.booleans()) and kind in ("scored", "silent"),
    )


@st.composite
def trees(draw):
    goals = [draw(nodes(number)) for number in range(draw(st.integers(1, 12)))]
    kpis = [draw(parts(number, len(goals))) for number in range(draw(st.integers(0, 16)))]
    return TreeAt(goals, kpis, JUNE)


def figures(tree):
    return roll_up(tree.goals, tree.kpis, tree.on, tree.thresholds)


def at(tree, kpi, progress):
    return replace(tree, kpis=[replace(one, progress=progress) if one.id == kpi.id else one for one in tree.kpis])


@for_all(trees())
def test_i1_figures_are_shares_and_progress_exists_if_and_only_if_something_is_covered(tree):
    for found in figures(tree).values():
        assert 0 <= found.coverage <= 1
        assert (found.progress is None) == (found.coverage == 0) == (found.expected is None)
        if found.progress is not None:
            assert 0 <= found.progress <= 1
            assert 0 <= found.expected <= 1
            assert 0 <= found.stale_share <= 1
            assert found.gap == found.progress - found.expected


@for_all(trees())
def test_i2_progress_lies_between_its_contributors(tree):
    found = figures(tree)
    for goal in tree.goals:
        if found[goal.id].progress is None or goal.state == State.closed:
            continue
        held = [kpi.progress for kpi in tree.kpis if found[goal.id].kpi_shares.get(kpi.id)]
        held += [found[child].progress for child, share in found[goal.id].goal_shares.items() if share]
        assert not held or min(held) <= found[goal.id].progress <= max(held)


@for_all(trees())
def test_i3_weights_and_points_sum_exactly_and_headroom_is_never_negative(tree):
    found = figures(tree)
    progress = {("kpi", kpi.id): kpi.progress for kpi in tree.kpis}
    progress |= {("goal", goal): one.progress for goal, one in found.items()}
    for goal, one in found.items():
        exact = effective_weights(goal, tree.goals, tree.kpis, JUNE)
        leaves = contributions(goal, tree.goals, tree.kpis, JUNE)
        shown = one.progress if one.progress is not None else Decimal(0)

        assert sum(exact.values()) == (one.progress is not None)
        assert sum(leaf.effective_weight for leaf in leaves) == (one.progress is not None)
        assert sum(leaf.points for leaf in leaves) == shown
        unrounded = sum(weight * Fraction(progress[leaf] or 0) for leaf, weight in exact.items())
        assert abs(unrounded - Fraction(shown)) < Fraction(1, 10**15)
        assert all(0 <= leaf.headroom <= 1 for leaf in leaves)
        assert all(abs(Fraction(leaf.effective_weight) - exact[leaf[:2]]) < Fraction(1, 10**16) for leaf in leaves)


@for_all(trees())
def test_i3_headroom_is_what_a_roll_up_with_that_kpi_at_1_gains(tree):
    before = figures(tree)[0].progress or Decimal(0)
    for leaf in contributions(0, tree.goals, tree.kpis, JUNE):
        kpi = next((kpi for kpi in tree.kpis if leaf.kind == "kpi" and kpi.id == leaf.id), None)
        if kpi is None or kpi.status == "scheduled":
            assert leaf.headroom == 0
            continue
        best = replace(kpi, progress=Decimal(1), expected=Decimal(1), counted=True)
        after = figures(replace(tree, kpis=[best if one.id == kpi.id else one for one in tree.kpis]))[0].progress
        assert leaf.headroom == (after or Decimal(0)) - before


@for_all(trees(), st.sampled_from([Decimal(7), Decimal("0.1"), Decimal(1000)]), st.data())
def test_i4_weights_inside_one_goal_are_relative(tree, factor, data):
    goal = data.draw(st.sampled_from(tree.goals)).id
    goals = [replace(one, weight=one.weight * factor) if one.parent == goal else one for one in tree.goals]
    kpis = [replace(one, weight=one.weight * factor) if one.goal == goal else one for one in tree.kpis]
    scaled = figures(replace(tree, goals=goals, kpis=kpis))

    assert {key: replace(one, paused_weight=0) for key, one in scaled.items()} == {
        key: replace(one, paused_weight=0) for key, one in figures(tree).items()
    }


@for_all(trees(), st.randoms(use_true_random=False))
def test_i5_storage_order_changes_nothing(tree, order):
    goals, kpis = list(tree.goals), list(tree.kpis)
    order.shuffle(goals)
    order.shuffle(kpis)

    assert roll_up(goals, kpis, JUNE) == figures(tree)


@for_all(trees(), st.data())
def test_i6_a_weightless_kpi_or_a_draft_subtree_changes_no_progress_and_no_coverage(tree, data):
    before = figures(tree)
    having = [goal for goal, found in before.items() if found.has_parts]
    assume(having)
    goal = data.draw(st.sampled_from(having))
    light = KpiPart("light", goal, Decimal(0), progress=data.draw(shares), expected=Decimal(1))
    draft = [GoalNode("draft", goal, state=State.draft), GoalNode("below", "draft")]
    deep = KpiPart("deep", "below", progress=data.draw(shares), expected=Decimal(1))
    after = figures(replace(tree, goals=[*tree.goals, *draft], kpis=[*tree.kpis, light, deep]))

    assert {key: (one.progress, one.coverage) for key, one in before.items()} == {
        key: (after[key].progress, after[key].coverage) for key in before
    }


@for_all(trees(), st.data())
def test_i7_and_i8_raising_a_kpi_lowers_no_goal_and_touches_only_its_path(tree, data):
    scored = [kpi for kpi in tree.kpis if kpi.progress is not None]
    assume(scored)
    kpi = data.draw(st.sampled_from(scored))
    higher = max(kpi.progress, data.draw(shares))
    before, after = figures(tree), figures(at(tree, kpi, higher))
    parents = {goal.id: goal.parent for goal in tree.goals}
    path, goal = set(), kpi.goal
    while goal is not None:
        path.add(goal)
        goal = parents[goal]

    assert all(before[goal].progress is None or before[goal].progress <= after[goal].progress for goal in before)
    assert all(before[goal] == after[goal] for goal in before.keys() - path)


@for_all(trees(), st.data())
def test_i9_the_effects_of_a_change_sum_to_exactly_the_difference(tree, data):
    kpis = [
        replace(kpi, weight=data.draw(weights), progress=data.draw(shares), expected=Decimal(1), counted=True)
        if data.draw(st.booleans())
        else kpi
        for kpi in tree.kpis
    ]
    goals = [replace(goal, weight=data.draw(weights)) if data.draw(st.booleans()) else goal for goal in tree.goals]
    other = replace(tree, goals=goals, kpis=kpis)
    found = change(0, tree, other)
    assume(found is not None)
    close = Fraction(1, 10**15)

    assert sum(effect.value + effect.mix for effect in found.effects) == found.after - found.before
    old, new = held(tree), held(other)
    mean = Fraction(found.before + found.after) / 2
    for effect in found.effects:
        (wa, pa), (wb, pb) = old.get(effect[:2], (0, None)), new.get(effect[:2], (0, None))
        pa, pb = (pb if pa is None else pa), (pa if pb is None else pb)
        assert abs(Fraction(effect.value) - (wa + wb) / 2 * (pb - pa)) < close
        assert abs(Fraction(effect.mix) - (wb - wa) * ((pa + pb) / 2 - mean)) < close


def held(tree):
    """Effective weight in the first goal and progress of each of its leaves."""
    found = figures(tree)
    progress = {("kpi", kpi.id): kpi.progress for kpi in tree.kpis}
    progress |= {("goal", goal): one.progress for goal, one in found.items()}
    exact = effective_weights(0, tree.goals, tree.kpis, JUNE)
    return {
        leaf: (weight, None if progress[leaf] is None else Fraction(progress[leaf])) for leaf, weight in exact.items()
    }


numbers = st.decimals(-(10**6), 10**6, places=3)
months = st.integers(1, 12).map(lambda month: date(2026, month, 1))


@st.composite
def definitions(draw):
    start = draw(st.dates(date(2025, 6, 1), date(2026, 6, 1)))
    return KpiDefinition(
        kind=draw(st.sampled_from(["number"] * 8 + ["boolean"])),
        direction=draw(st.sampled_from(["increase", "decrease", "maintain", None])),
        baseline=draw(st.none() | numbers),
        target=draw(st.none() | numbers),
        stretch=draw(st.none() | numbers),
        lower=draw(st.none() | numbers),
        upper=draw(st.none() | numbers),
        fade=draw(st.none() | numbers),
        zero_at=draw(st.none() | numbers),
        start=start,
        due=start + timedelta(days=draw(st.integers(0, 500))),
        cadence=draw(st.sampled_from(["daily", "weekly", "monthly", "quarterly", "yearly", "once"])),
        aggregation=draw(st.sampled_from(["latest", "sum", "mean", "min", "max"])),
        target_mode=draw(st.sampled_from(["by_due", "each_period"])),
        trajectory=draw(st.sampled_from(["linear", "milestones", "steps"])),
        milestones=draw(st.dictionaries(months, numbers, max_size=4)),
    )


@st.composite
def observed(draw, definition):
    """Values of some of the KPI's own periods, seen before, at or after the period's end."""
    cadence = definition.cadence
    life = list(islice(periods(definition.start, definition.due, cadence), 60))
    values = {}
    for period in draw(st.lists(st.sampled_from(life), max_size=8)):
        seen_on = period.life_end + timedelta(days=draw(st.integers(-20, 20)))
        values[period.first] = CurrentValue(draw(numbers), seen_on)
    return values


@st.composite
def measured(draw):
    definition = draw(definitions())
    return definition, draw(observed(definition))


@for_all(measured(), st.dates(date(2025, 5, 1), date(2027, 12, 31)))
def test_i1_any_definition_and_values_score_within_bounds_or_say_why_not(kpi, on):
    found = score(*kpi, on)

    assert found.completeness is None or 0 <= found.completeness <= 1
    if found.progress is None:
        assert found.raw is found.expected is found.gap is None
        assert found.status == "scheduled" or found.reason is not None
    else:
        assert 0 <= found.progress <= 1
        assert 0 <= found.expected <= 1
        assert found.gap == found.progress - found.expected
        assert found.counted
        assert found.reason is None


@for_all(measured(), st.decimals(-50, 50, places=2), numbers, numbers, numbers)
def test_i13_a_change_of_unit_leaves_raw_of_by_due_unchanged(kpi, factor, shift, baseline, target):
    definition, values = kpi
    assume(factor and definition.direction in ("increase", "decrease") and definition.aggregation != "sum")
    definition = replace(definition, kind="number", target_mode="by_due", baseline=baseline, target=target)
    turned = {"increase": "decrease", "decrease": "increase", "min": "max", "max": "min"} if factor < 0 else {}
    other = replace(
        definition,
        baseline=baseline * factor + shift,
        target=target * factor + shift,
        direction=turned.get(definition.direction, definition.direction),
        aggregation=turned.get(definition.aggregation, definition.aggregation),
    )
    moved = {period: seen._replace(value=seen.value * factor + shift) for period, seen in values.items()}

    assert score(other, moved, AUTUMN).raw == score(definition, values, AUTUMN).raw


moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31))
revisions = st.builds(Revision, months, st.none() | numbers, st.dates(date(2026, 1, 1), date(2026, 12, 31)), moments)


@for_all(st.lists(revisions, max_size=8), revisions, moments)
def test_i10_a_revision_recorded_after_known_changes_nothing(earlier, later, known):
    assume(later.recorded_at > known)

    assert current_values([*earlier, later], JUNE, known) == current_values(earlier, JUNE, known)


@st.composite
def situations(draw):
    tree = draw(trees())
    kpis = [
        KpiInput(number, draw(st.integers(0, len(tree.goals) - 1)), *draw(measured()))
        for number in range(draw(st.integers(0, 4)))
    ]
    return Situation(tree.goals, kpis, JUNE)


@for_all(situations(), st.data())
def test_i11_what_if_leaves_the_situation_untouched(situation, data):
    before = deepcopy(situation)
    supposed = {kpi.id: KpiOverride(progress=data.draw(shares), weight=data.draw(weights)) for kpi in situation.kpis}
    found = what_if(situation, supposed, {0: GoalOverride(weight=data.draw(weights), state=data.draw(states))})

    assert situation == before
    assert 0 in found


@for_all(situations(), st.data())
def test_i11_moving_away_and_back_is_neutral(situation, data):
    situation = replace(situation, goals=[replace(goal, rank=0) for goal in situation.goals])
    goal = data.draw(st.sampled_from(situation.goals))
    parent = data.draw(st.sampled_from([None, *(one.id for one in situation.goals)]))
    assume(parent != goal.parent and check_move(situation.goals, goal.id, parent) is None)
    moved = [replace(one, parent=parent) if one.id == goal.id else one for one in situation.goals]
    away = what_if(situation, goals={goal.id: GoalOverride(parent=parent)})
    back = what_if(replace(situation, goals=moved), goals={goal.id: GoalOverride(parent=goal.parent)})

    assert {key: (one.old, one.new) for key, one in away.items()} == {
        key: (one.new, one.old) for key, one in back.items()
    }


ties = st.builds(lambda units, places: Decimal(2 * units + 1).scaleb(-places) * 5, st.integers(-999, 999), st.just(19))
ties |= ties.map(lambda tie: tie.scaleb(6))


@for_all(st.decimals(-(10**12), 10**12, places=25) | ties)
def test_i17_rounding_is_half_even_and_idempotent(number):
    for rounded, places in ((stored, 18), (compared, 12)):
        once = rounded(number)
        assert rounded(once) == once
        assert Fraction(once) == Fraction(round(Fraction(number) * 10**places), 10**places)


@for_all(trees(), st.data())
def test_an_incremental_roll_up_gives_the_digits_of_a_full_one(tree, data):
    before = figures(tree)
    dirty = set(data.draw(st.lists(st.sampled_from([goal.id for goal in tree.goals]), min_size=1)))
    kpis = [replace(kpi, weight=data.draw(weights)) if kpi.goal in dirty else kpi for kpi in tree.kpis]
    goals = [replace(goal, state=data.draw(states)) if goal.id in dirty else goal for goal in tree.goals]
    goals = [replace(one, closed_on=date(2026, 3, 31)) for one in goals]
    parents = {goal.id: goal.parent for goal in goals}
    path = set()
    for goal in dirty:
        while goal is not None:
            path.add(goal)
            goal = parents[goal]
    near = [goal for goal in goals if goal.id in path or goal.parent in path]
    known = {goal.id: before[goal.id] for goal in near if goal.id not in path}
    known = {goal: replace(found, kpi_shares={}, goal_shares={}) for goal, found in known.items()}
    full = roll_up(goals, kpis, JUNE)

    assert roll_up(near, [kpi for kpi in kpis if kpi.goal in path], JUNE, known=known) == {
        goal: full[goal] for goal in path
    }
