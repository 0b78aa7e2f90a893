"""What people type about KPIs and their values."""

import datetime as dt
from collections.abc import Mapping
from copy import copy
from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cascade.errors import Conflict
from cascade.numbers import NumberField, as_typed, typed
from cascade.once import new_key
from goals.models import Goal
from kpis import definitions, recording
from kpis.course import Line
from kpis.library import KpiTemplate
from kpis.models import Kpi, Measurement
from kpis.periods import Fiscal, period_name, periods
from kpis.rolled.fields import COLUMNS, LinksField
from kpis.rolled.words import formula_shown, visible_keys
from kpis.scoring import fiscal_of
from people.fields import PersonField
from people.models import Person

MOST_PERIODS = 4000
LONGEST_UNIT_INSIDE = 12  # characters
FINER = {
    "fade",
    "key",
    "max_value",
    "milestones",
    "min_value",
    "source_note",
    "stretch",
    "trajectory",
    "weight",
    "zero_at",
}
DONE_OR_NOT = {
    "cadence": "once",
    "target_mode": "by_due",
    "direction": "increase",
    "aggregation": "latest",
    "baseline": None,
    "target": Decimal(1),
    "stretch": None,
    "milestones": "",
}


class DayInput(forms.DateInput):
    input_type = "date"

    def format_value(self, value):
        return value.isoformat() if isinstance(value, dt.date) else value


class ReasonField(forms.CharField):
    def __init__(self, **options):
        super().__init__(max_length=2000, widget=forms.Textarea(attrs={"rows": 2}), **options)


class Refusing(forms.Form):
    """Shows what a model refuses at the fields of the form; the first of them gets the focus."""

    def refuse(self, error: ValidationError) -> None:
        for name, found in error.error_dict.items():
            self.add_error(name if name in self.fields else None, found)

    def full_clean(self):
        super().full_clean()
        self.focus(*self.errors)

    def add_error(self, field, error):
        super().add_error(field, error)
        self.focus(*self.errors)

    def focus(self, *names: str) -> None:
        for name in names[:1]:
            if name in self.fields:
                self.fields[name].widget.attrs["autofocus"] = True


class ValueForm(Refusing):
    """One value of one period. `seen` is the version of the value that stood there when the form was made."""

    seen = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    note = ReasonField(label=gettext_lazy("Note"), required=False)
    observed_on = forms.DateField(label=gettext_lazy("Measured on"), required=False, widget=DayInput)

    def __init__(self, *args, kpi: Kpi, line: Line, **options):
        held = line.held
        initial = {"seen": held.version if held else 0, "value": line.value}
        if held and kpi.cadence == Kpi.Cadence.ONCE:
            initial["observed_on"] = held.observed_on
        super().__init__(*args, initial=initial, auto_id="value-%s", **options)
        self.kpi, self.line = kpi, line
        self.fields["value"] = self.value_field()
        if self.corrects:
            self.fields["note"].label = _("Why does it change?")
        self.order_fields(["value", "note", "observed_on", "seen"])

    def value_field(self) -> forms.Field:
        hint = "" if self.short_unit or not self.kpi.unit else _("in %(unit)s") % {"unit": self.kpi.unit}
        return NumberField(label=self.line.name, unit=self.kpi.unit, help_text=hint)

    @property
    def short_unit(self) -> str:
        """A unit that has room inside the field."""
        return self.kpi.unit if len(self.kpi.unit) <= LONGEST_UNIT_INSIDE else ""

    @property
    def corrects(self) -> bool:
        """A value of a period that is over changes only with a reason."""
        held = self.line.held
        return held is not None and held.value is not None and held.observed_on >= self.line.period.life_end

    def save(self, *, by: Person) -> None:
        """Raises VersionMismatch when another value stands there than the one that was seen."""
        cleaned = self.cleaned_data
        recording.record_one(
            self.kpi,
            self.line.period.life_start,
            cleaned["value"],
            by=by,
            observed_on=cleaned["observed_on"],
            note=cleaned["note"],
            version=cleaned["seen"],
        )

    def meet(self, theirs: Measurement) -> None:
        """After somebody else's value: tells it, and makes the next save replace it."""
        self.data = {**self.data.dict(), "seen": str(theirs.version)}
        self.add_error("value", ValidationError(changed_meanwhile(theirs, self.kpi.unit), "changed_meanwhile"))


