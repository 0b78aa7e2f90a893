"""The reviews of a goal on that goal's page, which belongs to an app that knows nothing of reviews."""

from typing import Any

from django import template

from goals.models import Goal
from people.models import Person
from reviews.calendar import of_goal

register = template.Library()


@register.inclusion_tag("reviews/calendar/of_goal.html")
def goal_reviews(goal: Goal, person: Person) -> dict[str, Any]:
    return {"goal": goal, **of_goal.section(goal, person)}
