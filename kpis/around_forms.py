"""What people write around a goal: factors, initiatives with milestones, resources, processes."""

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cascade.links import check_link
from cascade.once import new_key
from goals.models import Goal, Perspective
from kpis.forms import DayInput, Refusing
from kpis.models import Initiative, Kpi, Process, Resource
from people import access
from people.fields import PersonField
from people.models import Level, Person


class OnceForm(Refusing):
    """A form that makes one row, however often it is sent."""

    once = forms.CharField(max_length=60, widget=forms.HiddenInput, initial=new_key)

    def made_of(self) -> dict:
        """What was written, without the key."""
        return {name: value for name, value in self.cleaned_data.items() if name != "once"}


class FactorForm(OnceForm):
    name = forms.CharField(label=gettext_lazy("What has to be so?"), max_length=300)
    perspective = forms.ModelChoiceField(
        Perspective.objects.none(), label=gettext_lazy("Perspective"), required=False, empty_label=gettext_lazy("None")
    )

    def __init__(self, *args, person: Person, **options):
        super().__init__(*args, **options)
        self.fields["perspective"].queryset = Perspective.objects.visible_to(person)


class InitiativeForm(OnceForm):
    title = forms.CharField(label=gettext_lazy("What is to be done?"), max_length=500)
    description = forms.CharField(
        label=gettext_lazy("Description"), max_length=10_000, required=False, widget=forms.Textarea({"rows": 3})
    )
    owner = PersonField(label=gettext_lazy("Who does it?"))
    due = forms.DateField(label=gettext_lazy("Until when?"), required=False, widget=DayInput)
    kpis = forms.MultipleChoiceField(
        label=gettext_lazy("Which KPI should it move?"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args, person: Person, near: list[Kpi], **options):
        super().__init__(*args, **options)
        self.fields["owner"].people = Person.objects.visible_to(person).active()
        self.fields["owner"].widget.attrs["data-people"] = reverse("goals:owners")
        self.near = {str(kpi.pk): kpi for kpi in near}
        self.fields["kpis"].choices = [(pk, kpi.name) for pk, kpi in self.near.items()]

    def clean_kpis(self) -> list[Kpi]:
        return [self.near[pk] for pk in self.cleaned_data["kpis"]]


class MilestoneForm(OnceForm):
    title = forms.CharField(label=gettext_lazy("Milestone"), max_length=300)
    due = forms.DateField(label=gettext_lazy("Due"), required=False, widget=DayInput)


class ResourceForm(OnceForm):
    """`to` says whom it helps: this goal, one of its KPIs, or all goals of its level."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Resource.Kind.choices)
    title = forms.CharField(label=gettext_lazy("Title"), max_length=300)
    url = forms.CharField(label=gettext_lazy("Link"), max_length=2000, required=False, validators=[check_link])
    text = forms.CharField(
        label=gettext_lazy("Or the words themselves"),
        max_length=10_000,
        required=False,
        widget=forms.Textarea({"rows": 3}),
    )
    to = forms.ChoiceField(label=gettext_lazy("It helps with"))

    def __init__(self, *args, person: Person, goal: Goal, kpis: list[Kpi], **options):
        super().__init__(*args, **options)
        self.goal = goal
        self.kpis = {f"kpi-{kpi.pk}": kpi for kpi in kpis}
        choices = [("goal", _("this goal")), *((key, kpi.name) for key, kpi in self.kpis.items())]
        if access.can_run_cycle(person):
            choices.append(("level", _("all goals of the level %(level)s") % {"level": goal.level.name}))
        self.fields["to"].choices = choices

    def made_of(self) -> dict:
        fields = super().made_of()
        to = fields.pop("to")
        links: dict[str, list[Goal] | list[Kpi] | list[Level]] = {"goals": [self.goal]}
        if to == "level":
            links = {"levels": [self.goal.level]}
        elif to in self.kpis:
            links = {"kpis": [self.kpis[to]]}
        return fields | links


class ProcessForm(OnceForm):
    """A process there is, or a new one by its name, and the KPI that is measured in it."""

    name = forms.CharField(label=gettext_lazy("Process"), max_length=300)
    url = forms.CharField(
        label=gettext_lazy("Where it is described"), max_length=2000, required=False, validators=[check_link]
    )
    kpi = forms.ChoiceField(label=gettext_lazy("KPI"))

    def __init__(self, *args, person: Person, kpis: list[Kpi], **options):
        super().__init__(*args, **options)
        self.kpis = {str(kpi.pk): kpi for kpi in kpis}
        self.fields["kpi"].choices = [(pk, kpi.name) for pk, kpi in self.kpis.items()]
        self.known = list(Process.objects.visible_to(person).values_list("name", flat=True)[:200])

    def clean_kpi(self) -> Kpi:
        return self.kpis[self.cleaned_data["kpi"]]


def written_in(initiative: Initiative) -> dict:
    """What the form of an initiative begins with."""
    names = ("title", "description", "owner", "due")
    return {name: getattr(initiative, name) for name in names} | {
        "kpis": [str(pk) for pk in initiative.kpis.values_list("pk", flat=True)]
    }