def changed_meanwhile(held: Measurement, unit: str) -> str:
    who = held.recorded_by.name if held.recorded_by else _("Somebody")
    if held.value is None:
        words = _("%(who)s withdrew the value in the meantime. Save again to put yours in its place.")
        return words % {"who": who}
    words = _("%(who)s recorded %(value)s in the meantime. Save again to put yours in its place.")
    return words % {"who": who, "value": f"{as_typed(held.value)} {unit}".rstrip()}


class DoneForm(ValueForm):
    """Done or not, and when."""

    def value_field(self) -> forms.Field:
        return forms.TypedChoiceField(
            label=gettext_lazy("Is it done?"),
            choices=[("1", _("Done")), ("0", _("Not done"))],
            coerce=Decimal,
            widget=forms.RadioSelect,
        )

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.initial["value"] = "1" if self.line.value in (None, 1) else "0"
        self.fields["observed_on"].label, self.fields["observed_on"].help_text = _("Since"), _("Today, if empty")


class WithdrawForm(Refusing):
    note = ReasonField(label=gettext_lazy("Why is it wrong?"), required=False)

    def __init__(self, *args, kpi: Kpi, line: Line, **options):
        super().__init__(*args, auto_id="withdraw-%s", **options)
        self.kpi, self.line = kpi, line

    def save(self, *, by: Person) -> None:
        recording.record_one(self.kpi, self.line.period.life_start, None, by=by, note=self.cleaned_data["note"])


class StateForm(Refusing):
    """Takes a KPI out of its goal for a while or for good, or back in."""

    state = forms.ChoiceField(label=gettext_lazy("It is"), choices=Kpi.State)
    reason = ReasonField(label=gettext_lazy("Why does it change?"))

    def __init__(self, *args, kpi: Kpi, **options):
        super().__init__(*args, initial={"state": kpi.state}, auto_id="state-%s", **options)
        self.kpi = kpi

    def save(self, *, by: Person) -> Kpi:
        cleaned = self.cleaned_data
        return definitions.revise(self.kpi, by=by, reason=cleaned["reason"], state=cleaned["state"])


class MilestonesField(forms.CharField):
    """One milestone a line: a period's name, a space or colon, a number. The form knows the periods."""

    def __init__(self, **options):
        super().__init__(max_length=20000, widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}), **options)


def milestones_told(kpi: Kpi, fiscal: Fiscal) -> str:
    """As MilestonesField takes them."""
    return "\n".join(
        f"{period_name(dt.date.fromisoformat(first), kpi.cadence, fiscal)} {as_typed(Decimal(value))}"
        for first, value in kpi.milestones.items()
    )


def milestones_typed(text: str, known: Mapping[str, dt.date], unit: str) -> Mapping[dt.date, Decimal]:
    """`known`: first days of periods by their names. Raises ValidationError."""
    found = {}
    for line in filter(None, (line.strip() for line in text.splitlines())):
        name, _space, value = line.replace(":", " ").replace("\t", " ").partition(" ")
        if name.upper() not in known:
            told = {"name": name, "example": next(iter(known), "2026-06")}
            words = _("%(name)s is none of its periods, such as %(example)s.") % told
            raise ValidationError(words, "milestone_unknown_period")
        found[known[name.upper()]] = typed(value, unit)
    return found


def named_periods(start: dt.date, due: dt.date, cadence: str | None, fiscal: Fiscal) -> dict[str, dt.date]:
    """First days by name, and by themselves, of the periods of a life."""
    if not cadence or start > due or (due - start).days > MOST_PERIODS:
        return {}
    firsts = [period.first for period in periods(start, due, cadence, fiscal)]
    return {first.isoformat(): first for first in firsts} | {
        period_name(first, cadence, fiscal): first for first in firsts
    }


