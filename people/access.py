"""What a person may do in the organisation itself; the other access modules build on this one."""

from people.models import Person


def can_administer(person: Person) -> bool:
    """Change settings, levels, units, people, cycles and perspectives."""
    return person.is_admin


def can_run_cycle(person: Person) -> bool:
    """Open and plan cycles, create strategic goals, edit every goal."""
    return person.is_admin or person.role == "strategy_office"
