"""One's reviews in one's own calendar: addresses to subscribe to, and invitations by mail."""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from cascade import once
from reviews import schedule
from reviews.calendar import feeds, invitations
from reviews.models import CalendarFeed


class FeedForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("For which calendar"), max_length=100)
    shows = forms.ChoiceField(
        label=gettext_lazy("It shows"), choices=CalendarFeed.Shows.choices, widget=forms.RadioSelect, initial="own"
    )
    once = forms.CharField(widget=forms.HiddenInput, max_length=100)


@require_http_methods(["GET", "HEAD", "POST"])
def subscribe(request: HttpRequest) -> HttpResponse:
    """A new address is shown in the answer to the form that made it, and never again."""
    form = FeedForm(request.POST if request.method == "POST" else None, initial={"once": once.new_key()})
    made: dict[str, str] = {}
    if form.is_bound and form.is_valid():
        told = form.cleaned_data

        def make():
            feed, made["token"] = feeds.make(request.user, told["name"], told["shows"])
            return feed

        try:
            once.make_once(request.user, told["once"], make)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            if not made:
                messages.success(request, _("That address was made and shown already."))
                return redirect("reviews:subscribe")
    address = feeds.address(made["token"]) if made else ""
    context = {
        "form": FeedForm(initial={"once": once.new_key()}) if made else form,
        "address": address,
        "webcal": "webcal" + address[address.index("://") :] if made else "",
        "feeds": CalendarFeed.objects.visible_to(request.user),
        "invited": invitations.wanted_by(request.user),
        "organisation_invites": schedule.settings_of(request.user.organisation).invite,
    }
    return render(request, "reviews/calendar/subscribe.html", context, status=422 if form.errors else 200)


@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    get_object_or_404(CalendarFeed.objects.visible_to(request.user), pk=pk).delete()
    messages.success(request, _("The address works no more."))
    return redirect("reviews:subscribe")


@require_POST
def invite(request: HttpRequest) -> HttpResponse:
    invitations.want(request.user, "on" in request.POST)
    messages.success(request, _("Your choice is saved."))
    return redirect("reviews:subscribe")