class KpiForm(Refusing):
    """The definition of a KPI. With a KPI it changes that one, else it makes one for the goal."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=500)
    definition = forms.CharField(
        label=gettext_lazy("In one sentence"),
        help_text=gettext_lazy("How it is measured"),
        max_length=5000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    unit = forms.CharField(label=gettext_lazy("Unit"), max_length=100, required=False)
    kind = forms.ChoiceField(
        label=gettext_lazy("It is"),
        choices=[("number", gettext_lazy("a number")), ("boolean", gettext_lazy("done or not"))],
    )
    direction = forms.ChoiceField(
        label=gettext_lazy("Good is"),
        required=False,
        choices=[
            ("", gettext_lazy("Not said")),
            ("increase", gettext_lazy("Higher")),
            ("decrease", gettext_lazy("Lower")),
            ("maintain", gettext_lazy("Within a range")),
        ],
    )
    aggregation = forms.ChoiceField(
        label=gettext_lazy("Over time, take"),
        choices=[
            ("latest", gettext_lazy("the last value")),
            ("sum", gettext_lazy("the sum")),
            ("mean", gettext_lazy("the average")),
            ("min", gettext_lazy("the lowest value")),
            ("max", gettext_lazy("the highest value")),
        ],
    )
    cadence = forms.ChoiceField(label=gettext_lazy("Measured"), choices=Kpi.Cadence)
    source = forms.ChoiceField(label=gettext_lazy("Values are"), choices=Kpi.Source)
    method = forms.ChoiceField(
        label=gettext_lazy("Put together as"),
        required=False,
        choices=[
            ("sum", gettext_lazy("the sum")),
            ("mean", gettext_lazy("the average")),
            ("weighted_mean", gettext_lazy("the average by weight")),
            ("min", gettext_lazy("the lowest")),
            ("max", gettext_lazy("the highest")),
            ("ratio", gettext_lazy("one sum divided by another")),
        ],
    )
    missing = forms.ChoiceField(
        label=gettext_lazy("If one has no value in a period"), required=False, choices=Kpi.Missing
    )
    scale = NumberField(label=gettext_lazy("Times"), help_text=gettext_lazy("100 for percent"), required=False)
    links = LinksField(label=gettext_lazy("KPIs it is taken from"), required=False)
    formula = forms.CharField(
        label=gettext_lazy("Formula"),
        help_text=gettext_lazy("Keys of KPIs, numbers, + - * / ( ) and min(..), max(..), abs(..), round(.., 2)"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false", "autocomplete": "off"}),
    )
    indicator = forms.ChoiceField(
        label=gettext_lazy("It shows"),
        choices=[("lag", gettext_lazy("the result itself (lag)")), ("lead", gettext_lazy("what leads to it (lead)"))],
    )
    target_mode = forms.ChoiceField(
        label=gettext_lazy("The target is to be reached"),
        choices=[("by_due", gettext_lazy("by the due date")), ("each_period", gettext_lazy("in each period"))],
    )
    baseline = NumberField(label=gettext_lazy("Start"), required=False)
    target = NumberField(label=gettext_lazy("Target"), required=False)
    stretch = NumberField(label=gettext_lazy("Stretch target"), required=False)
    lower = NumberField(label=gettext_lazy("At least"), required=False)
    upper = NumberField(label=gettext_lazy("At most"), required=False)
    fade = NumberField(
        label=gettext_lazy("Nothing is left beyond"),
        help_text=gettext_lazy("This far outside the range"),
        required=False,
    )
    zero_at = NumberField(label=gettext_lazy("Counts as nothing at"), required=False)
    start = forms.DateField(label=gettext_lazy("From"), required=False, widget=DayInput)
    due = forms.DateField(label=gettext_lazy("By"), required=False, widget=DayInput)
    trajectory = forms.ChoiceField(label=gettext_lazy("Path"), choices=Kpi.Trajectory)
    milestones = MilestonesField(label=gettext_lazy("Milestones"), required=False)
    weight = NumberField(label=gettext_lazy("Weight in its goal"))
    benchmark = NumberField(
        label=gettext_lazy("Benchmark"), help_text=gettext_lazy("What others reach"), required=False
    )
    benchmark_source = forms.CharField(label=gettext_lazy("Source of the benchmark"), max_length=500, required=False)
    benchmark_on = forms.DateField(label=gettext_lazy("As of"), required=False, widget=DayInput)
    min_value = NumberField(label=gettext_lazy("Lowest possible value"), required=False)
    max_value = NumberField(label=gettext_lazy("Highest possible value"), required=False)
    data_owner = PersonField(label=gettext_lazy("Who records it"))
    source_note = forms.CharField(
        label=gettext_lazy("Where the number comes from"),
        max_length=5000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    key = forms.CharField(
        label=gettext_lazy("Name for formulas and imports"),
        help_text=gettext_lazy("Small letters, digits and _; made from the name if empty"),
        max_length=100,
        required=False,
    )
    reason = ReasonField(
        label=gettext_lazy("Why does it change?"),
        help_text=gettext_lazy("Needed when what is asked for changes after the first value"),
        required=False,
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    once = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(
        self, *args, person: Person, goal: Goal, kpi: Kpi | None = None, template: KpiTemplate | None = None, **options
    ):
        self.goal, self.kpi = goal, kpi
        told = self.told_by(kpi or Kpi(organisation=goal.organisation)) | (template.fills if template else {})
        initial = told | ({"version": kpi.version} if kpi else {"once": new_key()})
        super().__init__(*args, initial=initial, **options)
        here = Q(is_active=True) | Q(pk=kpi.data_owner_id if kpi else None)  # who left stays until somebody changes it
        self.fields["data_owner"].people = Person.objects.visible_to(person).filter(here)
        self.fields["data_owner"].widget.attrs["data-people"] = reverse("goals:owners")
        self.fields["links"].person, self.fields["links"].kpi = person, kpi
        self.keeps_formula = self.hide_formula(person)
        for name in ("reason", "version") if kpi is None else ("once",):
            del self.fields[name]

    def told_by(self, kpi: Kpi) -> dict[str, object]:
        """A KPI's fields as this form shows them."""
        names = [name for name in self.base_fields if name in definitions.FIELDS]
        told = {name: getattr(kpi, name) for name in names}
        told["milestones"] = milestones_told(kpi, fiscal_of(kpi.organisation))
        return told | {"direction": kpi.direction or ""}

    def hide_formula(self, person: Person) -> bool:
        """A formula that names what the person may not see is shown without it and stays as it is."""
        formula = self.kpi.formula if self.kpi else ""
        shown = formula_shown(formula, visible_keys([formula], person)) if formula else ""
        if shown == formula:
            return False
        self.fields["formula"].disabled = True
        self.fields["formula"].help_text = _("It names KPIs that you may not see, so it cannot be changed here.")
        self.initial["formula"] = shown
        return True

    @property
    def origin_field(self) -> str:
        return "formula" if self.cleaned_data.get("source") == Kpi.Source.FORMULA else "links"

    @property
    def fine_errors(self) -> bool:
        return bool(FINER & self.errors.keys())

    def clean_scale(self):
        return Decimal(1) if self.cleaned_data["scale"] is None else self.cleaned_data["scale"]

    def clean_direction(self):
        return self.cleaned_data["direction"] or None

    def clean(self):
        if self.cleaned_data.get("source") != Kpi.Source.ROLLUP:
            self.errors.pop("links", None)
            self.cleaned_data["links"] = []
        if self.cleaned_data.get("kind") == Kpi.Kind.BOOLEAN:
            self.cleaned_data |= DONE_OR_NOT
        if "milestones" in self.cleaned_data:
            try:
                self.cleaned_data["milestones"] = self.read_milestones(self.cleaned_data["milestones"])
            except ValidationError as error:
                self.add_error("milestones", error)
        if self.kpi is not None and not self.cleaned_data.get("reason") and self.moves_the_target():
            self.add_error("reason", ValidationError(self.why_a_reason(), "reason_required"))

    def moves_the_target(self) -> bool:
        """What people are measured against changes after the first value."""
        moving = ("baseline", "target", "stretch", "lower", "upper", "start", "due", "target_mode", "direction")
        changed = [name for name in moving if self.cleaned_data.get(name) != getattr(self.kpi, name)]
        return bool(changed) and self.kpi.revisions.exists()

    def why_a_reason(self) -> str:
        old, new = self.kpi.target, self.cleaned_data.get("target")
        words = _("Say in a sentence why it changes. Everyone on this goal will read it.")
        if old is None or new == old:
            return words
        return f"{_('The old target was %(value)s.') % {'value': as_typed(old)}} {words}"

    def read_milestones(self, text: str) -> Mapping[dt.date, Decimal]:
        return milestones_typed(text, self.period_names(), self.cleaned_data.get("unit", ""))

    def period_names(self) -> dict[str, dt.date]:
        """Of the periods the form describes."""
        cycle = self.goal.cycle
        start = self.cleaned_data.get("start") or self.goal.start or cycle.start
        due = self.cleaned_data.get("due") or self.goal.due or cycle.due
        return named_periods(start, due, self.cleaned_data.get("cadence"), fiscal_of(self.goal.organisation))

    def fields_given(self) -> dict[str, object]:
        given = {name: value for name, value in self.cleaned_data.items() if name in definitions.FIELDS}
        if not given["key"]:
            del given["key"]
        if self.keeps_formula and given["source"] == Kpi.Source.FORMULA:
            given["formula"] = self.kpi.formula
        return given

    def meet(self, theirs: Kpi) -> list[tuple[str, str, str]]:
        """After somebody else's change: takes over what only they changed, tells what both did as (label, mine,
        theirs), and makes the next save one of the version they left."""
        seen = theirs.history.filter(version=self.cleaned_data["version"]).first()
        mine, now = self.told_by(self.changed(theirs)), self.told_by(theirs)
        base = self.told_by(seen.instance) if seen else {}
        data, both = self.data.copy(), []
        for name in mine:
            if now[name] in (mine[name], base.get(name)):
                continue
            if mine[name] == base.get(name):
                self.take_over(data, name, now[name])
            else:
                both.append((self[name].label, self.in_words(name, mine[name]), self.in_words(name, now[name])))
        data["version"] = theirs.version
        self.data = data
        return both

    def take_over(self, data: QueryDict, name: str, value: object) -> None:
        if name == "links":
            rows = self.fields["links"].prepare_value(value)
            for column in COLUMNS:
                data.setlist(f"link_{column}", [row[column] for row in rows])
        else:
            data[name] = self.as_typed(name, value)

    def changed(self, kpi: Kpi) -> Kpi:
        """The KPI as this form would make it, not saved."""
        changed = copy(kpi)
        definitions.assign(changed, self.fields_given())
        return changed

    def in_words(self, name: str, value: object) -> str:
        if name == "links":
            return ", ".join(row["kpi"] for row in self.fields[name].prepare_value(value)) or _("nothing")
        choices = dict(getattr(self.fields[name], "choices", ()))
        return str(choices.get(value) or self.as_typed(name, value)) or _("nothing")

    def as_typed(self, name: str, value: object) -> str:
        shown = self.fields[name].prepare_value(value)
        return "" if shown is None else str(shown)

    def save(self, *, by: Person) -> Kpi:
        try:
            return self.written(by)
        except Conflict as refusal:
            message = ValidationError(str(refusal), code=refusal.code)
            raise ValidationError({self.origin_field: message}) from None

    def written(self, by: Person) -> Kpi:
        if self.kpi is None:
            return definitions.create(self.goal, by=by, **self.fields_given())
        return definitions.revise(
            self.kpi,
            by=by,
            version=self.cleaned_data["version"],
            reason=self.cleaned_data["reason"],
            **self.fields_given(),
        )
