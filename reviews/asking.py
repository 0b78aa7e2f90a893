"""What reviews ask of people on their line of sight."""

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from kpis.owed import Asked
from people.models import Person
from reviews.reading import check_ins_owed, waiting_for_sign_off


def check_ins(person: Person) -> list[Asked]:
    """The check-ins of reviews within two weeks, and of those that are overdue; one query."""
    today = person.organisation.today()
    return [
        Asked(
            title=review.goal.title,
            detail=_("Check in for %(period)s, reviewed on %(day)s")
            % {"period": review.name, "day": date_format(review.day, "j M Y")},
            url=reverse("reviews:check_in", args=[review.pk]),
            action=_("Check in"),
            late=review.day < today,
        )
        for review in check_ins_owed(person)
    ]


def sign_offs(person: Person) -> list[Asked]:
    """The reviews of the people one manages that are being held and wait to be signed off; one query."""
    today = person.organisation.today()
    return [
        Asked(
            title=review.goal.title,
            detail=_("%(name)s holds the review of %(period)s") % {"name": review.owner.name, "period": review.name},
            url=f"{reverse('reviews:room', args=[review.pk])}#sign-off",
            action=_("Sign off"),
            late=review.day < today,
        )
        for review in waiting_for_sign_off(person)
    ]
