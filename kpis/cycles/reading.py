"""How cycles stand, of the goals that a person may see: pages share this."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Count

from goals.models import Cycle, Goal
from goals.nodes import ZERO, exactly
from people.models import Person

State = Goal.State


@dataclass
class Standing:
    """A cycle in numbers: its goals by state, and the progress and pace of those at the top, by their weights."""

    cycle: Cycle
    states: Counter[str] = field(default_factory=Counter)
    progress: Decimal | None = None
    expected: Decimal | None = None

    @property
    def goals(self) -> int:
        return self.states.total()

    @property
    def running(self) -> int:
        return self.states[State.ACTIVE] + self.states[State.PAUSED]

    @property
    def planned(self) -> int:
        return self.states[State.DRAFT] + self.states[State.PROPOSED]

    @property
    def ended(self) -> int:
        return self.states[State.CLOSED] + self.states[State.CANCELLED]

    @property
    def status(self) -> str:
        return "" if self.cycle.state == Cycle.State.OPEN else self.cycle.state


def standings(person: Person, cycles: Iterable[Cycle]) -> list[Standing]:
    """In two queries, whatever the number of cycles."""
    found = {cycle.pk: Standing(cycle) for cycle in cycles}
    mine = Goal.objects.visible_to(person).filter(cycle__in=found).order_by()
    for cycle_id, state, count in mine.values_list("cycle_id", "state").annotate(Count("pk")):
        found[cycle_id].states[state] = count
    tops = defaultdict(list)
    rows = mine.filter(
        parent=None, weight__gt=0, state__in=(State.ACTIVE, State.CLOSED), figures__progress__isnull=False
    )
    for cycle_id, *row in rows.values_list("cycle_id", "weight", "figures__progress", "figures__expected"):
        tops[cycle_id].append(row)
    for cycle_id, each in tops.items():
        found[cycle_id].progress, found[cycle_id].expected = together(each)
    return list(found.values())


@exactly
def together(rows: list[list[Decimal]]) -> tuple[Decimal, Decimal]:
    """Progress and pace by weight."""
    total = sum((weight for weight, _p, _e in rows), ZERO)
    progress = sum((weight * p for weight, p, _e in rows), ZERO) / total
    return progress, sum((weight * (e or ZERO) for weight, _p, e in rows), ZERO) / total
