"""Checking in, as a form."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from reviews.models import CheckIn

CONFIDENCE = (
    (1, _("1 · hardly")),
    (2, _("2 · doubtful")),
    (3, _("3 · even")),
    (4, _("4 · likely")),
    (5, _("5 · sure")),
)


class CheckInForm(forms.Form):
    """`version` is that of the draft the form was filled from; nothing in it is required of a draft."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    confidence = forms.TypedChoiceField(
        choices=CONFIDENCE,
        coerce=int,
        empty_value=None,
        required=False,
        widget=forms.RadioSelect,
        label=_("How sure are you that it will be reached?"),
    )
    reported_status = forms.ChoiceField(
        choices=[("", _("As the number says")), *CheckIn.Status.choices],
        required=False,
        label=_("How does it stand, in your view?"),
    )
    comment = forms.CharField(
        required=False, max_length=10_000, widget=forms.Textarea({"rows": 3}), label=_("What is going on?")
    )
    blockers = forms.CharField(
        required=False, max_length=10_000, widget=forms.Textarea({"rows": 2}), label=_("What is in the way?")
    )
    next_steps = forms.CharField(
        required=False, max_length=10_000, widget=forms.Textarea({"rows": 2}), label=_("What comes next?")
    )

    def written(self) -> dict:
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}

    def meet(self, theirs: CheckIn) -> None:
        """It was written elsewhere meanwhile: what was typed here stays, and sent again it takes the other's place."""
        self.data = {**self.data.dict(), "version": theirs.version}
        message = _("You wrote this in another window too. Both are below; hand in again to keep what stands here.")
        self.add_error(None, ValidationError(message, code="written_elsewhere"))

    def refuse(self, refusal: ValidationError) -> None:
        for name, errors in refusal.error_dict.items():
            self.add_error(name, errors)


def form_of(check_in: CheckIn | None) -> CheckInForm:
    """The form as it was left."""
    kept = {name: getattr(check_in, name) for name in CheckInForm.base_fields} if check_in else None
    return CheckInForm(initial=kept)
