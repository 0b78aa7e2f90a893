"""What people type into the lines of a draft. Fields left as they are suppose nothing."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from cascade.fields import plain
from cascade.numbers import NumberField
from goals import lifecycle
from goals.drafts import Line
from goals.models import Draft, Goal
from kpis.draft_lines import Shown, values_of
from kpis.models import Kpi
from kpis.periods import Period, period_name, periods
from kpis.scoring import fiscal_of

RECENT = 3  # periods
MOST_PERIODS = 4000

Held = Mapping[tuple[int, str], str]  # values by KPI and period


class WeightField(NumberField):
    def to_python(self, value):
        number = super().to_python(value)
        if number is not None and (number < 0 or number >= 10**12 or number != round(number, 6)):
            raise ValidationError(_("A weight is 0 or more, with at most 6 decimals."), "weight_negative")
        return number


class NameForm(forms.ModelForm):
    class Meta:
        model = Draft
        fields = ("name", "shared")
        labels = {"name": _("Name"), "shared": _("Everybody here may open it")}


class ApplyForm(forms.Form):
    reason = forms.CharField(
        max_length=2000,
        label=_("Why"),
        help_text=_("Kept in the history of every goal and KPI that changes."),
        widget=forms.Textarea({"rows": 3, "hx-preserve": "true"}),
    )
    record_values = forms.BooleanField(
        required=False, label=_("The values of periods were really measured: record them")
    )


class LineForm(forms.Form):
    """The fields of one line, filled with what is supposed, else with what is."""

    def __init__(self, data, line: Line) -> None:
        super().__init__(data, auto_id=f"{line['kind']}-{line['id']}-%s")
        self.line = line

    def given(self) -> dict[str, Any]:
        """What is supposed, as a draft keeps it; an empty field supposes nothing."""
        return {name: kept(self.cleaned_data[name]) for name in self.names if self.cleaned_data[name] not in (None, "")}


def kept(value: Any) -> Any:
    return plain(value) if isinstance(value, Decimal) else value


class GoalForm(LineForm):
    names = ("weight", "rollup_method", "state")
    weight = WeightField(label=_("Weight"), required=False)
    rollup_method = forms.ChoiceField(label=_("Counts as"), choices=Goal.Method.choices, required=False)
    state = forms.ChoiceField(label=_("State"), required=False)

    def __init__(self, data, line: Line, goal: Goal) -> None:
        super().__init__(data, line)
        now = {"weight": plain(goal.weight), "rollup_method": goal.rollup_method, "state": goal.state}
        self.initial = now | {name: line["set"][name] for name in now if name in line["set"]}
        open_to = {goal.state, self.initial["state"], *lifecycle.ALLOWED[Goal.State(goal.state)]}
        self.fields["state"].choices = [choice for choice in Goal.State.choices if choice[0] in open_to]


class KpiForm(LineForm):
    names = ("actual", "target", "weight", "state")
    target = NumberField(label=_("Target"), required=False)
    weight = WeightField(label=_("Weight"), required=False)
    state = forms.ChoiceField(label=_("State"), choices=Kpi.State.choices, required=False)

    def __init__(self, data, line: Line, kpi: Kpi, held: Held) -> None:
        super().__init__(data, line)
        self.kpi, self.days, self.held = kpi, recent(kpi, line), held
        target = "" if kpi.target is None else plain(kpi.target)
        now = {"target": target, "weight": plain(kpi.weight), "state": kpi.state}
        self.initial = now | {name: line["set"][name] for name in (*now, "actual") if name in line["set"]}
        fiscal = fiscal_of(kpi.organisation)
        for day in self.days:
            label = period_name(dt.date.fromisoformat(day), kpi.cadence, fiscal)
            self.fields[day] = NumberField(label=label, required=False, unit=kpi.unit)
            self.initial[day] = line["set"].get("values", {}).get(day, self.held.get((kpi.pk, day)))
        if kpi.target_mode == Kpi.TargetMode.BY_DUE or kpi.kind == Kpi.Kind.BOOLEAN:
            self.fields["actual"] = NumberField(label=_("Today, only tried"), required=False, unit=kpi.unit)
        else:
            self.names = ("target", "weight", "state")

    def periods(self) -> list:
        return [self[day] for day in self.days]

    def given(self) -> dict[str, Any]:
        values = {day: kept(self.cleaned_data[day]) for day in self.days}
        changed = {day: value for day, value in values.items() if value != self.held.get((self.kpi.pk, day))}
        return super().given() | ({"values": changed} if changed else {})


def recent(kpi: Kpi, line: Line) -> list[str]:
    """The first days of the last periods that have begun, the newest first, and of those in the line."""
    named = line["set"].get("values", {})
    days = [period.first.isoformat() for period in begun(kpi)]
    return sorted({*days[-RECENT:], *(day for day in days if day in named)}, reverse=True)


def begun(kpi: Kpi) -> Iterator[Period]:
    start, due = kpi.life
    today = kpi.organisation.today()
    for number, period in enumerate(periods(start, due, kpi.cadence, fiscal_of(kpi.organisation))):
        if period.life_start > today or number > MOST_PERIODS:
            return
        yield period


def held(lines: Iterable[Shown]) -> Held:
    """The values of the periods that the forms of these lines show, in one query."""
    kpis = [each for each in lines if each.row is not None and each.line["kind"] == "kpi"]
    days = {dt.date.fromisoformat(day) for each in kpis for day in recent(each.row, each.line)}
    return values_of([each.row.pk for each in kpis], days)


def form_of(line: Line, row: Goal | Kpi, held: Held, data: Mapping[str, str] | None = None) -> LineForm:
    return GoalForm(data, line, row) if line["kind"] == "goal" else KpiForm(data, line, row, held)
