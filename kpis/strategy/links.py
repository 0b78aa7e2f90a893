"""Cause-effect links with what their measures say (docs/domain.md section 16): the same for page and API."""

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property

from goals.models import CausalLink
from kpis.evidence import LAGS, Evidence, Label, Series, evidence, series, shared_cadence
from kpis.periods import Cadence, Fiscal
from kpis.scoring import fiscal_of
from kpis.strategy.measures import Standing, standing
from people.models import Person

RESTRICTED = "restricted"


@dataclass(frozen=True)
class Weighed:
    """A link with its evidence.

    `before` and `after` are the values of cause and effect by the periods of `cadence`, which is None where the two
    measures cannot be compared. Where the reader may not see one of the measures, what they did is not told.
    """

    link: CausalLink
    cause: Standing | None
    effect: Standing | None
    cadence: Cadence | None = None
    before: Series = field(default_factory=dict)
    after: Series = field(default_factory=dict)

    @property
    def restricted(self) -> bool:
        return any(end is not None and not end.seen for end in (self.cause, self.effect))

    @cached_property
    def evidence(self) -> Evidence | None:
        return None if self.restricted else evidence(self.before, self.after, self.link.lag)

    @property
    def label(self) -> str:
        return RESTRICTED if self.evidence is None else str(self.evidence.label)

    @property
    def by_lag(self) -> list[Evidence]:
        """The evidence at every delay, for those with enough data."""
        found = [] if self.restricted else [evidence(self.before, self.after, lag) for lag in LAGS]
        return [each for each in found if each.label != Label.not_enough_data]


class Comparing:
    """The measures of many goals, each brought to a cadence once."""

    def __init__(self, person: Person, goal_ids: Collection[int]) -> None:
        self.measures = standing(person, goal_ids)
        self.fiscal: Fiscal = fiscal_of(person.organisation)
        self.today = person.organisation.today()
        self.known: dict[tuple[int, Cadence], Series] = {}

    def values(self, goal_id: int, cadence: Cadence) -> Series:
        if (goal_id, cadence) not in self.known:
            measure = self.measures[goal_id].measure
            self.known[goal_id, cadence] = series(measure, cadence, self.today, self.fiscal)
        return self.known[goal_id, cadence]

    def weigh(self, link: CausalLink) -> Weighed:
        cause, effect = self.measures.get(link.cause_id), self.measures.get(link.effect_id)
        if cause is None or effect is None or not (cause.seen and effect.seen):
            return Weighed(link, cause, effect)
        cadence = shared_cadence(cause.measure, effect.measure)
        if cadence is None:
            return Weighed(link, cause, effect)
        return Weighed(
            link, cause, effect, cadence, self.values(link.cause_id, cadence), self.values(link.effect_id, cadence)
        )


def weighed(person: Person, links: Collection[CausalLink]) -> list[Weighed]:
    """These links, in this order. Five queries."""
    comparing = Comparing(person, {goal for link in links for goal in (link.cause_id, link.effect_id)})
    return [comparing.weigh(link) for link in links]
