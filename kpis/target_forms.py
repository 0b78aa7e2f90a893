"""What people type about a target that changes from a date on."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cascade.numbers import NumberField
from kpis import targets
from kpis.forms import (
    DayInput,
    MilestonesField,
    ReasonField,
    Refusing,
    milestones_told,
    milestones_typed,
    named_periods,
)
from kpis.models import Kpi
from kpis.scoring import fiscal_of
from people.models import Person

NUMBERS = {
    "lower": _("At least"),
    "upper": _("At most"),
    "target": _("Target"),
    "stretch": _("Stretch target"),
    "zero_at": _("Counts as nothing at"),
}


class TargetForm(Refusing):
    """Asks for something else of a KPI from a day on. `version` is the one that was seen."""

    since = forms.DateField(label=_("From"), widget=DayInput)
    rebase = forms.BooleanField(label=_("Measure progress anew from that day"), required=False)
    baseline = NumberField(
        label=_("New start"), help_text=_("Empty: where it stood the evening before"), required=False
    )
    milestones = MilestonesField(label=_("Milestones"), required=False)
    reason = ReasonField(label=_("Why does it change?"), help_text=_("Everybody who sees this KPI reads it."))
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, kpi: Kpi, **options):
        self.kpi, self.fiscal = kpi, fiscal_of(kpi.organisation)
        on = kpi.organisation.today()
        start, due = kpi.life
        initial: dict[str, Any] = {"since": min(max(on, start + dt.timedelta(days=1)), due), "version": kpi.version}
        initial |= {name: getattr(kpi, name) for name in self.numbers}
        initial["milestones"] = milestones_told(kpi, self.fiscal)
        super().__init__(*args, initial=initial, auto_id="target-%s", **options)
        for name in self.numbers:
            self.fields[name] = NumberField(label=NUMBERS[name], unit=kpi.unit, required=False)
        if not kpi.milestones:
            del self.fields["milestones"]
        if not self.may_rebase:
            del self.fields["rebase"], self.fields["baseline"]
        elif kpi.aggregation == Kpi.Aggregation.SUM:
            del self.fields["baseline"]
        self.fields["since"].widget.attrs |= {"min": (start + dt.timedelta(days=1)).isoformat(), "max": due.isoformat()}
        self.order_fields(["since", *self.numbers, "milestones", "rebase", "baseline", "reason", "version"])

    @property
    def numbers(self) -> list[str]:
        """The numbers that this KPI is asked for."""
        kpi = self.kpi
        if kpi.direction == Kpi.Direction.MAINTAIN:
            has_band = kpi.lower is not None or kpi.upper is not None
            return ["lower", "upper"] if has_band else ["target"]
        return ["target", "stretch"] + (["zero_at"] if kpi.target_mode == Kpi.TargetMode.EACH_PERIOD else [])

    @property
    def may_rebase(self) -> bool:
        kpi = self.kpi
        by_due = kpi.target_mode == Kpi.TargetMode.BY_DUE and kpi.direction != Kpi.Direction.MAINTAIN
        return by_due and kpi.cadence != Kpi.Cadence.ONCE

    @property
    def asked_numbers(self) -> list[forms.BoundField]:
        return [self[name] for name in self.numbers]

    def clean(self):
        text = self.cleaned_data.get("milestones")
        if text is not None:
            known = named_periods(*self.kpi.life, self.kpi.cadence, self.fiscal)
            try:
                self.cleaned_data["milestones"] = milestones_typed(text, known, self.kpi.unit)
            except forms.ValidationError as error:
                self.add_error("milestones", error)

    @property
    def can_be_tried(self) -> bool:
        """What is asked is clear, whether or not a reason is given yet."""
        return not self.errors.keys() - {"reason"}

    def asked(self) -> dict[str, Any]:
        """What is to be asked, as `kpis.targets` takes it."""
        cleaned = self.cleaned_data
        given: dict[str, Any] = {name: cleaned[name] for name in self.numbers}
        if "milestones" in self.fields:
            given["milestones"] = cleaned["milestones"]
        if cleaned.get("rebase"):
            given["rebase"] = True
            start: Decimal | None = cleaned.get("baseline")
            given |= {} if start is None else {"baseline": start}
        return given

    def effect(self, viewer: Person) -> targets.Effect:
        """Raises ValidationError for what cannot be asked."""
        return targets.effect(self.kpi, self.cleaned_data["since"], viewer, **self.asked())

    def save(self, *, by: Person) -> Kpi:
        """Raises ValidationError and VersionMismatch."""
        cleaned = self.cleaned_data
        return targets.change(
            self.kpi, cleaned["since"], by=by, reason=cleaned["reason"], version=cleaned["version"], **self.asked()
        )

    def meet(self, theirs: Kpi) -> None:
        """After somebody else's change: the next save is one of the version they left."""
        self.data = {**self.data.dict(), "version": str(theirs.version)}
        message = _("Somebody changed this KPI in the meantime. Look at the effect, and save again if it is right.")
        self.add_error(None, forms.ValidationError(message, "changed_meanwhile"))
