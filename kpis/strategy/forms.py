"""What people type about cause-effect links."""

from django import forms
from django.utils.translation import gettext_lazy as _

from goals.models import Goal
from kpis.models import Kpi
from kpis.strategy import words


class GoalChoice(forms.ModelChoiceField):
    def label_from_instance(self, goal: Goal) -> str:
        return f"{goal.title} ({goal.level.name})"


class ClaimForm(forms.Form):
    """What a link claims."""

    hypothesis = forms.CharField(
        max_length=2000,
        widget=forms.Textarea({"rows": 3, "data-first": True}),
        label=_("Because"),
        help_text=_("Why the first should lead to the second, in a sentence."),
    )
    strength = forms.TypedChoiceField(
        choices=[(1, _("a little")), (2, _("clearly")), (3, _("strongly"))],
        coerce=int,
        initial=2,
        label=_("How strongly"),
    )
    lag = forms.TypedChoiceField(coerce=int, initial=1, label=_("When"))

    def __init__(self, *args, cadence=None, **options) -> None:
        super().__init__(*args, **options)
        self.fields["lag"].choices = [(lag, words.later(lag, cadence)) for lag in range(9)]


class EditForm(ClaimForm):
    version = forms.IntegerField(widget=forms.HiddenInput)


class DrawForm(ClaimForm):
    cause = GoalChoice(Goal.objects.none(), label=_("This"), empty_label=_("Choose a goal"))
    effect = GoalChoice(Goal.objects.none(), label=_("should lead to"), empty_label=_("Choose a goal"))
    field_order = ("cause", "effect", "hypothesis", "strength", "lag")

    def __init__(self, *args, goals, **options) -> None:
        super().__init__(*args, **options)
        for name in ("cause", "effect"):
            self.fields[name].queryset = goals


class MeasureForm(forms.Form):
    """Which KPI stands for a goal."""

    kpi = forms.ModelChoiceField(
        Kpi.objects.none(), required=False, empty_label=_("Its heaviest own KPI"), label=_("Measured by")
    )

    def __init__(self, *args, kpis, **options) -> None:
        super().__init__(*args, **options)
        self.fields["kpi"].queryset = kpis
