"""What signals ask of people on their line of sight."""

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from goals.models import Signal
from goals.voices.signals import to_answer
from kpis.owed import Asked
from people.models import Person


def answers(person: Person) -> list[Asked]:
    """Signals on the person's goals, and those to the people they manage that waited too long; one query."""
    return [
        Asked(
            title=signal.goal.title,
            detail=waits(signal, person),
            url=f"{reverse('goals:detail', args=[signal.goal_id])}?answer={signal.pk}#signal-{signal.pk}",
            action=_("Answer"),
            late=signal.escalated_at is not None,
        )
        for signal in to_answer(person)
    ]


def waits(signal: Signal, person: Person) -> str:
    """Signal: not reachable. It has waited for 3 days."""
    days = (timezone.now() - signal.waits_since).days
    told = {"kind": signal.get_kind_display().lower(), "days": days, "owner": signal.goal.owner.name}
    if signal.goal.owner_id != person.pk:
        words = ngettext(
            "Signal: %(kind)s. %(owner)s has not answered for %(days)s day.",
            "Signal: %(kind)s. %(owner)s has not answered for %(days)s days.",
            days,
        )
    elif not days:
        words = _("Signal: %(kind)s. It came today.")
    else:
        words = ngettext(
            "Signal: %(kind)s. It has waited for %(days)s day.",
            "Signal: %(kind)s. It has waited for %(days)s days.",
            days,
        )
    return words % told
