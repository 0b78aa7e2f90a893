"""An organisation that comes into being with an import."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from goals.founding import found as founded
from integrations.folder import Folder
from integrations.records import GOALS
from integrations.tables import Problem
from people.models import Organisation, Person, Role


@dataclass(frozen=True)
class Founding:
    """An organisation that comes into being with the import. `levels` are the names of its levels from the top; those
    that the files need beyond them are called Level 1, Level 2 ..."""

    name: str
    levels: Sequence[str] = ()
    timezone: str = "UTC"
    attribution: str = ""
    administrator: str = ""


def found(founding: Founding, folder: Folder) -> Organisation:
    """A new organisation with the levels and people that the files name; nobody in it has a password yet."""
    deepest = max((row.rank for row in folder.goals), default=0)
    others = [f"Level {rank + 1}" for rank in range(len(founding.levels), deepest + 1)]
    levels = [*founding.levels, *others]
    organisation = founded(founding.name, levels=levels, timezone=founding.timezone, attribution=founding.attribution)
    if founding.administrator:
        join(organisation, founding.administrator, Role.ADMIN)
    for email in sorted({row.owner for row in folder.goals if row.owner} - {founding.administrator}):
        join(organisation, email, Role.MEMBER)
    return organisation


def strangers(folder: Folder) -> Iterator[Problem]:
    """Owners of a new organisation who belong to another one."""
    elsewhere = set(
        Person.objects.filter(email__in={row.owner for row in folder.goals}).values_list("email", flat=True)
    )
    for row in folder.goals:
        if row.owner in elsewhere:
            yield Problem(GOALS, row.line, "owner", "unknown_owner", "Nobody can be a member of two organisations.")


def join(organisation: Organisation, email: str, role: str) -> None:
    Person.objects.create_user(email, organisation=organisation, name=email, role=role, timezone=organisation.timezone)
