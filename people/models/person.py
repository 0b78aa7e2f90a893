"""People and their roles."""

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from people.models.organisation import Organisation, Unit, check_timezone


class Role(models.TextChoices):
    ADMIN = "admin", _("Administrator")
    STRATEGY = "strategy_office", _("Strategy office")
    UNIT_MANAGER = "unit_manager", _("Unit manager")
    MEMBER = "member", _("Member")
    AUDITOR = "auditor", _("Auditor")
    HR = "hr", _("HR")


class PersonQuerySet(models.QuerySet):
    def visible_to(self, person):
        return self.filter(organisation_id=person.organisation_id)

    def active(self):
        return self.filter(is_active=True)


class PersonManager(BaseUserManager.from_queryset(PersonQuerySet)):
    def create_user(self, email, password=None, **fields):
        person = self.model(email=self.normalize_email(email).lower(), **fields)
        person.set_password(password)
        person.save()
        return person

    def get_by_natural_key(self, email):
        return self.get(email__iexact=email)


class Person(AbstractBaseUser):
    """Somebody who signs in by e-mail and belongs to one organisation (docs/domain.md section 17)."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="people")
    external_id = models.CharField(max_length=200, blank=True)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200)
    role = models.CharField(max_length=20, choices=Role, default=Role.MEMBER)
    title = models.CharField(max_length=200, blank=True)
    unit = models.ForeignKey(Unit, models.SET_NULL, null=True, blank=True, related_name="people")
    manager = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="reports")
    timezone = models.CharField(max_length=64, default="UTC", validators=[check_timezone])
    language = models.CharField(max_length=10, blank=True, choices=settings.LANGUAGES)  # empty: as the browser asks
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)
    joined_at = models.DateTimeField(auto_now_add=True)

    objects = PersonManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(Lower("email"), name="person_email_unique"),
            models.UniqueConstraint(
                fields=["organisation", "external_id"], condition=~Q(external_id=""), name="person_external_id_unique"
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def initials(self) -> str:
        words = self.name.split()
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()

    @property
    def is_admin(self) -> bool:
        return self.role == Role.ADMIN

    @property
    def sees_everything(self) -> bool:
        """Administrators, the strategy office and auditors read every goal of the organisation."""
        return self.role in (Role.ADMIN, Role.STRATEGY, Role.AUDITOR)

    @property
    def managed_path(self) -> str:
        """The path of the units this person manages; empty when none."""
        return self.unit.path if self.role == Role.UNIT_MANAGER and self.unit_id else ""

    @property
    def unit_ids(self) -> list[int]:
        """The person's unit and every unit above it."""
        return [int(part) for part in self.unit.path.strip("/").split("/")] if self.unit_id else []


def reports_below(person: Person) -> RawSQL:
    """The ids of everybody whom the person manages, directly or through others, as a subquery."""
    found = (
        "WITH RECURSIVE below(id) AS (SELECT id FROM people_person WHERE manager_id = %s"
        " UNION SELECT p.id FROM people_person p JOIN below ON p.manager_id = below.id) SELECT id FROM below"
    )
    return RawSQL(found, [person.pk])  # noqa: S611  the text is constant
