"""What is added to a review that is signed off."""

from django.db import models

from people.models import Organisation, Person
from reviews.models.check_in import CheckIn
from reviews.models.review import Review


class CorrectionQuerySet(models.QuerySet):
    def visible_to(self, person):
        return self.filter(organisation_id=person.organisation_id, review__in=Review.objects.visible_to(person))


class Correction(models.Model):
    """What turned out to be wrong in a review after it was signed off, or in one of its check-ins. What was signed
    stays as it is; the correction stands beside it (docs/domain.md section 15)."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    review = models.ForeignKey(Review, models.CASCADE, related_name="corrections")
    check_in = models.ForeignKey(CheckIn, models.CASCADE, null=True, blank=True, related_name="corrections")
    by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    text = models.TextField(max_length=10_000)

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        ordering = ["id"]


class MailedMinutes(models.Model):
    """The minutes of a review that went to a person: written before the mail is sent, so that nobody gets them
    twice."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    review = models.ForeignKey(Review, models.CASCADE, related_name="mailed_minutes", db_index=False)
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["review", "person"], name="minutes_mailed_once")]
