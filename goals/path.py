"""The way from a strategic goal down to a goal, as one person may see it."""

from goals.models import Goal
from people.models import Person


def above(goal: Goal, person: Person) -> list[Goal | None]:
    """The goals above this one, root first; None stands for one that the person may not see (docs/domain.md
    section 17)."""
    goals = list(goal.ancestors().select_related("level"))
    ids = [each.pk for each in goals]
    seen = set(Goal.objects.visible_to(person).filter(pk__in=ids).values_list("pk", flat=True))
    return [each if each.pk in seen else None for each in goals]
