"""The line of sight as a picture: one station a goal, from the strategy down to the person, and the beam between them.

Pure: figures in, what the template draws out. The beam is as wide as what the person's goal weighs at each station.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from goals.nodes import ZERO, Id
from kpis.paths import GoalOnPath
from kpis.sight import OwnGoal, Stop
from kpis.trying import Trial
from kpis.whatif import Difference

WIDEST, NARROWEST = 92.0, 1.5  # of a segment's 100
POINTS = 14
SEAM = 100.8  # a little beyond the next station, so that no gap shows between two segments


@dataclass(frozen=True, slots=True)
class Station:
    """One goal in the picture. `effect` is what the result tried changes here, `would_be` the progress then, both of
    0..1; `counts` the share of the next station down in this one; `beam` the shape between the two, None where nothing
    gets through. `place` counts from the own goal up."""

    stop: Stop
    place: int
    height: int
    effect: Decimal | None
    would_be: Decimal | None
    counts: Decimal | None
    beam: str | None

    @property
    def is_own(self) -> bool:
        return self.place == 0

    @property
    def is_above_own(self) -> bool:
        return self.place == 1

    @property
    def is_top(self) -> bool:
        return self.place == self.height - 1

    @property
    def goal(self) -> GoalOnPath | None:
        return self.stop.goal


@dataclass(frozen=True, slots=True)
class Picture:
    """The stations from the strategy down. `gives`: the effects are the points that the own goal gives already, because
    the result that would be tried is there."""

    stations: list[Station]
    trial: Trial | None
    gives: bool

    @property
    def own(self) -> Station:
        return self.stations[-1]

    @property
    def top(self) -> Station | None:
        """The uppermost goal above the own one that the reader may see."""
        return next((station for station in self.stations[:-1] if station.goal), None)


def picture_of(own: OwnGoal, trial: Trial | None, asked: bool = False) -> Picture:
    """Without a trial the effects are those of the whole goal reached. `asked`: the reader chose the value tried."""
    effects = effects_of(own, trial)
    gives = not asked and not any(effect for effect, _ in effects.values())
    if gives:
        effects = {stop.goal.id: (given(own, stop), None) for stop in own.path[1:] if stop.goal}
    weights = [stop.effective_weight for stop in own.path]
    stations = []
    for place, stop in enumerate(own.path):
        effect, would_be = effects.get(stop.goal.id, (None, None)) if stop.goal else (None, None)
        stations.append(
            Station(
                stop=stop,
                place=place,
                height=len(own.path),
                effect=effect,
                would_be=would_be,
                counts=part(weights[place], weights[place - 1]) if place else None,
                beam=beam(weights[place], weights[place - 1]) if place else None,
            )
        )
    return Picture(stations[::-1], trial, gives)


def effects_of(own: OwnGoal, trial: Trial | None) -> dict[Id, tuple[Decimal, Decimal | None]]:
    if trial is None:
        return {stop.goal.id: (stop.headroom or ZERO, risen(stop)) for stop in own.path if stop.goal}
    return {stop.goal.id: moved(trial.figures, stop.goal.id) for stop in own.path if stop.goal}


def moved(figures: Mapping[Id, Difference], goal: Id) -> tuple[Decimal, Decimal | None]:
    found = figures.get(goal)
    if found is None or found.new.progress is None:
        return ZERO, None
    return found.new.progress - (found.old.progress or ZERO), found.new.progress


def risen(stop: Stop) -> Decimal | None:
    if stop.goal is None or stop.headroom is None:
        return None
    return (stop.goal.figures.progress or ZERO) + stop.headroom


def given(own: OwnGoal, stop: Stop) -> Decimal:
    """What the own goal gives to the progress of a goal above."""
    return stop.effective_weight * (own.goal.figures.progress or ZERO)


def part(above: Decimal, here: Decimal) -> Decimal:
    return above / here if here else ZERO


def beam(upper: Decimal, lower: Decimal) -> str | None:
    """The outline between two stations in a square of 100: each step up takes the same share of the width."""
    if not upper or not lower:
        return None
    top, bottom = (max(NARROWEST, WIDEST * float(weight)) / 2 for weight in (upper, lower))
    halves = [(SEAM * step / POINTS, top * (bottom / top) ** (step / POINTS)) for step in range(POINTS + 1)]
    right = [f"{50 + half:.2f} {y:.1f}" for y, half in reversed(halves)]
    left = [f"{50 - half:.2f} {y:.1f}" for y, half in halves]
    return f"M{' '.join([*left, *right])}Z"
