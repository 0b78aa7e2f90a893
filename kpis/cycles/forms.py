"""What people type about cycles."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cascade.numbers import NumberField
from goals.models import Cycle
from kpis.cycles.carrying import MORE
from kpis.cycles.proposing import Way
from kpis.forms import DayInput, ReasonField, Refusing
from kpis.models import Kpi


class Versioned(Refusing):
    """`version` is the one that was seen."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)


class CycleForm(Versioned):
    name = forms.CharField(label=_("Name"), max_length=100, help_text=_("Such as 2027, or Spring 2027."))
    start = forms.DateField(label=_("From"), widget=DayInput)
    due = forms.DateField(label=_("To"), widget=DayInput)


class NewCycleForm(CycleForm):
    state = forms.ChoiceField(
        label=_("It begins"),
        widget=forms.RadioSelect,
        initial=Cycle.State.PLANNING,
        choices=[
            (Cycle.State.PLANNING, _("planned: goals are drafts or proposed until it opens")),
            (Cycle.State.OPEN, _("open: goals can start at once")),
        ],
    )


class CloseForm(Versioned):
    reason = ReasonField(
        label=_("Why is it closed now?"), help_text=_("Stands with the final figures and in the history of every goal.")
    )


class ReopenForm(Versioned):
    reason = ReasonField(
        label=_("Why is it reopened?"), help_text=_("Stands with the final figures and in the history of every goal.")
    )


class OpenForm(Versioned):
    propose = forms.BooleanField(
        label=_("Send the drafts to their owners, who accept or answer with another number"),
        required=False,
        initial=True,
    )
    reason = forms.CharField(
        label=_("Note for the history"), required=False, max_length=2000, widget=forms.Textarea({"rows": 2})
    )


class LockForm(Versioned):
    locked_until = forms.DateField(
        label=_("Locked up to and with"),
        widget=DayInput,
        required=False,
        help_text=_("A day that is over. Empty: nothing is locked."),
    )
    reason = ReasonField(label=_("Why?"), help_text=_("Stands in the history of the cycle."))


class CarryForm(forms.Form):
    """From what targets are proposed. One field of a target for each KPI is read by name (`target-<id>`)."""

    way = forms.ChoiceField(
        label=_("Propose targets from"),
        choices=[
            (Way.same, _("the same target")),
            (Way.last_result, _("the last result")),
            (Way.trend, _("the trend drawn on")),
            (Way.last_year, _("the last year and more")),
        ],
        initial=Way.last_year,
    )
    more = NumberField(label=_("Per cent more"), initial=MORE)
    propose = forms.BooleanField(label=_("Ask the owners at once"), required=False)
    reason = forms.CharField(
        label=_("Note for the history"), required=False, max_length=2000, widget=forms.Textarea({"rows": 2})
    )

    def clean_more(self):
        more = self.cleaned_data["more"]
        if not -100 <= more <= 1000:
            raise forms.ValidationError(_("From -100 to 1000."), "out_of_range")
        return more


class TargetsForm(forms.Form):
    """A target for each KPI that goes on, named by its id."""

    def __init__(self, data: Any, *, kpis: list[Kpi]) -> None:
        super().__init__(data)
        for kpi in kpis:
            self.fields[f"target-{kpi.pk}"] = NumberField(label=kpi.name, unit=kpi.unit, required=False)
