"""Reviews in people's own calendars: private addresses that calendar programs read, and invitations by mail."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from people.models import Organisation, Person
from reviews.models.review import Review


class CalendarFeedQuerySet(models.QuerySet):
    def visible_to(self, person):
        """One's own: an address shows what its person sees."""
        return self.filter(organisation_id=person.organisation_id, person_id=person.pk)


class CalendarFeed(models.Model):
    """A private address at which a calendar program reads a person's reviews, for as long as the person works here and
    the address is not withdrawn. Of its token only a hash is kept."""

    class Shows(models.TextChoices):
        OWN = "own", _("My own reviews")
        UNIT = "unit", _("Those of my unit and of all units below it")
        ALL = "all", _("All reviews I may see")

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    person = models.ForeignKey(Person, models.CASCADE, related_name="calendar_feeds")
    name = models.CharField(max_length=100)
    shows = models.CharField(max_length=10, choices=Shows, default=Shows.OWN)
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)

    objects = CalendarFeedQuerySet.as_manager()

    class Meta:
        ordering = ["id"]


class WithoutInvitations(models.Model):
    """A person who wants no invitations to reviews by mail."""

    person = models.OneToOneField(Person, models.CASCADE, primary_key=True, related_name="without_invitations")


class Invitation(models.Model):
    """What was mailed to a person's calendar about a review: the `number`th message, committed before it is sent, so
    that none goes twice. `method`, `day`, `time` and `revision` are what it told; the next message follows when they
    no longer hold."""

    class Method(models.TextChoices):
        REQUEST = "REQUEST", _("Invitation")
        CANCEL = "CANCEL", _("Called off")

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    review = models.ForeignKey(Review, models.CASCADE, related_name="invitations", db_index=False)
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    number = models.PositiveSmallIntegerField()
    method = models.CharField(max_length=10, choices=Method)
    revision = models.PositiveSmallIntegerField()
    day = models.DateField()
    time = models.TimeField(null=True, blank=True)
    at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["review", "person", "number"], name="invitation_once")]
