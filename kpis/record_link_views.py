"""The page that a link in a mail opens: one KPI, one period, one field, without signing in."""

from hashlib import sha256

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_http_methods

from cascade.errors import VersionMismatch
from cascade.refusals import too_many_requests
from cascade.throttling import address, counted
from kpis import sight_words as words
from kpis.forms import DoneForm, ValueForm
from kpis.models import Kpi
from kpis.record_links import Ended, NoLink, Opened, opened

UNREADABLE, EACH = 30, 20  # a minute: from one address, with one link
PRIVATE = {"Cache-Control": "no-store, private", "Referrer-Policy": "same-origin", "X-Robots-Tag": "noindex"}


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def record(request, token):
    response = answered(request, token)
    for name, value in PRIVATE.items():
        response.headers[name] = value
    return response


def answered(request, token: str):
    if counted(f"record:{sha256(token.encode()).hexdigest()}") > EACH:
        return too_many_requests(request)
    try:
        link = opened(token)
    except NoLink:
        if counted(f"record-unreadable:{address(request)}") > UNREADABLE:
            return too_many_requests(request)
        return render(request, "kpis/link/ended.html", {"never": True}, status=404)
    except Ended:
        return render(request, "kpis/link/ended.html", {"never": False}, status=410)
    with translation.override(link.person.language or translation.get_language()):
        return page(request, link)


def page(request, link: Opened):
    made = DoneForm if link.kpi.kind == Kpi.Kind.BOOLEAN else ValueForm
    form = made(request.POST if request.method == "POST" else None, kpi=link.kpi, line=link.line)
    told = {"kpi": link.kpi, "person_name": link.person.name, "period": period(link), "course": link.course}
    if request.method == "POST" and saved(link, form):
        value = words.told_value(form.cleaned_data["value"], link.kpi.unit, link.kpi.kind)
        return render(request, "kpis/link/saved.html", {**told, "value": value})
    if not form.is_bound:
        form.focus("value")
    if link.is_used:
        return render(request, "kpis/link/used.html", told, status=409 if request.method == "POST" else 200)
    return render(request, "kpis/link/record.html", {**told, "form": form}, status=422 if form.errors else 200)


def saved(link: Opened, form: ValueForm) -> bool:
    """The same value again is saved already; another one is no longer this link's to give."""
    if not form.is_valid():
        return False
    if link.is_used:
        return link.line.value == form.cleaned_data["value"]
    try:
        form.save(by=link.person)
    except ValidationError as refusal:
        form.refuse(refusal)
        return False
    except VersionMismatch:
        theirs = link.kpi.measurements.select_related("recorded_by").get(period=link.line.period.first)
        if theirs.value != form.cleaned_data["value"]:
            form.meet(theirs)
            return False
    return True


def period(link: Opened) -> str:
    return words.named(link.line.period, link.kpi.cadence, link.line.name)
