"""Whatever people do, in any order: after the roll-up every stored figure and every derived value is what a calculation
from scratch gives, and what was known at an earlier moment stays as it was."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from cascade.errors import Conflict
from goals import lifecycle, past, progress, tree
from goals.models import Goal
from kpis import definitions, recording
from kpis.derived import Method, Missing
from kpis.models import Kpi
from tests import cast as company

pytestmark = pytest.mark.django_db
START = dt.datetime(2026, 7, 10, 12, tzinfo=dt.UTC)
SEVERAL = st.lists(st.integers(0, 8), min_size=1, max_size=3, unique=True)
NUMBERS = st.sampled_from(["0", "1", "2.5", "-3", "40", "1000000", "0.0000000001"])
FORMULAS = ["{0} / {1}", "({0} - {1}) * 100", "max({0}, {1}) + 1", "round({0} / 3, 4)", "{0} * {0} * {0}"]


class Edits(RuleBasedStateMachine):
    """Goals in a small tree, KPIs of three cadences; rolled up now and then, and at last."""

    @initialize()
    def found(self):
        self.clock = time_machine.travel(START, tick=False)
        self.traveller = self.clock.start()
        self.undone = transaction.atomic()
        self.undone.__enter__()
        self.cast = company.cast()
        top = self.cast.goal("Top")
        self.goals = [top, *(self.cast.goal(name, top) for name in ("Left", "Right"))]
        self.goals.append(self.cast.goal("Below", self.goals[1]))
        cadences = ["monthly", "weekly", "monthly", "quarterly", "monthly", "monthly", "weekly", "quarterly", "monthly"]
        kinds = [{}, {"aggregation": "sum"}, {"aggregation": "mean", "target_mode": "each_period"}]
        self.kpis = [
            definitions.create(
                self.goals[place % 4],
                by=None,
                name=f"k{place}",
                key=f"k{place}",
                baseline=Decimal(0),
                target=Decimal(50),
                cadence=cadence,
                **kinds[place % 3],
            ).pk
            for place, cadence in enumerate(cadences)
        ]
        self.noted: tuple | None = None
        for month in range(1, 7):
            entries = [recording.Entry(self.kpis[place], dt.date(2026, month, 5), Decimal(month)) for place in (0, 2)]
            recording.record(self.cast.works, entries, by=None)
        self.take(8, [0, 2], Method.sum, "", None)
        self.calculate(5, [8, 0], FORMULAS[1])
        progress.roll_up(self.cast.works.pk)

    def teardown(self):
        if hasattr(self, "undone"):
            try:
                self.check()
            finally:
                transaction.set_rollback(True)
                self.undone.__exit__(None, None, None)
                self.clock.stop()

    def check(self):
        progress.roll_up(self.cast.works.pk)
        assert progress.differences(self.cast.works) == []
        if self.noted:
            assert self.known(*self.noted[:2]) == self.noted[2]

    def known(self, on, known):
        scores = past.tree_at(self.cast.works, on, known).scores
        return {pk: dict(values) for pk, values in scores.derived.items()}, {
            pk: row["score"] for pk, row in scores.explained().items()
        }

    def kpi(self, place: int) -> Kpi:
        return Kpi.objects.select_related("goal__cycle", "organisation").get(pk=self.kpis[place])

    def attempt(self, act, *given, **fields):
        try:
            with transaction.atomic():
                return act(*given, **fields)
        except (ValidationError, Conflict):
            return None

    @rule(place=st.integers(0, 8), month=st.integers(1, 7), value=st.none() | NUMBERS)
    def record(self, place, month, value):
        number = None if value is None else Decimal(value)
        day = dt.date(2026, month, 5)
        recording.record(
            self.cast.works, [recording.Entry(self.kpis[place], day, number, note="w")], by=None, on_error="skip"
        )

    @rule(place=st.integers(0, 8), sources=SEVERAL, formula=st.sampled_from(FORMULAS))
    def calculate(self, place, sources, formula):
        keys = [self.kpi(source).key for source in (sources * 2)[:2]]
        self.attempt(
            definitions.revise, self.kpi(place), by=None, source="formula", formula=formula.format(*keys), links=[]
        )

    @rule(
        place=st.integers(0, 8),
        sources=SEVERAL,
        method=st.sampled_from(Method),
        missing=st.sampled_from(["", *map(str, Missing)]),
        since=st.sampled_from([None, "2026-03-01"]),
    )
    def take(self, place, sources, method, missing, since):
        links = [
            {
                "source": self.kpis[source],
                "denominator": self.kpis[(source + 1) % 9] if method == Method.ratio else None,
                "weight": str(source),
                "since": since,
            }
            for source in sources
        ]
        fields = {"method": str(method), "missing": missing, "links": links}
        self.attempt(definitions.revise, self.kpi(place), by=None, source="rollup", formula="", **fields)

    @rule(place=st.integers(0, 8))
    def enter_by_hand(self, place):
        self.attempt(definitions.revise, self.kpi(place), by=None, source="manual", formula="", links=[])

    @rule(place=st.integers(0, 8), change=st.sampled_from(["key", "weight", "state", "due", "aggregation", "cadence"]))
    def change_definition(self, place, change):
        kpi = self.kpi(place)
        value = {
            "key": f"new_{kpi.key}"[:40],
            "weight": kpi.weight + 1,
            "state": "active" if kpi.state == "paused" else "paused",
            "due": dt.date(2026, 5, 20),
            "aggregation": "max",
            "cadence": "monthly",
        }[change]
        self.attempt(definitions.revise, kpi, by=None, **{change: value})

    @rule(place=st.integers(0, 3), weight=st.integers(0, 3), until=st.sampled_from([None, dt.date(2026, 6, 15)]))
    def change_goal(self, place, weight, until):
        self.attempt(self.goals[place].revise, by=None, weight=Decimal(weight), due=until)

    @rule(place=st.integers(1, 3), parent=st.integers(0, 3))
    def move(self, place, parent):
        self.attempt(tree.move, self.goals[place], self.goals[parent], by=None)

    @rule(place=st.integers(1, 3), state=st.sampled_from(["paused", "active", "cancelled"]))
    def change_state(self, place, state):
        goal = Goal.objects.get(pk=self.goals[place].pk)
        if goal.state == "cancelled":
            self.attempt(lifecycle.take_back, goal, {"state": "active"}, by=None)
        else:
            self.attempt(lifecycle.change_state, goal, state, by=None, reason="r", with_descendants=True)

    @rule()
    def a_day_passes(self):
        self.traveller.shift(dt.timedelta(days=9))

    @rule()
    def roll_up(self):
        progress.roll_up(self.cast.works.pk)

    @precondition(lambda self: self.noted is None)
    @rule(on=st.sampled_from([dt.date(2026, 4, 20), dt.date(2026, 7, 10)]))
    def note_what_is_known(self, on):
        moment = dt.datetime.now(dt.UTC)
        self.noted = on, moment, self.known(on, moment)
        self.traveller.shift(dt.timedelta(seconds=1))

    @invariant()
    def nothing_needs_itself(self):
        if hasattr(self, "kpis"):
            edges = {}
            for kpi, source in Kpi.objects.filter(needs__isnull=False).values_list("pk", "needs__source"):
                edges.setdefault(kpi, set()).add(source)
            while leaves := {kpi for kpi, needs in edges.items() if not needs & edges.keys()}:
                edges = {kpi: needs for kpi, needs in edges.items() if kpi not in leaves}
            assert edges == {}


def test_a_roll_up_after_any_edits_equals_one_from_scratch():
    bounded = settings(
        max_examples=9,
        stateful_step_count=10,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Edits, settings=bounded)
