"""What people type about what happened on a day."""

from django import forms
from django.utils.translation import gettext_lazy as _

from cascade.once import new_key
from kpis.forms import DayInput, Refusing
from kpis.models import Annotation, Kpi
from kpis.models.annotation import LONGEST
from people.models import Person


class AnnotationForm(Refusing):
    on = forms.DateField(label=_("Day"), widget=DayInput)
    text = forms.CharField(label=_("What happened"), max_length=LONGEST)
    once = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args, kpi: Kpi, **options):
        self.kpi = kpi
        super().__init__(
            *args, initial={"on": kpi.organisation.today(), "once": new_key()}, auto_id="annotation-%s", **options
        )

    def save(self, *, by: Person) -> Annotation:
        cleaned = self.cleaned_data
        made = Annotation(
            organisation_id=self.kpi.organisation_id, kpi=self.kpi, on=cleaned["on"], text=cleaned["text"], author=by
        )
        made._history_user = by
        made.save()
        return made
