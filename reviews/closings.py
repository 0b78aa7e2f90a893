"""Closing reviews that nobody has signed off, told to whoever closes the cycle."""

from django.urls import reverse
from django.utils.translation import gettext as _

from goals.models import Cycle
from kpis.cycles.missing import Case, Gap, told
from reviews.models import Review


def unsigned(cycle: Cycle) -> Gap:
    rows = Review.objects.owed().filter(goal__cycle=cycle, closing=True).select_related("goal", "owner")
    count, cases = told(rows.order_by("day", "pk"), case)
    consequence = _("They can still be held, but the figures are final.")
    return Gap("closing_reviews", _("Closing reviews are not signed off"), consequence, count, cases)


def case(review: Review) -> Case:
    return Case(review.goal.title, review.owner, reverse("reviews:room", args=[review.pk]))
