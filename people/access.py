"""What a person may do in the organisation itself; the other access modules build on this one."""

from people.models import Person


def can_administer(person: Person) -> bool:
    """Change settings, levels, units, people, cycles and perspectives."""
    return person.is_admin


def can_run_cycle(person: Person) -> bool:
    """Open and plan cycles, create strategic goals, edit every goal."""
    return person.is_admin or person.role == "strategy_office"


def can_follow(person: Person, other: Person) -> bool:
    """See somebody's line of sight and what they owe: one's own, that of the people one manages, and all of them for
    those who read every goal."""
    if person.organisation_id != other.organisation_id:
        return False
    if person.pk == other.pk or person.sees_everything or other.manager_id == person.pk:
        return True
    return bool(person.managed_path and other.unit_id and other.unit.path.startswith(person.managed_path))
