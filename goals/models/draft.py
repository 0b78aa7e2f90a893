"""Changes that are thought through before they are made."""

from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cascade.errors import Conflict
from cascade.versions import refuse_other
from people.models import Organisation, Person


class DraftQuerySet(models.QuerySet):
    def visible_to(self, person):
        """One's own, and those that others share with the organisation. What a draft says about a goal is shown only
        to those who may see the goal."""
        return self.filter(organisation_id=person.organisation_id).filter(Q(owner_id=person.pk) | Q(shared=True))


class Draft(models.Model):
    """A named list of supposed changes to goals and KPIs; nothing changes until it is applied (docs/domain.md 9).

    `changes` holds one line for each goal or KPI (goals/drafts.py). Once applied, `effects` keeps what it did to the
    progress of each goal.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        APPLIED = "applied", _("Applied")
        DISCARDED = "discarded", _("Discarded")

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="drafts")
    owner = models.ForeignKey(Person, models.CASCADE, related_name="drafts")
    name = models.CharField(max_length=200)
    shared = models.BooleanField(default=False)
    changes = models.JSONField(default=list, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    version = models.PositiveIntegerField(default=1)
    applied_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    applied_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(blank=True)
    effects = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = DraftQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at", "-id"]
        indexes = [models.Index(fields=["organisation", "owner", "state"], name="draft_of_owner")]

    def __str__(self):
        return self.name

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN

    def revise(self, *, version: int | None = None, change=None, **fields) -> "Draft":
        """Changes name, sharing, state (open or discarded) or the lines; `change` makes the new lines of those there
        are. Raises Conflict (draft_not_open) and VersionMismatch."""
        with transaction.atomic():
            draft = self.locked(version)
            if not draft.is_open and fields.get("state") != self.State.OPEN:
                raise Conflict("draft_not_open", str(_("The draft is not open any more: it cannot be changed.")))
            if change is not None:
                fields["changes"] = change(draft.changes)
            for name, value in fields.items():
                setattr(draft, name, value)
            draft.version += 1
            draft.save()
            return draft

    def locked(self, version: int | None = None) -> "Draft":
        """The draft as it is now, held until the transaction ends. What was applied stays as it is."""
        draft = Draft.objects.select_for_update(no_key=True).get(pk=self.pk)
        refuse_other(draft, version)
        if draft.state == self.State.APPLIED:
            raise Conflict("draft_applied", str(_("The draft was applied already.")))
        return draft
