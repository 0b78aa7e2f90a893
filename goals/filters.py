"""What a person looks for among the goals of a cycle, as it stands in the address of a page."""

from functools import cached_property
from urllib.parse import urlencode

from django import forms
from django.db.models import Exists, FloatField, OuterRef, Q, QuerySet
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from goals import columns
from goals.models import Goal, GoalFigures
from goals.outline import ORDERS, STALE_FROM
from people.models import Level, Person, Unit

Status = GoalFigures.Status
STATUSES = [
    choice for choice in Status.choices if choice[0] not in Goal.State.values
]  # states have a filter of their own
TROUBLE = (Status.AT_RISK, Status.OFF_TRACK)


class GoalFilter(forms.Form):
    q = forms.CharField(max_length=200, required=False, label=_("Search goals"))
    level = forms.ModelChoiceField(Level.objects.none(), required=False, label=_("Level"), empty_label=_("All"))
    unit = forms.ModelChoiceField(Unit.objects.none(), required=False, label=_("Unit"), empty_label=_("All"))
    owner = forms.ChoiceField(
        choices=[("", _("Anyone")), ("me", _("Me")), ("nobody", _("Nobody"))], required=False, label=_("Owner")
    )
    state = forms.ChoiceField(choices=[("", _("Any")), *Goal.State.choices], required=False, label=_("State"))
    status = forms.ChoiceField(choices=[("", _("Any")), *STATUSES], required=False, label=_("Status"))
    attention = forms.BooleanField(required=False)
    stale = forms.BooleanField(required=False)

    def __init__(self, data, *, person: Person) -> None:
        super().__init__(data)
        self.person = person
        self.fields["level"].queryset = Level.objects.filter(organisation_id=person.organisation_id)
        self.fields["unit"].queryset = Unit.objects.visible_to(person)
        self.is_valid()  # what cannot be read is not looked for

    def choosing(self) -> list:
        """The fields with a list to choose from."""
        return [self[name] for name in ("level", "unit", "owner", "state", "status")]

    @property
    def is_on(self) -> bool:
        """Whether goals are looked for, not only shown in another way."""
        return any(self.cleaned_data.values())

    @cached_property
    def columns(self) -> columns.Columns:
        return columns.chosen(",".join(self.data.getlist("columns")) if "columns" in self.data else None)

    @property
    def order(self) -> str:
        """What siblings are ordered by, with a minus for the other way round; empty: as people placed them."""
        order = self.data.get("sort", "")
        return order if order.removeprefix("-") in ORDERS else ""

    @property
    def manner(self) -> str:
        """How goals are shown, as a part of an address: columns and order."""
        said = {}
        if self.columns != columns.chosen(None):
            said["columns"] = ",".join(self.columns)
        return urlencode(said | ({"sort": self.order} if self.order else {}), safe=",")

    @property
    def query(self) -> str:
        """What is looked for and how it is shown, as a part of an address; what cannot be read is left out."""
        said = {name: self[name].value() for name, value in self.cleaned_data.items() if value}
        said = {name: "on" if value is True else value for name, value in said.items()}
        return "&".join(filter(None, [urlencode(said), self.manner]))

    def among(self, goals: QuerySet) -> QuerySet:
        wanted = self.cleaned_data
        if text := wanted.get("q"):
            goals = goals.filter(written(text))
        if level := wanted.get("level"):
            goals = goals.filter(level=level)
        if unit := wanted.get("unit"):
            goals = goals.filter(unit__path__startswith=unit.path)
        if owner := wanted.get("owner"):
            goals = goals.filter(owner=self.person if owner == "me" else None)
        if state := wanted.get("state"):
            goals = goals.filter(state=state)
        if status := wanted.get("status"):
            goals = goals.filter(figures__status=status)
        if wanted.get("attention"):
            goals = goals.filter(figures__status__in=TROUBLE)
        if wanted.get("stale"):
            goals = goals.alias(stale=Cast("figures__stale_share", FloatField())).filter(stale__gt=float(STALE_FROM))
        return goals


def written(text: str) -> Q:
    """Goals that say this in their title, or whose owner, unit or KPI is called so."""
    found = Q()
    for form in spellings(text):
        kpis = Goal.objects.filter(pk=OuterRef("pk"), kpis__name__icontains=form)
        found |= Q(title__icontains=form) | Q(owner__name__icontains=form) | Q(unit__name__icontains=form)
        found |= Exists(kpis)
    return found


def spellings(text: str) -> set[str]:
    """SQLite ignores case only between A and Z, so other letters are looked for as they usually stand."""
    return {text} if text.isascii() else {text, text.lower(), text.upper(), text.capitalize()}
