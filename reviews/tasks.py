"""Celery's doors to the calendar of reviews, its reminders and its minutes: harmless when repeated."""

from celery import shared_task
from django.utils import timezone

from people.models import Organisation, Person
from reviews import schedule
from reviews.calendar import invitations
from reviews.models import Reminder, Review
from reviews.reminders import planning, sending
from reviews.room import mailing as room_mailing
from reviews.room import pausing


@shared_task
def work_out_all() -> None:
    """Asks for each organisation's calendar of reviews to be worked out again."""
    for pk in Organisation.objects.values_list("pk", flat=True):
        work_out.delay(pk)


@shared_task
def work_out(organisation_id: int) -> None:
    organisation = Organisation.objects.filter(pk=organisation_id).first()
    if organisation is not None:
        schedule.work_out(organisation)
        planning.plan(organisation)
        pausing.tell_over(organisation)
        invite.delay(organisation_id)


@shared_task
def invite(organisation_id: int) -> None:
    """Mails invitations to reviews that are new, moved or called off."""
    organisation = Organisation.objects.filter(pk=organisation_id).first()
    if organisation is not None:
        invitations.send(organisation)


@shared_task
def remind_all() -> None:
    """Wakes a worker for each organisation in which something is due."""
    due = Reminder.objects.filter(state=Reminder.State.PLANNED, at__lte=timezone.now())
    for pk in due.order_by().values_list("organisation_id", flat=True).distinct():
        remind.delay(pk)


@shared_task
def remind(organisation_id: int, after: int = 0) -> None:
    """What is due to the next people by their ids; then on to those after them."""
    organisation = Organisation.objects.filter(pk=organisation_id).first()
    if organisation is not None:
        last = sending.run(organisation, timezone.now(), after).last
        if last:
            remind.delay(organisation_id, last)


@shared_task
def mail_minutes(review_id: int) -> None:
    """After a review was signed off: asks for one mail for each of those who were part of it."""
    review = Review.objects.select_related("goal__unit", "goal__owner__unit").filter(pk=review_id).first()
    for person_id in room_mailing.awaiting(review) if review else ():
        mail_minutes_to.delay(review_id, person_id)


@shared_task
def mail_minutes_to(review_id: int, person_id: int) -> None:
    related = ("organisation", "goal__unit", "goal__owner__unit", "signed_by")
    review = Review.objects.select_related(*related).filter(pk=review_id).first()
    person = Person.objects.select_related("organisation", "unit").filter(pk=person_id).first()
    if review is not None and person is not None:
        room_mailing.send(review, person)
