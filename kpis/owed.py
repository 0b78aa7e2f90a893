"""What somebody owes besides values. Apps above this one register what they ask of people."""

from collections.abc import Callable
from dataclasses import dataclass

from people.models import Person


@dataclass(frozen=True)
class Asked:
    """One thing that is asked of a person: what it is about, when, where it is done and what the button says."""

    title: str
    detail: str
    url: str
    action: str
    late: bool


Asks = Callable[[Person], list[Asked]]
ASKERS: list[Asks] = []


def register(asks: Asks) -> None:
    ASKERS.append(asks)


def asked_of(person: Person) -> list[Asked]:
    """Everything, late things first."""
    found = [each for asks in ASKERS for each in asks(person)]
    return sorted(found, key=lambda each: not each.late)
