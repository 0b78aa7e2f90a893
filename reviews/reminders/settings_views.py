"""How I am reminded, when I am away, and the rules of the organisation."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cascade.errors import VersionMismatch
from cascade.refusals import too_many_requests
from cascade.throttling import counted
from people import access
from people.models import Person
from reviews.calendar import choosing
from reviews.models import ChatAddress
from reviews.reminders import chat, wishes
from reviews.reminders.forms import ZONES, AwayForm, ChatForm, RulesForm, WishesForm
from reviews.schedule import settings_of

TRIES = 5  # a minute
read_or_write = require_http_methods(["GET", "HEAD", "POST"])


@read_or_write
def mine(request: HttpRequest) -> HttpResponse:
    person = request.user
    held, address = wishes.of(person), ChatAddress.objects.filter(person=person).first()
    sent = request.POST if request.method == "POST" else None
    form = WishesForm(sent, instance=held, initial={"zone": person.timezone})
    chat_form = ChatForm(sent, initial={"format": address.format} if address else None)
    if sent is not None and form.is_valid() and chat_form.is_valid() and form.cleaned_data["chat"]:
        chat_form.require(person)
    if sent is not None and form.is_valid() and chat_form.is_valid():
        with transaction.atomic():
            zone = form.cleaned_data.pop("zone")
            Person.objects.filter(pk=person.pk).exclude(timezone=zone).update(timezone=zone, version=F("version") + 1)
            chat_form.save(person.organisation_id, person)
            wishes.change(person, **form.cleaned_data)
        messages.success(request, _("Your reminders are saved."))
        return redirect("reviews:reminder_settings")
    return shown(request, form=form, chat=chat_form, address=address)


@read_or_write
def away(request: HttpRequest) -> HttpResponse:
    """Nothing is sent until a day; pressed with `here` it is over."""
    if request.method != "POST":
        return redirect("reviews:reminder_settings")
    form = AwayForm(request.POST, instance=wishes.of(request.user))
    if "here" in request.POST:
        wishes.go_away(request.user, None, "")
    elif form.is_valid():
        try:
            back_on = form.cleaned_data["back_on"]
            wishes.go_away(request.user, back_on, form.cleaned_data["away_because"].strip())
        except ValidationError as refusal:
            form.add_error(None, refusal)
    if "here" not in request.POST and form.errors:
        return shown(request, away=form)
    return redirect("reviews:reminder_settings")


@require_POST
def try_chat(request: HttpRequest, whose: str) -> HttpResponse:
    """Writes a word into the chat that is stored, one's own or the one for all."""
    person, for_all = request.user, whose == "all"
    if for_all and not access.can_run_cycle(person):
        raise PermissionDenied
    if counted(f"try-chat:{person.pk}") > TRIES:
        return too_many_requests(request)
    held = ChatAddress.objects.filter(organisation=person.organisation_id, person=None if for_all else person)
    try:
        chat.greet(get_object_or_404(held), person)
    except OSError as refusal:
        messages.error(request, _("The chat did not take it: %(reason)s") % {"reason": refusal})
    else:
        messages.success(request, _("It is in the chat."))
    return redirect("reviews:reminder_rules" if for_all else "reviews:reminder_settings")


def shown(request: HttpRequest, **forms) -> HttpResponse:
    person = request.user
    held, address = wishes.of(person), ChatAddress.objects.filter(person=person).first()
    common = ChatAddress.objects.filter(organisation=person.organisation_id, person=None).first()
    today = person.organisation.today()
    context = {
        "form": WishesForm(instance=held, initial={"zone": person.timezone}),
        "chat": ChatForm(initial={"format": address.format} if address else None),
        "away": AwayForm(instance=held),
        "address": address,
        "common": common,
        "back_on": held.back_on if held.back_on and held.back_on > today else None,
        "because": held.away_because,
        "usual": settings_of(person.organisation),
        "away_below": wishes.away_below(person),
        "zones": ZONES,
        "sent": wishes.sent_lately(person),
        "may_rule": access.can_run_cycle(person),
        **forms,
    }
    wrong = any(form.errors for form in forms.values() if hasattr(form, "errors"))
    return render(request, "reviews/reminders/settings.html", context, status=422 if wrong else 200)


@read_or_write
def organisation(request: HttpRequest) -> HttpResponse:
    """For the administrator and the strategy office."""
    person = request.user
    if not access.can_run_cycle(person):
        raise PermissionDenied
    held = settings_of(person.organisation)
    address = ChatAddress.objects.filter(organisation=person.organisation_id, person=None).first()
    sent = request.POST if request.method == "POST" else None
    form = RulesForm(sent, instance=held, initial={"version": held.version})
    chat_form = ChatForm(sent, initial={"format": address.format} if address else None)
    if sent is not None and form.is_valid() and chat_form.is_valid() and saved(person, form, chat_form):
        messages.success(request, _("The settings are saved."))
        return redirect("reviews:reminder_rules")
    context = {"form": form, "chat": chat_form, "address": address}
    status = 422 if form.errors or chat_form.errors else 200
    return render(request, "reviews/reminders/rules.html", context, status=status)


def saved(person: Person, form: RulesForm, chat_form: ChatForm) -> bool:
    version = form.cleaned_data.pop("version")
    try:
        with transaction.atomic():
            choosing.revise(person, version, {}, **form.cleaned_data)
            chat_form.save(person.organisation_id, None)
    except VersionMismatch:
        form.add_error(None, _("Somebody else changed the settings just now. Open them again."))
    return not form.errors
