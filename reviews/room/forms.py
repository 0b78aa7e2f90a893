"""What is typed about a decision, and what is written down in a review."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cascade.numbers import NumberField
from cascade.once import new_key
from goals.access import Rights
from goals.models import Goal
from kpis.forms import DayInput, ReasonField, Refusing
from kpis.models import Kpi
from kpis.target_forms import TargetForm
from people.fields import PersonField
from people.models import Person
from reviews.models import CheckIn, Decision, Review
from reviews.room.acts import Part, Weighed

Kind = Decision.Kind


class DecisionForm(Refusing):
    """What one kind of decision asks for. `asked` gives what reviews/room/deciding.py takes, `version` is the one of
    the goal or KPI that was seen."""

    once = forms.CharField(max_length=60, widget=forms.HiddenInput, initial=new_key)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    reason = ReasonField(label=_("Reason"))

    def __init__(self, *args, goal: Goal, review: Review, person: Person, **options):
        self.goal, self.review, self.person = goal, review, person
        initial = {"version": goal.version, **options.pop("initial", {})}
        super().__init__(*args, initial=initial, auto_id="decide-%s", **options)

    @property
    def fields_asked(self) -> list[forms.BoundField]:
        """The fields of the kind itself, in their order."""
        return [self[name] for name in self.fields if name not in ("once", "version", "reason")]

    @property
    def can_be_tried(self) -> bool:
        """What is asked is clear, whether or not a reason is given yet."""
        return not self.errors.keys() - {"reason"}

    def asked(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.fields if name not in ("once", "version", "reason")}

    @property
    def seen(self) -> int | None:
        return self.cleaned_data["version"]

    def meet(self, message: str) -> None:
        """Somebody else changed it: the next try is one of what stands there now."""
        self.data = {**self.data.dict(), **{name: str(value) for name, value in self.versions().items()}}
        self.add_error(None, forms.ValidationError(message, "changed_meanwhile"))

    def versions(self) -> dict[str, int]:
        return {"version": Goal.objects.values_list("version", flat=True).get(pk=self.goal.pk)}


class PauseForm(DecisionForm):
    until = forms.DateField(
        label=_("Until"), required=False, widget=DayInput, help_text=_("Empty: until somebody resumes it")
    )


class EndForm(DecisionForm):
    with_descendants = forms.BooleanField(label=_("With all goals below it"), required=False)

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        if not Goal.objects.filter(parent=self.goal).open().exists():
            del self.fields["with_descendants"]


class ActionForm(DecisionForm):
    title = forms.CharField(label=_("What is to be done?"), max_length=500)
    owner = PersonField(label=_("Who does it?"), required=True)
    due = forms.DateField(label=_("Until when?"), widget=DayInput)

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["owner"].people = Person.objects.visible_to(self.person).active()
        self.fields["owner"].widget.attrs["data-people"] = reverse("goals:owners")


class WeightsForm(DecisionForm):
    """A weight for each part that the person may weigh: the goal's own KPIs and the goals right below it."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.parts = parts_of(self.goal, self.person)
        for name, part in self.parts.items():
            title = part.name if isinstance(part, Kpi) else part.title
            self.fields[name] = NumberField(label=title, initial=part.weight)
            self.fields[f"{name}-version"] = forms.IntegerField(widget=forms.HiddenInput, initial=part.version)

    @property
    def fields_asked(self) -> list[forms.BoundField]:
        return [self[name] for name in self.parts]

    @property
    def hidden_versions(self) -> list[forms.BoundField]:
        return [self[f"{name}-version"] for name in self.parts]

    def asked(self) -> dict[str, Any]:
        given = self.cleaned_data
        weights = [Weighed(part, given[name], given[f"{name}-version"]) for name, part in self.parts.items()]
        return {"weights": weights}

    @property
    def seen(self) -> int | None:
        return None

    def versions(self) -> dict[str, int]:
        return {f"{name}-version": part.version for name, part in parts_of(self.goal, self.person).items()}


