"""Bonus plans and what they came to (docs/domain.md section 13)."""

from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from cascade.fields import ExactDecimalField, weight_field
from goals.models import Goal
from kpis.models.kpi import Kpi
from people.models import Organisation, Person


def money_field(**options) -> ExactDecimalField:
    return ExactDecimalField(max_digits=18, decimal_places=2, **options)


def share_field(default: str) -> ExactDecimalField:
    return ExactDecimalField(max_digits=10, decimal_places=6, default=Decimal(default))


class PayPlanQuerySet(models.QuerySet):
    def visible_to(self, person):
        """The plans of HR, of the beneficiary and of those who are to sign: nobody else knows that there is one. A
        beneficiary sees a plan once it is no draft any more."""
        mine = self.filter(organisation_id=person.organisation_id, organisation__pays=True)
        if person.role == "hr":
            return mine.exclude(beneficiary=person, state=PayPlan.State.DRAFT)
        own = Q(beneficiary=person) & ~Q(state=PayPlan.State.DRAFT)
        return mine.filter(own | Q(first_signer=person) | Q(second_signer=person))


class PayPlan(models.Model):
    """What one person may earn by results. Factors and attainments are shares, `bonus` is in `currency`; `intervals`
    are the days employed under it, as pairs of dates; empty: all of them."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        AGREED = "agreed", _("Agreed")
        FROZEN = "frozen", _("Frozen")

    class NoData(models.TextChoices):
        BLOCK = "block", _("Nothing is computed until it is there")
        ZERO = "zero", _("It counts as 0")
        EXCLUDE = "exclude", _("The others share its weight")

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="pay_plans")
    name = models.CharField(max_length=200)
    beneficiary = models.ForeignKey(Person, models.PROTECT, related_name="pay_plans")
    first_signer = models.ForeignKey(Person, models.PROTECT, related_name="+")
    second_signer = models.ForeignKey(Person, models.PROTECT, related_name="+")
    start = models.DateField()
    due = models.DateField()
    bonus = money_field()
    currency = models.CharField(max_length=3)
    threshold = share_field("0.8")
    threshold_factor = share_field("0.5")
    most = share_field("1.2")
    most_factor = share_field("1.5")
    item_cap = share_field("1.5")
    position_share = share_field("1")
    no_data = models.CharField(max_length=8, choices=NoData, default=NoData.BLOCK)
    intervals = models.JSONField(default=list, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.DRAFT)
    version = models.PositiveIntegerField(default=1)

    objects = PayPlanQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        ordering = ["-due", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(start__lte=F("due")), name="pay_plan_dates_order"),
            models.CheckConstraint(
                condition=~Q(first_signer=F("second_signer"))
                & ~Q(first_signer=F("beneficiary"))
                & ~Q(second_signer=F("beneficiary")),
                name="pay_plan_three_people",
            ),
        ]

    def __str__(self):
        return self.name


class PayItem(models.Model):
    """A KPI or a goal that counts in a plan; below `minimum`, if there is one, nothing is paid."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, db_index=False)
    plan = models.ForeignKey(PayPlan, models.CASCADE, related_name="items")
    kpi = models.ForeignKey(Kpi, models.PROTECT, null=True, blank=True, related_name="+")
    goal = models.ForeignKey(Goal, models.PROTECT, null=True, blank=True, related_name="+")
    weight = weight_field()
    minimum = ExactDecimalField(max_digits=10, decimal_places=6, null=True, blank=True)

    history = HistoricalRecords()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kpi=None, goal__isnull=False) | Q(kpi__isnull=False, goal=None), name="pay_item_of_one"
            )
        ]

    def __str__(self):
        return str(self.kpi or self.goal)


class PayResult(models.Model):
    """What a plan came to when its period was frozen; never changed. `lines` tell each item as it counted."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, db_index=False)
    plan = models.OneToOneField(PayPlan, models.CASCADE, related_name="result")
    frozen_at = models.DateTimeField(auto_now_add=True)
    frozen_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    state = models.CharField(max_length=12)
    attainment = ExactDecimalField(max_digits=48, decimal_places=18)
    factor = ExactDecimalField(max_digits=48, decimal_places=18)
    proration = ExactDecimalField(max_digits=48, decimal_places=18)
    amount = money_field()
    lines = models.JSONField()


class PaySignature(models.Model):
    """One of two who confirm a result."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, db_index=False)
    result = models.ForeignKey(PayResult, models.CASCADE, related_name="signatures")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    signed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["result", "person"], name="pay_signature_once")]


class PayLog(models.Model):
    """Who did what with a plan, also who took it out of Cascade; append-only."""

    class What(models.TextChoices):
        MADE = "made", _("made it")
        CHANGED = "changed", _("changed it")
        AGREED = "agreed", _("showed it to the beneficiary")
        FROZEN = "frozen", _("froze the result")
        SIGNED = "signed", _("signed the result")
        EXPORTED = "exported", _("exported it for payroll")

    organisation = models.ForeignKey(Organisation, models.CASCADE, db_index=False)
    plan = models.ForeignKey(PayPlan, models.CASCADE, related_name="log")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    what = models.CharField(max_length=8, choices=What)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
