"""The settings of the calendar, a goal's rhythm and a review's move, as forms."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from people.models import Organisation
from reviews.calendar import public_holidays
from reviews.calendar.moving import LONGEST_REASON
from reviews.models import Cadence, FreeDay, GoalRhythm, Review, ReviewSettings
from reviews.schedule import Rules

ANCHOR, AS_LEVEL = "anchor", ""


class Refusable(forms.Form):
    def refuse(self, refusal: ValidationError) -> None:
        for name, errors in refusal.error_dict.items():
            self.add_error(name if name in self.fields else None, errors)


class DayField(forms.DateField):
    def __init__(self, **options):
        super().__init__(widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"), **options)


class SettingsForm(forms.Form):
    """With a field of the cadence for every level. The region of another country than the one chosen is dropped."""

    country = forms.ChoiceField(label=_("Public holidays of"), required=False)
    region = forms.ChoiceField(label=_("Region"), required=False)
    days_after = forms.IntegerField(
        label=_("Days after the end of a period"),
        help_text=_("So that its last values are in."),
        min_value=0,
        max_value=60,
    )
    shift = forms.ChoiceField(
        label=_("When that is a weekend or a holiday"), choices=ReviewSettings.Shift.choices, widget=forms.RadioSelect
    )
    invite = forms.BooleanField(
        label=_("Mail owner and manager an invitation for their calendars, a month ahead"), required=False
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data=None, *, organisation: Organisation, rules: Rules):
        settings = rules.settings
        told = {name: getattr(settings, name) for name in self.base_fields}
        super().__init__(data, initial=told)
        self.levels = list(organisation.levels.order_by("rank"))
        for level in self.levels:
            self.initial[f"level_{level.pk}"] = rules.cadence_of(level)
            self.fields[f"level_{level.pk}"] = forms.ChoiceField(label=level.name, choices=Cadence.choices)
        self.fields["country"].choices = [("", _("No country")), *public_holidays.countries().items()]
        self.regions = public_holidays.regions(self["country"].value() or "")
        self.fields["region"].choices = [("", _("Whole country")), *self.regions.items()]
        if self.is_bound and self["region"].value() not in self.regions:
            self.data = {**self.data.dict(), "region": ""}

    @property
    def cadences(self) -> list:
        return [self[f"level_{level.pk}"] for level in self.levels]

    def chosen(self) -> dict:
        return {name: self.cleaned_data[name] for name in ("country", "region", "days_after", "shift", "invite")}

    def chosen_levels(self) -> dict[int, str]:
        return {level.pk: self.cleaned_data[f"level_{level.pk}"] for level in self.levels}


class FreeDayForm(forms.Form):
    day = DayField(label=_("Day"))
    name = forms.CharField(label=_("What it is"), max_length=FreeDay._meta.get_field("name").max_length)


class RhythmForm(Refusable):
    """As the goal's level, by a cadence, or every so many months from a first day."""

    cadence = forms.ChoiceField(label=_("How often"), required=False)
    anchor = DayField(label=_("First period ends on"), required=False)
    months = forms.IntegerField(label=_("Months between"), required=False, min_value=1, max_value=60)

    def __init__(self, data=None, *, rhythm: GoalRhythm | None, as_level: str):
        told = {}
        if rhythm is not None:
            told = {"cadence": rhythm.cadence or ANCHOR, "anchor": rhythm.anchor, "months": rhythm.months}
        super().__init__(data, initial=told, auto_id="rhythm-%s")
        self.fields["cadence"].choices = [
            (AS_LEVEL, as_level),
            *Cadence.choices,
            (ANCHOR, _("Every so many months from a day")),
        ]

    def chosen(self) -> dict:
        """Of a first day and months only what goes with the choice is taken."""
        if self.cleaned_data["cadence"] != ANCHOR:
            return {"cadence": self.cleaned_data["cadence"]}
        return {"anchor": self.cleaned_data["anchor"], "months": self.cleaned_data["months"]}

    def clean(self):
        told = super().clean()
        if told.get("cadence") == ANCHOR:
            for name in ("anchor", "months"):
                if not told.get(name) and name not in self.errors:
                    self.add_error(name, ValidationError(_("This is needed here."), code="required"))
        return told


class ReasonForm(Refusable):
    reason = forms.CharField(
        label=_("Why"), max_length=LONGEST_REASON, required=False, widget=forms.Textarea({"rows": 2})
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, data=None, *, review: Review):
        super().__init__(data, initial={"day": review.day, "time": review.time, "version": review.version})


class MoveForm(ReasonForm):
    day = DayField(label=_("New day"))
    time = forms.TimeField(label=_("Time"), required=False, widget=forms.TimeInput({"type": "time"}, format="%H:%M"))
    field_order = ["day", "time", "reason", "version"]