def parts_of(goal: Goal, person: Person) -> dict[str, Part]:
    rights = Rights.of(person)
    below = Goal.objects.visible_to(person).filter(parent=goal, state__in=("active", "paused"))
    goals = [each for each in below.select_related("unit", "owner__unit").in_tree_order() if rights.can_edit(each)]
    related = ("goal__unit", "goal__owner__unit", "goal__cycle", "organisation")
    kpis = Kpi.objects.active().filter(goal=goal).select_related(*related).order_by("pk")
    return {**{f"kpi-{kpi.pk}": kpi for kpi in kpis}, **{f"goal-{each.pk}": each for each in goals}}


class ChangedTarget(TargetForm):
    """The form of the KPI's own page, as one of a review."""

    once = forms.CharField(max_length=60, widget=forms.HiddenInput, initial=new_key)

    def __init__(self, *args, kpi: Kpi, kpis: list[Kpi], **options):
        """`kpis`: those among which it was chosen."""
        super().__init__(*args, kpi=kpi, **options)
        self.kpis = kpis
        self.fields["reason"].label, self.fields["reason"].help_text = _("Reason"), ""

    @property
    def fields_asked(self) -> list[forms.BoundField]:
        names = [
            "since",
            *self.numbers,
            *(name for name in ("milestones", "rebase", "baseline") if name in self.fields),
        ]
        return [self[name] for name in names]

    def asked(self) -> dict[str, Any]:
        return {"kpi": self.kpi, "since": self.cleaned_data["since"], **super().asked()}

    @property
    def seen(self) -> int:
        return self.cleaned_data["version"]

    def meet(self, message: str) -> None:
        now = Kpi.objects.values_list("version", flat=True).get(pk=self.kpi.pk)
        self.data = {**self.data.dict(), "version": str(now)}
        self.add_error(None, forms.ValidationError(message, "changed_meanwhile"))


FORMS: dict[str, type[forms.Form]] = {
    Kind.ADJUST_TARGET: ChangedTarget,
    Kind.RE_WEIGHT: WeightsForm,
    Kind.PAUSE: PauseForm,
    Kind.RESUME: DecisionForm,
    Kind.CLOSE: EndForm,
    Kind.CANCEL: EndForm,
    Kind.ADD_ACTION: ActionForm,
    Kind.KEEP: DecisionForm,
}


class ReverseForm(Refusing):
    """Why a decision is taken back."""

    once = forms.CharField(max_length=60, widget=forms.HiddenInput, initial=new_key)
    reason = ReasonField(label=_("Why is it taken back?"))

    def __init__(self, *args, **options):
        super().__init__(*args, auto_id="reverse-%s", **options)


class NotesForm(Refusing):
    """What is written down while a review is held. `version` is the review's that was seen."""

    wins = forms.CharField(
        label=_("What went well"), required=False, max_length=10_000, widget=forms.Textarea({"rows": 2})
    )
    notes = forms.CharField(label=_("Notes"), required=False, max_length=10_000, widget=forms.Textarea({"rows": 2}))
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, review: Review, **options):
        initial = {name: getattr(review, name) for name in ("wins", "notes", "version")}
        super().__init__(*args, initial=initial, auto_id="notes-%s", **options)


class CorrectionForm(Refusing):
    """What a signed review should say instead; of a check-in where one is named."""

    once = forms.CharField(max_length=60, widget=forms.HiddenInput, initial=new_key)
    text = forms.CharField(label=_("What is right instead?"), max_length=10_000, widget=forms.Textarea({"rows": 3}))
    check_in = forms.ModelChoiceField(CheckIn.objects.none(), label=_("About the check-in of"), empty_label=None)

    def __init__(self, *args, check_ins: QuerySet, own: bool, **options):
        """`own`: only what the person said themselves may be corrected."""
        super().__init__(*args, auto_id="correct-%s", **options)
        self.fields["check_in"].queryset = check_ins
        self.fields["check_in"].required = own
        self.fields["check_in"].label_from_instance = lambda check_in: check_in.author.name
        if not own:
            self.fields["check_in"].empty_label = _("The review as a whole")
