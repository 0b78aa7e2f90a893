"""Pauses whose day has come: they do not end by themselves, so somebody has to be told (docs/domain.md section 15)."""

from django.urls import reverse

from people.models import Organisation
from people.notifications import notify
from reviews.models import Decision


def tell_over(organisation: Organisation) -> None:
    """Tells the goal's owner and who decided the pause, once; a pause that got another day since is not over."""
    pauses = Decision.objects.pauses().filter(organisation=organisation)
    newest = {pause.goal_id: pause for pause in pauses.select_related("goal__owner", "by").order_by("pk")}
    today = organisation.today()
    for pause in newest.values():
        if pause.until <= today:
            people = {person for person in (pause.goal.owner, pause.by) if person is not None}
            address = reverse("goals:detail", args=[pause.goal_id])
            notify(people, "pause_over", f"{pause.pk}", url=address, goal=pause.goal.title)
