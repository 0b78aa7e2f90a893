"""What HR types about a bonus plan. Shares are typed and shown in per cent."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cascade.numbers import NumberField
from goals.models import Goal
from kpis.forms import DayInput, Refusing
from kpis.models import Kpi, PayPlan
from people.fields import PersonField
from people.models import Person

SHARES = ("threshold", "threshold_factor", "most", "most_factor", "item_cap", "position_share")
MOST_ITEMS = 12
MOST_OFFERED = 300


class PercentField(NumberField):
    def __init__(self, **options):
        super().__init__(unit="%", **options)

    def to_python(self, value):
        found = super().to_python(value)
        return None if found is None else found / 100

    def prepare_value(self, value):
        return super().prepare_value(value * 100) if isinstance(value, Decimal) else value


class IntervalsField(forms.CharField):
    """Days employed under the plan: `2026-04-01 2026-12-31`, one span a line."""

    def __init__(self, **options):
        super().__init__(widget=forms.Textarea({"rows": 2}), required=False, max_length=2000, **options)

    def to_python(self, value):
        spans = []
        for line in super().to_python(value).splitlines():
            try:
                first, last = (dt.date.fromisoformat(day) for day in line.replace("to", " ").split())
            except ValueError:
                message = _("Write two dates a line, such as 2026-04-01 2026-12-31.")
                raise ValidationError(message, "not_two_dates") from None
            spans.append([first.isoformat(), last.isoformat()])
        return spans

    def prepare_value(self, value):
        return "\n".join(" ".join(span) for span in value) if isinstance(value, list) else value

    def has_changed(self, initial, data):
        return True

    def run_validators(self, value):
        """`to_python` has read the spans; what is left is no text."""


class PlanForm(Refusing):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    beneficiary = PersonField(label=gettext_lazy("Beneficiary"), required=True)
    first_signer = PersonField(label=gettext_lazy("First signature"), required=True)
    second_signer = PersonField(label=gettext_lazy("Second signature"), required=True)
    start = forms.DateField(label=gettext_lazy("From"), widget=DayInput)
    due = forms.DateField(label=gettext_lazy("To"), widget=DayInput)
    bonus = forms.DecimalField(label=gettext_lazy("Bonus at target"), max_digits=18, decimal_places=2, min_value=0)
    currency = forms.RegexField(r"^[A-Z]{3}\Z", label=gettext_lazy("Currency"), initial="NOK", max_length=3)
    threshold = PercentField(label=gettext_lazy("Nothing below"), initial=Decimal("0.8"))
    threshold_factor = PercentField(label=gettext_lazy("Paid at that point"), initial=Decimal("0.5"))
    most = PercentField(label=gettext_lazy("Most from"), initial=Decimal("1.2"))
    most_factor = PercentField(label=gettext_lazy("Paid at most"), initial=Decimal("1.5"))
    item_cap = PercentField(label=gettext_lazy("An item counts at most"), initial=Decimal("1.5"))
    position_share = PercentField(label=gettext_lazy("Position"), initial=Decimal(1))
    intervals = IntervalsField(
        label=gettext_lazy("Days employed under it"),
        help_text=gettext_lazy("Two dates a line, such as 2026-04-01 2026-12-31. Empty: the whole time."),
    )
    no_data = forms.ChoiceField(label=gettext_lazy("An item without data"), choices=PayPlan.NoData.choices)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, person: Person, **options):
        super().__init__(*args, **options)
        for field in self.fields.values():
            if isinstance(field, PersonField):
                field.people = Person.objects.visible_to(person).active()
                field.widget.attrs["data-people"] = reverse("goals:owners")
        for name in SHARES:
            self.fields[name].required = True


class ItemForm(forms.Form):
    """`about` is `kpi-<id>` or `goal-<id>`; empty: no item."""

    about = forms.ChoiceField(label=gettext_lazy("KPI or goal"), required=False)
    weight = NumberField(label=gettext_lazy("Weight"), required=False)
    minimum = PercentField(label=gettext_lazy("At least"), required=False)

    def __init__(self, *args, offered, **options):
        super().__init__(*args, **options)
        self.fields["about"].choices = offered

    def has_changed(self):
        """An item that stays as it was still counts."""
        return True

    def clean(self):
        data = super().clean()
        if data.get("about") and data.get("weight") is None and "weight" not in self.errors:
            self.add_error("weight", ValidationError(_("Say what it weighs; 0 for a gate alone."), "required"))
        return data

    @property
    def item(self) -> dict[str, Any] | None:
        if not self.cleaned_data.get("about"):
            return None
        kind, pk = self.cleaned_data["about"].split("-")
        row = (Kpi if kind == "kpi" else Goal).objects.get(pk=pk)
        return {kind: row, **{name: self.cleaned_data[name] for name in ("weight", "minimum")}}


ItemForms = forms.formset_factory(ItemForm, extra=3, max_num=MOST_ITEMS, absolute_max=MOST_ITEMS)


def offered(person: Person, plan: PayPlan | None) -> list[tuple[str, Any]]:
    """The KPIs and goals that may count: those in the plan already, then what the person may see, the newest first."""
    items = list(plan.items.select_related("kpi", "goal")) if plan and plan.pk else []
    kpis = {f"kpi-{item.kpi_id}": str(item.kpi) for item in items if item.kpi_id}
    goals = {f"goal-{item.goal_id}": str(item.goal) for item in items if item.goal_id}
    seen = Kpi.objects.visible_to(person).active().select_related("goal").order_by("goal__tree_id", "goal__lft", "pk")
    kpis |= {f"kpi-{kpi.pk}": f"{kpi.name} ({kpi.goal.title})"[:200] for kpi in seen[:MOST_OFFERED]}
    tree = Goal.objects.visible_to(person).open().in_tree_order()
    goals |= {f"goal-{goal.pk}": goal.title[:200] for goal in tree[:MOST_OFFERED]}
    return [("", "–"), (_("KPIs"), list(kpis.items())), (_("Goals"), list(goals.items()))]
