"""How one is reminded, as forms: one's own wishes, and the organisation's rules."""

import zoneinfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from cascade import outside
from people.models import Person
from people.models.organisation import check_timezone
from reviews.models import ChatAddress, ReminderWishes, ReviewSettings

TIME = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
NO_PLACES = ("Etc/", "US/", "SystemV/", "Brazil/", "Canada/", "Chile/", "Mexico/")
ZONES = sorted(zone for zone in zoneinfo.available_timezones() if "/" in zone and not zone.startswith(NO_PLACES))
WRONG_WAY_ROUND = _("The quiet hours begin in the evening and end in the morning.")


class ChatForm(forms.Form):
    """Where a chat takes messages. An address that is there already is not shown; empty leaves it."""

    prefix = "chat"
    format = forms.ChoiceField(choices=ChatAddress.Format, label=_("Which chat"))
    url = forms.CharField(
        max_length=1000,
        required=False,
        label=_("Address of an incoming webhook"),
        help_text=_("The chat makes it for you and shows it once; whoever knows it can write there."),
        widget=forms.TextInput({"autocomplete": "off", "inputmode": "url", "spellcheck": "false"}),
    )
    forget = forms.BooleanField(required=False, label=_("Forget the address"))

    def require(self, person: Person) -> None:
        """A chat needs an address: the one given now, that of the person or the organisation's."""
        known = ChatAddress.objects.filter(organisation=person.organisation_id, person=None)
        if not self.cleaned_data["forget"]:
            known |= ChatAddress.objects.filter(person=person)
        if not self.cleaned_data["url"] and not known.exists():
            message = _("Without an address no chat can be told.")
            self.add_error("url", ValidationError(message, code="required"))

    def clean_url(self) -> str:
        url = self.cleaned_data["url"].strip()
        if url:
            outside.check(url)
        return url

    def save(self, organisation_id: int, person: Person | None) -> None:
        held = ChatAddress.objects.filter(organisation_id=organisation_id, person=person)
        given = {name: self.cleaned_data[name] for name in ("format", "url")}
        if self.cleaned_data["forget"]:
            held.delete()
        elif given["url"]:
            ChatAddress.objects.update_or_create(organisation_id=organisation_id, person=person, defaults=given)
        else:
            held.update(format=given["format"])


class WishesForm(forms.ModelForm):
    zone = forms.CharField(
        max_length=64,
        validators=[check_timezone],
        widget=forms.TextInput({"list": "zones", "autocomplete": "off", "spellcheck": "false"}),
        label=_("My time zone"),
        help_text=_("Such as Europe/Oslo: type the next big town."),
    )

    class Meta:
        model = ReminderWishes
        fields = ["mail", "chat", "ahead", "overdue", "escalations", "values", "at"]
        labels = {
            "mail": _("By mail"),
            "chat": _("In a chat"),
            "ahead": _("Ahead of a review"),
            "overdue": _("When a check-in of mine is overdue"),
            "escalations": _("When somebody I lead is two weeks late"),
            "values": _("When a value of mine is due"),
            "at": _("At what time"),
        }
        widgets = {"at": TIME}


class AwayForm(forms.ModelForm):
    back_on = forms.DateField(label=_("Back on"), widget=DAY)

    class Meta:
        model = ReminderWishes
        fields = ["back_on", "away_because"]
        labels = {"away_because": _("Why")}
        help_texts = {"away_because": _("Your manager reads it.")}


class RulesForm(forms.ModelForm):
    """The organisation's; `version` is the one the form was filled from."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        model = ReviewSettings
        fields = ["remind", "remind_at", "quiet_from", "quiet_until", "mails_a_week"]
        labels = {
            "remind": _("People are reminded"),
            "remind_at": _("At what time"),
            "quiet_from": _("Quiet from"),
            "quiet_until": _("until"),
            "mails_a_week": _("At most so many mails a week"),
        }
        help_texts = {
            "remind_at": _("By the clock of whoever is reminded, who may choose another time."),
            "mails_a_week": _("One mail a day at most, with everything that is due."),
        }
        widgets = {"remind_at": TIME, "quiet_from": TIME, "quiet_until": TIME}

    def clean(self):
        told = super().clean()
        if told.get("quiet_from") and told.get("quiet_until") and told["quiet_until"] >= told["quiet_from"]:
            self.add_error("quiet_from", ValidationError(WRONG_WAY_ROUND, code="quiet_hours"))
        return told
