"""Sending and answering signals, thanking: as forms."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from cascade.once import new_key
from goals import comments
from goals.audience import people_who_see
from goals.models import Goal, Signal
from goals.voices import kudos, signals
from people.fields import PersonField
from people.models import Person


class Said(forms.Form):
    """A text that is sent once."""

    text = forms.CharField(widget=forms.Textarea({"rows": 3}))
    once = forms.CharField(max_length=60, widget=forms.HiddenInput, initial=new_key, required=False)

    def refuse(self, refusal: ValidationError) -> None:
        for name, errors in refusal.error_dict.items():
            self.add_error(name if name in self.fields else "text", errors)


class CommentForm(Said):
    text = forms.CharField(label=_("Comment"), max_length=comments.LONGEST, widget=forms.Textarea({"rows": 3}))


class SignalForm(Said):
    field_order = ["kind", "text"]
    kind = forms.ChoiceField(choices=Signal.Kind.choices, widget=forms.RadioSelect, label=_("What is it?"))
    text = forms.CharField(
        max_length=signals.LONGEST,
        widget=forms.Textarea({"rows": 3}),
        label=_("Why, and what would be better?"),
        error_messages={"required": _("Say it in a sentence.")},
        help_text=_(
            "The goal's owner must answer. Everybody who sees the goal reads this without your name; the owner and the "
            "managers above see your name."
        ),
    )


class AnswerForm(Said):
    field_order = ["outcome", "text"]
    outcome = forms.ChoiceField(
        choices=Signal.Outcome.choices, widget=forms.RadioSelect, label=_("What do you decide?")
    )
    text = forms.CharField(
        max_length=signals.LONGEST,
        widget=forms.Textarea({"rows": 3}),
        label=_("Your answer"),
        error_messages={"required": _("Say it in a sentence.")},
        help_text=_("Everybody who sees the goal reads it."),
    )


class ReopenForm(Said):
    text = forms.CharField(
        max_length=signals.LONGEST,
        widget=forms.Textarea({"rows": 2}),
        label=_("What does the answer miss?"),
        error_messages={"required": _("Say it in a sentence.")},
        help_text=_("You can send it again once."),
    )


class WordsForm(Said):
    """Other words of kudos."""

    text = forms.CharField(
        max_length=kudos.LONGEST,
        widget=forms.Textarea({"rows": 3}),
        label=_("What do you thank for?"),
        error_messages={"required": _("Say what you thank for.")},
    )


class KudosForm(WordsForm):
    """`receivers`: those whom one most likely thanks, to tick; `other`: somebody else who sees the goal."""

    field_order = ["receivers", "other", "text"]
    receivers = forms.TypedMultipleChoiceField(
        coerce=int, required=False, widget=forms.CheckboxSelectMultiple, label=_("Whom do you thank?")
    )
    other = PersonField(label=_("Somebody else"))

    def __init__(self, *args, goal: Goal, by: Person, **options) -> None:
        super().__init__(*args, **options)
        self.likely = {each.pk: each for each in kudos.to_thank(goal, by)}
        self.fields["receivers"].choices = [(pk, each.name) for pk, each in self.likely.items()]
        if len(self.likely) == 1:
            self.fields["receivers"].initial = list(self.likely)
        self.fields["other"].people = people_who_see(goal).exclude(pk=by.pk)

    def people(self) -> list[Person]:
        found = {pk: self.likely[pk] for pk in self.cleaned_data["receivers"]}
        if other := self.cleaned_data["other"]:
            found[other.pk] = other
        return list(found.values())
