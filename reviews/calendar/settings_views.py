"""The settings of the calendar: what is chosen, what follows from it, and the organisation's own free days."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.dates import MONTHS
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cascade.errors import VersionMismatch
from people.models import Organisation
from reviews import access, schedule
from reviews.calendar import choosing, preview, public_holidays
from reviews.calendar.forms import FreeDayForm, SettingsForm
from reviews.models import FreeDay, ReviewSettings


def allowed(request: HttpRequest) -> Organisation:
    if not access.can_choose(request.user):
        raise PermissionDenied(_("Only who runs the cycle changes how reviews are planned."))
    return request.user.organisation


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    organisation = allowed(request)
    rules = schedule.rules_of(organisation)
    form = SettingsForm(request.POST if request.method == "POST" else None, organisation=organisation, rules=rules)
    if form.is_bound and form.is_valid():
        try:
            choosing.revise(request.user, form.cleaned_data["version"], form.chosen_levels(), **form.chosen())
        except VersionMismatch:
            form.add_error(None, ValidationError(_("Somebody else changed the settings just now. Open them again.")))
        else:
            messages.success(request, _("The settings are saved. The calendar follows in a moment."))
            return redirect("reviews:settings")
    context = {"form": form, "day_form": FreeDayForm(auto_id="free-%s"), **shown(organisation, rules)}
    return render(request, "reviews/calendar/settings.html", context, status=422 if form.errors else 200)


def shown(organisation: Organisation, rules: schedule.Rules) -> dict:
    today, settings = organisation.today(), rules.settings
    free = organisation.free_days.filter(day__year__gte=today.year)
    years = range(today.year, today.year + 2)
    named = public_holidays.named(settings.country, settings.region, years)
    return {
        "month": MONTHS[organisation.fiscal_start_month],
        "named_by": organisation.get_fiscal_year_named_by_display(),
        "lines": preview.lines(organisation, rules),
        "free_days": free,
        "holidays": [(day, name) for day, name in named.items() if day >= today],
        "country": public_holidays.countries().get(settings.country, ""),
    }


@require_safe
def settings_preview(request: HttpRequest) -> HttpResponse:
    """What the settings as they are typed would do; nothing is saved."""
    organisation = allowed(request)
    form = SettingsForm(request.GET, organisation=organisation, rules=schedule.rules_of(organisation))
    context = {"form": form, "regions": request.GET.get("regions_of", "") != request.GET.get("country", "")}
    if form.is_valid():
        chosen = ReviewSettings(organisation=organisation, **form.chosen())
        rules = preview.supposed(organisation, chosen, form.chosen_levels())
        context |= {"lines": preview.lines(organisation, rules), "effect": preview.effect(organisation, rules)}
    return render(request, "reviews/calendar/preview.html", context)


@require_POST
def add_free_day(request: HttpRequest) -> HttpResponse:
    organisation = allowed(request)
    form = FreeDayForm(request.POST, auto_id="free-%s")
    if form.is_valid():
        choosing.add_free_day(request.user, form.cleaned_data["day"], form.cleaned_data["name"])
        return redirect("reviews:settings")
    rules = schedule.rules_of(organisation)
    context = {"form": SettingsForm(organisation=organisation, rules=rules), "day_form": form}
    return render(request, "reviews/calendar/settings.html", context | shown(organisation, rules), status=422)


@require_POST
def remove_free_day(request: HttpRequest, pk: int) -> HttpResponse:
    organisation = allowed(request)
    choosing.remove_free_day(get_object_or_404(FreeDay, organisation=organisation, pk=pk))
    return redirect("reviews:settings")
