"""What people write about a goal: all of it in one form, or one cell of the tree."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cascade.errors import VersionMismatch
from cascade.fields import plain
from cascade.numbers import NumberField
from goals import merging, tree, undo
from goals.models import Act, Cycle, Goal, Perspective
from people.fields import PeopleField, PersonField
from people.models import Level, Person, Unit

DATE = forms.DateInput({"type": "date"}, format="%Y-%m-%d")


class WrittenForm(forms.Form):
    """Fields of one goal; what others changed since the form was opened is joined, or asked about field by field.

    What was saved can be taken back as `act`, which is called `done`. `conflicts` holds, by field, what others wrote
    where both sides changed it; sent again, the form's own values count, except for the fields named in `take`.
    """

    version = forms.IntegerField(widget=forms.HiddenInput)
    done = gettext_lazy("“%(goal)s” edited")
    act: Act | None = None

    def __init__(self, data=None, *, person: Person, goal: Goal | None = None, **options) -> None:
        self.person, self.goal = person, goal
        self.conflicts: dict[str, merging.Theirs] = {}
        super().__init__(data, **options)
        here = Q(is_active=True)
        if goal is not None:  # those who left stay where they are until somebody changes it
            here |= Q(pk=goal.owner_id) | Q(pk__in=goal.contributors.values("pk"))
        self.people = Person.objects.visible_to(person).filter(here)
        for field in self.fields.values():
            if isinstance(field, PersonField):
                field.people = self.people
                field.widget.attrs["data-people"] = reverse("goals:owners")
            elif isinstance(field, PeopleField):
                field.one.people = self.people

    @property
    def own(self) -> list[str]:
        return [name for name in self.fields if name != "version"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.goal is None or "version" not in cleaned:
            return cleaned
        self.data = self.data.copy()
        taken = set(self.data.getlist("take")) & set(self.own)
        columns = [name for name in self.own if not Goal._meta.get_field(name).many_to_many]
        theirs = merging.theirs(self.goal, cleaned["version"], columns)
        for name in columns:
            mine, other = stored(cleaned.get(name)), theirs.get(name)
            if name in taken or (other and other.recorded and mine == other.before):
                self.take(name)
            elif other and mine != other.now and name not in self.errors:
                self.conflicts[name] = other
        self.data["version"] = cleaned["version"] = self.goal.version
        if self.conflicts:
            raise ValidationError(_("Somebody else changed this while you wrote. Nothing is saved yet."), "conflict")
        return cleaned

    def take(self, name: str) -> None:
        """What is stored counts, not what was sent."""
        value = getattr(self.goal, name)
        self.data[name] = as_sent(self.fields[name].prepare_value(value))
        self.cleaned_data[name] = value
        self.errors.pop(name, None)

    def save(self) -> Goal | None:
        """The goal as it is now; None when the model refused, with its reasons at the fields."""
        fields = {name: self.cleaned_data[name] for name in self.own}
        try:
            with undo.act(self.person) as self.act:
                goal = self.write(**fields)
                self.act.words = self.done % undo.called(goal.title)
            return goal
        except VersionMismatch:
            self.add_error(None, ValidationError(_("Somebody else changed this just now. Save again."), "conflict"))
        except ValidationError as refused:
            for name, errors in refused.error_dict.items():
                self.add_error(name if name in self.fields else None, errors)
        return None

    def write(self, **fields) -> Goal:
        return self.goal.revise(by=self.person, version=self.cleaned_data["version"], **fields)


def stored(value: Any) -> Any:
    """A cleaned value as its column holds it."""
    return getattr(value, "pk", value)


def as_sent(value: Any) -> Any:
    if isinstance(value, Decimal):
        return plain(value)
    return "" if value is None else str(value)


def title_field() -> forms.CharField:
    return forms.CharField(max_length=500, label=gettext_lazy("Title"))


def weight_field() -> NumberField:
    return NumberField(
        label=gettext_lazy("Weight"),
        help_text=gettext_lazy("Relative to the other parts of the goal above. 0: tracked, not counted."),
    )


class TitleCell(WrittenForm):
    title = title_field()
    done = gettext_lazy("title of “%(goal)s” changed")


class WeightCell(WrittenForm):
    weight = weight_field()
    done = gettext_lazy("weight of “%(goal)s” changed")


class OwnerCell(WrittenForm):
    owner = PersonField(label=gettext_lazy("Owner"))
    done = gettext_lazy("owner of “%(goal)s” changed")


CELLS = {"title": TitleCell, "owner": OwnerCell, "weight": WeightCell}


class NewGoal:
    """What a form that makes a goal knows: where it is to stand."""

    done = gettext_lazy("“%(goal)s” added")

    def place(self, parent: Goal | None, cycle: Cycle) -> None:
        self.parent, self.cycle = parent, cycle
        levels = Level.objects.filter(organisation_id=self.person.organisation_id)
        lowest = parent.level.rank if parent else 0
        self.fields["level"].queryset = levels.filter(rank__gte=lowest)
        below = levels.filter(rank__gt=lowest).first() if parent else levels.first()
        self.fields["level"].initial = below or levels.last()
        self.fields["weight"].initial = Decimal(1)
        del self.fields["version"]

    def write(self, **fields) -> Goal:
        organisation = self.person.organisation
        return tree.create(by=self.person, organisation=organisation, cycle=self.cycle, parent=self.parent, **fields)


class ChildForm(NewGoal, WrittenForm):
    """A goal in one line of the tree."""

    title = title_field()
    level = forms.ModelChoiceField(Level.objects.none(), empty_label=None, label=gettext_lazy("Level"))
    owner = PersonField(label=gettext_lazy("Owner"))
    weight = weight_field()

    def __init__(self, *args, parent: Goal | None, cycle: Cycle, **options) -> None:
        super().__init__(*args, **options)
        self.place(parent, cycle)
        self.fields["owner"].widget.attrs["placeholder"] = _("Owner")


class GoalForm(WrittenForm):
    """Everything people decide about a goal but its place and its state."""

    title = title_field()
    why = forms.CharField(
        widget=forms.Textarea({"rows": 3}),
        required=False,
        label=gettext_lazy("Why"),
        help_text=gettext_lazy("What gets better when this is reached."),
    )
    description = forms.CharField(widget=forms.Textarea({"rows": 3}), required=False, label=gettext_lazy("Description"))
    contribution = forms.CharField(
        widget=forms.Textarea({"rows": 2}),
        required=False,
        label=gettext_lazy("Contribution"),
        help_text=gettext_lazy("How it helps the goal above."),
    )
    level = forms.ModelChoiceField(Level.objects.none(), empty_label=None, label=gettext_lazy("Level"))
    owner = PersonField(
        label=gettext_lazy("Owner"), help_text=gettext_lazy("One accountable person: a name or an e-mail address.")
    )
    contributors = PeopleField(label=gettext_lazy("Contributors"), help_text=gettext_lazy("One person a line."))
    unit = forms.ModelChoiceField(
        Unit.objects.none(), required=False, label=gettext_lazy("Unit"), empty_label=gettext_lazy("No unit")
    )
    perspective = forms.ModelChoiceField(
        Perspective.objects.none(),
        required=False,
        label=gettext_lazy("Perspective"),
        empty_label=gettext_lazy("No perspective"),
    )
    weight = weight_field()
    rollup_method = forms.ChoiceField(choices=Goal.Method.choices, label=gettext_lazy("Progress is the"))
    visibility = forms.ChoiceField(choices=Goal.Visibility.choices, label=gettext_lazy("Who may see it"))
    start = forms.DateField(widget=DATE, required=False, label=gettext_lazy("Start"))
    due = forms.DateField(widget=DATE, required=False, label=gettext_lazy("Due"))

    def __init__(self, data=None, *, goal: Goal | None = None, **options) -> None:
        if goal is not None:
            names = [name for name in self.base_fields if name != "contributors"]
            told = {name: getattr(goal, name) for name in names}
            options["initial"] = told | {"contributors": list(goal.contributors.all())}
        super().__init__(data, goal=goal, **options)
        self.fields["level"].queryset = Level.objects.filter(organisation_id=self.person.organisation_id)
        self.fields["unit"].queryset = Unit.objects.visible_to(self.person)
        self.fields["perspective"].queryset = Perspective.objects.visible_to(self.person)

    def rows(self, *names: str) -> list[dict]:
        """Fields to show, each with what somebody else made of it meanwhile."""
        return [{"field": self[name], "theirs": self.conflicts.get(name)} for name in names]

    @property
    def words(self) -> list[dict]:
        return self.rows("title", "why", "description", "contribution")

    @property
    def people_fields(self) -> list[dict]:
        return self.rows("owner", "contributors", "unit", "visibility")

    @property
    def counting(self) -> list[dict]:
        return self.rows("level", "perspective", "weight", "rollup_method", "start", "due")


class NewGoalForm(NewGoal, GoalForm):
    def __init__(self, *args, parent: Goal | None, cycle: Cycle, **options) -> None:
        super().__init__(*args, **options)
        self.place(parent, cycle)
        if parent is not None:
            for name in ("unit", "perspective", "visibility"):
                self.fields[name].initial = getattr(parent, name)
