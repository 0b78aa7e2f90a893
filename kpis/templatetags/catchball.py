"""The catchball about a goal on that goal's page, which belongs to an app that knows nothing of proposals."""

from typing import Any

from django import template

from goals.models import Goal
from kpis.answers import exchange_of
from kpis.models import ProposalRound
from people.models import Person

register = template.Library()


@register.inclusion_tag("kpis/proposal/card.html")
def catchball(goal: Goal, person: Person, csrf_token: str) -> dict[str, Any]:
    """Nothing for a goal about which nothing was said and nobody is asked."""
    asked = goal.state == Goal.State.PROPOSED or ProposalRound.objects.filter(proposal__goal=goal).exists()
    return {"exchange": exchange_of(goal, person) if asked else None, "csrf_token": csrf_token, "place": "goal"}
