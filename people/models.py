"""Organisations and the people, levels and units in them."""

import datetime as dt
import zoneinfo
from decimal import Decimal

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import RawSQL
from django.db.models.functions import Lower
from django.utils import timezone
from knox.models import AbstractAuthToken
from simple_history.models import HistoricalRecords

from cascade.fields import ExactDecimalField


def check_timezone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise ValidationError(f"{name} is not a time zone; use a name such as Europe/Oslo.", code="unknown_timezone")


def threshold_field(default: str) -> ExactDecimalField:
    return ExactDecimalField(max_digits=8, decimal_places=6, default=Decimal(default))


class Organisation(models.Model):
    """One customer: everything else belongs to exactly one organisation (docs/domain.md sections 1, 3 and 6).

    Its row is the lock of every structural change and roll-up of its goal trees. `on_track` and `at_risk` are gaps,
    `min_coverage` a share (section 6.8 and 8); grace is in days after a period's end (section 6.1).
    """

    class NamedBy(models.TextChoices):
        END = "end", "the year in which it ends"
        START = "start", "the year in which it starts"

    name = models.CharField(max_length=200)
    external_id = models.CharField(max_length=200, blank=True)
    timezone = models.CharField(max_length=64, default="UTC", validators=[check_timezone])
    fiscal_start_month = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(12)]
    )
    fiscal_year_named_by = models.CharField(max_length=5, choices=NamedBy, default=NamedBy.END)
    on_track = threshold_field("-0.10")
    at_risk = threshold_field("-0.25")
    min_coverage = threshold_field("0.5")
    grace_daily = models.PositiveSmallIntegerField(default=1)
    grace_weekly = models.PositiveSmallIntegerField(default=3)
    grace_monthly = models.PositiveSmallIntegerField(default=7)
    grace_quarterly = models.PositiveSmallIntegerField(default=14)
    grace_yearly = models.PositiveSmallIntegerField(default=30)
    grace_once = models.PositiveSmallIntegerField(default=7)
    attribution = models.TextField(blank=True, help_text="Where imported data comes from and under which licence.")
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)

    history = HistoricalRecords()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(fiscal_start_month__gte=1, fiscal_start_month__lte=12), name="organisation_fiscal_month"
            ),
        ]

    def __str__(self):
        return self.name

    def clean(self):
        if not Decimal(-1) <= self.at_risk < self.on_track <= 0:
            raise ValidationError(
                {"at_risk": ValidationError("It must be -1 <= at risk < on track <= 0.", "thresholds")}
            )
        if not 0 <= self.min_coverage <= 1:
            raise ValidationError({"min_coverage": ValidationError("Coverage is a share from 0 to 1.", "out_of_range")})

    def today(self) -> dt.date:
        """The date it is now where the organisation is."""
        return timezone.now().astimezone(zoneinfo.ZoneInfo(self.timezone)).date()

    def end_of(self, day: dt.date) -> dt.datetime:
        """The last moment of a day in the organisation's time zone."""
        zone = zoneinfo.ZoneInfo(self.timezone)
        return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), zone) - dt.timedelta(microseconds=1)

    @property
    def grace(self) -> dict[str, int]:
        """Days after a period's end, by cadence, before a missing value is overdue."""
        return {
            "daily": self.grace_daily,
            "weekly": self.grace_weekly,
            "monthly": self.grace_monthly,
            "quarterly": self.grace_quarterly,
            "yearly": self.grace_yearly,
            "once": self.grace_once,
        }


class Level(models.Model):
    """A named step of the cascade, ordered by rank: 0 is the strategy (docs/domain.md section 1)."""

    DEFAULTS = ("Strategic", "Department", "Team", "Individual")

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="levels")
    external_id = models.CharField(max_length=200, blank=True)
    name = models.CharField(max_length=100)
    rank = models.PositiveSmallIntegerField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["rank"]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "rank"], name="level_rank_unique"),
            models.UniqueConstraint(fields=["organisation", "name"], name="level_name_unique"),
            models.UniqueConstraint(
                fields=["organisation", "external_id"], condition=~Q(external_id=""), name="level_external_id_unique"
            ),
        ]

    def __str__(self):
        return self.name


class UnitQuerySet(models.QuerySet):
    def visible_to(self, person):
        return self.filter(organisation_id=person.organisation_id)


class Unit(models.Model):
    """A department or team. `path` holds the ids from the top down, so a subtree is a prefix: /1/4/."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="units")
    external_id = models.CharField(max_length=200, blank=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=50, blank=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    head = models.ForeignKey("Person", models.SET_NULL, null=True, blank=True, related_name="heads")
    path = models.CharField(max_length=500, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1)

    objects = UnitQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        indexes = [models.Index(fields=["organisation", "path"], name="unit_path")]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "external_id"], condition=~Q(external_id=""), name="unit_external_id_unique"
            ),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="unit_not_its_own_parent"),
        ]

    def __str__(self):
        return self.name

    def save(self, *args, **kwargs):
        """Keeps the path of the unit and of everything below it; moving a unit below itself is refused."""
        old_path = self.path
        if self.parent_id and old_path and self.parent.path.startswith(old_path):
            raise ValidationError({"parent": ValidationError("A unit cannot stand below itself.", "unit_cycle")})
        super().save(*args, **kwargs)
        path = f"{self.parent.path if self.parent_id else '/'}{self.pk}/"
        if path == old_path:
            return
        self.path = path
        Unit.objects.filter(pk=self.pk).update(path=path)
        if old_path:
            for unit in Unit.objects.filter(organisation=self.organisation_id, path__startswith=old_path):
                Unit.objects.filter(pk=unit.pk).update(path=path + unit.path[len(old_path) :])

    def subtree(self):
        """This unit and everything below it."""
        return Unit.objects.filter(organisation=self.organisation_id, path__startswith=self.path)


class Role(models.TextChoices):
    ADMIN = "admin", "Administrator"
    STRATEGY = "strategy_office", "Strategy office"
    UNIT_MANAGER = "unit_manager", "Unit manager"
    MEMBER = "member", "Member"
    AUDITOR = "auditor", "Auditor"
    HR = "hr", "HR"


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


class Scope(models.TextChoices):
    READ = "read", "Read"
    WRITE = "write", "Write"
    MEASUREMENTS = "measurements:write", "Record measurements"
    ADMIN = "admin", "Administer"


class ApiToken(AbstractAuthToken):
    """A key for another system: stored hashed, shown once, never allowed more than its person.

    `kpi_ids` narrows `measurements:write` to the named KPIs; empty means every KPI the person may record.
    """

    name = models.CharField(max_length=100)
    scopes = models.JSONField(default=list)
    kpi_ids = models.JSONField(default=list)
    last_used_at = models.DateTimeField(null=True)

    def allows(self, scope: str) -> bool:
        implied = {
            Scope.READ: {Scope.READ, Scope.WRITE, Scope.ADMIN},
            Scope.WRITE: {Scope.WRITE, Scope.ADMIN},
            Scope.MEASUREMENTS: {Scope.MEASUREMENTS, Scope.WRITE, Scope.ADMIN},
            Scope.ADMIN: {Scope.ADMIN},
        }
        return bool(implied[Scope(scope)] & set(self.scopes))


class IdempotencyKey(models.Model):
    """The answer given to a POST with an Idempotency-Key, kept 24 hours and written in the same transaction."""

    person = models.ForeignKey(Person, models.CASCADE)
    key = models.CharField(max_length=200)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "key"], name="idempotency_key_unique")]
