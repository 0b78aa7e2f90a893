"""How sure people are of their goals. Apps above this one are asked; one of them registers when Django starts."""

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from people.models import Person


@dataclass(frozen=True)
class Confidence:
    """Of one goal: `value` 1 (hardly) to 5 (sure) as its owner said on `on`, `was` the time before; None when nobody
    said or the reader may not know. `url`: where the reader is asked to say so, if anywhere."""

    value: int | None = None
    was: int | None = None
    on: dt.date | None = None
    url: str = ""


Source = Callable[[Person, Collection[int], bool], Mapping[int, Confidence]]
registered: list[Source] = []


def register(source: Source) -> None:
    registered[:] = [source]


def of(person: Person, goal_ids: Collection[int], asked: bool = False) -> Mapping[int, Confidence]:
    """By goal, as this person may know it; goals about which there is nothing to tell are left out. `asked`: with the
    addresses."""
    return registered[0](person, goal_ids, asked) if goal_ids else {}
