"""Who sees a goal: `Goal.objects.visible_to` read from the goal's side (docs/domain.md section 17)."""

from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from goals.models import Goal
from people.models import Person, Role

SEE_EVERYTHING = (Role.ADMIN, Role.STRATEGY, Role.AUDITOR)


def people_who_see(goal: Goal) -> QuerySet[Person]:
    """Those who work here now and may see the goal."""
    everybody = Person.objects.filter(organisation_id=goal.organisation_id).active()
    if goal.visibility == Goal.Visibility.ORGANISATION:
        return everybody
    seen = Q(role__in=SEE_EVERYTHING) | Q(pk=goal.owner_id) | Q(pk__in=goal.contributors.values("pk"))
    if goal.owner_id:
        seen |= Q(pk__in=managers_above(goal.owner_id))
    if goal.visibility == Goal.Visibility.UNIT and goal.unit_id:
        seen |= Q(unit__path__startswith=goal.unit.path)
    for unit in (goal.unit, goal.owner.unit if goal.owner_id else None):
        if unit is not None:
            seen |= Q(role=Role.UNIT_MANAGER, unit__in=[int(part) for part in unit.path.strip("/").split("/")])
    return everybody.filter(seen)


def managers_above(person_id: int) -> RawSQL:
    """The ids of everybody who manages the person, directly or through others, as a subquery."""
    found = (
        "WITH RECURSIVE above(id) AS (SELECT manager_id FROM people_person WHERE id = %s AND manager_id IS NOT NULL"
        " UNION SELECT p.manager_id FROM people_person p JOIN above ON p.id = above.id WHERE p.manager_id IS NOT NULL)"
        " SELECT id FROM above"
    )
    return RawSQL(found, [person_id])  # noqa: S611  the text is constant
