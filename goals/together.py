"""One thing about many goals is changed at once: how many would change, which would not and why, and doing it.

Who may change what, and what a value may be, is asked of the same predicates as everywhere; the writing itself is that
of `POST goals/bulk/` (goals/writing_api.py): all or nothing.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from cascade.errors import Conflict, RowsRefused
from cascade.numbers import NumberField
from cascade.wire import MOST_ROWS
from goals import lifecycle, undo, writing_api
from goals.access import Rights
from goals.forms import DATE
from goals.models import Act, Goal
from people.fields import PersonField
from people.models import Person

MOST_TOLD = 20  # of those that stay as they are


class TogetherForm(forms.Form):
    """What is changed (the field called like the form) and, where it matters, why."""

    name = ""
    title: Any = ""
    done: Any = ""

    def __init__(self, data=None, *, person: Person) -> None:
        super().__init__(data, auto_id="together_%s")
        for field in self.fields.values():
            if isinstance(field, PersonField):
                field.people = Person.objects.visible_to(person).active()
                field.widget.attrs["data-people"] = reverse("goals:owners")

    @property
    def value(self) -> Any:
        return self.cleaned_data[self.name]

    def differs(self, goal: Goal) -> bool:
        return getattr(goal, self.name) != self.value

    def refuse(self, goal: Goal, person: Person) -> None:
        """Gives the goal the value, unsaved. Raises ValidationError or Conflict where it cannot take it."""
        setattr(goal, self.name, self.value)
        goal.clean()

    def row(self) -> dict[str, Any]:
        """The value as a row of the bulk interface names it."""
        return {self.name: self.value}


class OwnerForm(TogetherForm):
    name = "owner"
    title = ngettext_lazy("Owner of %(count)d goal", "Owner of %(count)d goals", "count")
    done = ngettext_lazy("owner of %(count)d goal changed", "owner of %(count)d goals changed", "count")
    owner = PersonField(label=gettext_lazy("Owner"), help_text=gettext_lazy("Empty: nobody."))

    def row(self) -> dict[str, Any]:
        return {"owner": self.value and self.value.pk}


class WeightForm(TogetherForm):
    name = "weight"
    title = ngettext_lazy("Weight of %(count)d goal", "Weight of %(count)d goals", "count")
    done = ngettext_lazy("weight of %(count)d goal changed", "weight of %(count)d goals changed", "count")
    weight = NumberField(
        label=gettext_lazy("Weight"),
        help_text=gettext_lazy("Relative to the other parts of the goal above. 0: tracked, not counted."),
    )

    def row(self) -> dict[str, Any]:
        return {"weight": str(self.value)}


class DueForm(TogetherForm):
    name = "due"
    title = ngettext_lazy("Due date of %(count)d goal", "Due date of %(count)d goals", "count")
    done = ngettext_lazy("due date of %(count)d goal changed", "due date of %(count)d goals changed", "count")
    due = forms.DateField(
        widget=DATE, required=False, label=gettext_lazy("Due"), help_text=gettext_lazy("Empty: the end of the cycle.")
    )

    def row(self) -> dict[str, Any]:
        return {"due": self.value and self.value.isoformat()}


class StateForm(TogetherForm):
    name = "state"
    title = ngettext_lazy("State of %(count)d goal", "State of %(count)d goals", "count")
    done = ngettext_lazy("state of %(count)d goal changed", "state of %(count)d goals changed", "count")
    state = forms.ChoiceField(choices=Goal.State.choices, label=gettext_lazy("State"))
    reason = forms.CharField(
        max_length=2000,
        required=False,
        widget=forms.Textarea({"rows": 2}),
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("Needed to reopen what is closed; told in the history of each goal."),
    )

    def refuse(self, goal: Goal, person: Person) -> None:
        lifecycle.refuse(goal, self.value, person, self.cleaned_data["reason"], None)
        if self.value == Goal.State.ACTIVE and goal.state in lifecycle.AGREED_BY_OWNER:
            lifecycle.refuse_weak(goal, person.organisation)
        goal.state = self.value

    def row(self) -> dict[str, Any]:
        return {"state": self.value, "reason": self.cleaned_data["reason"]}


FORMS: dict[str, type[TogetherForm]] = {form.name: form for form in (OwnerForm, WeightForm, DueForm, StateForm)}


@dataclass(frozen=True)
class Staying:
    """A goal that does not change, and why."""

    goal: Goal
    why: str


class Together:
    """Many goals, one change. `versions` are those the goals were seen with, None: as they are now; `refused` says why
    goals could not be written a moment ago."""

    def __init__(
        self,
        person: Person,
        versions: Mapping[int, int | None],
        form: TogetherForm,
        refused: Mapping[int, str] | None = None,
    ) -> None:
        self.person, self.form, self.refused = person, form, dict(refused or {})
        seen = Goal.objects.visible_to(person).filter(pk__in=list(versions)[:MOST_ROWS])
        self.goals = list(seen.select_related("unit", "owner__unit", "parent", "organisation", "cycle").in_tree_order())
        self.versions = {goal.pk: versions[goal.pk] or goal.version for goal in self.goals}
        self.left_out = len(versions) - len(self.goals)

    @cached_property
    def staying(self) -> dict[int, Staying]:
        """By id, those that will not change."""
        rights = Rights.of(self.person)
        here = {goal.pk: goal for goal in self.goals}
        for goal in self.goals:  # in tree order: a goal is asked after the one above, which may change with it
            if goal.parent_id in here:
                goal.parent = here[goal.parent_id]
        found = {goal.pk: why for goal in self.goals if (why := self.against(rights, goal))}
        if self.form.is_valid() and isinstance(self.form, StateForm) and self.form.value in lifecycle.ENDED:
            self.keep_what_holds_open_goals(found)
        return {goal.pk: Staying(goal, found[goal.pk]) for goal in self.goals if goal.pk in found}

    @cached_property
    def changing(self) -> list[Goal]:
        return [goal for goal in self.goals if goal.pk not in self.staying]

    @property
    def heading(self) -> str:
        return self.form.title % {"count": len(self.goals)}

    @property
    def told(self) -> list[Staying]:
        return list(self.staying.values())[:MOST_TOLD]

    @property
    def more(self) -> int:
        return max(0, len(self.staying) - MOST_TOLD)

    def against(self, rights: Rights, goal: Goal) -> str:
        if not rights.can_edit(goal):
            return _("You may not change it.")
        if goal.pk in self.refused:
            return self.refused[goal.pk]
        if self.versions[goal.pk] != goal.version:
            by = goal.history.latest().history_user
            return _("%(person)s changed it meanwhile; look at it first.") % {"person": by or _("Somebody else")}
        if not self.form.is_valid():
            return ""
        if not self.form.differs(goal):
            return _("It is so already.")
        try:
            self.form.refuse(goal, self.person)
        except Conflict as refusal:
            return str(refusal)
        except ValidationError as refusal:
            return " ".join(refusal.messages)
        return ""

    def keep_what_holds_open_goals(self, found: dict[int, str]) -> None:
        """Nothing open stands below what has ended: a goal ends with these others only if all open ones below it do."""
        below: dict[int, list[int]] = defaultdict(list)
        ids = list(self.versions)
        for parent, child in Goal.objects.filter(parent__in=ids).open().order_by().values_list("parent_id", "pk"):
            below[parent].append(child)
        for goal in sorted(self.goals, key=lambda goal: -goal.depth):
            ending = self.versions.keys() - found.keys()
            if goal.pk not in found and any(child not in ending for child in below[goal.pk]):
                found[goal.pk] = _("Goals below it are still open.")

    def apply(self) -> Act:
        """Changes them, as one act. Raises RowsRefused when something came between."""
        ends = isinstance(self.form, StateForm) and self.form.value in lifecycle.ENDED
        goals = sorted(self.changing, key=lambda goal: -goal.depth if ends else goal.depth)
        rows = [{"id": goal.pk, "version": self.versions[goal.pk], **self.form.row()} for goal in goals]
        try:
            with undo.act(self.person, self.form.done % {"count": len(rows)}) as act:
                writing_api.write(self.person, rows)
        except RowsRefused as refusal:
            self.refused = {rows[error["row"] - 1]["id"]: str(error["message"]) for error in refusal.errors}
            raise
        return act
