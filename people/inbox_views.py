"""The inbox: what happened that concerns me. Everything works without JavaScript."""

import datetime as dt

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from people import inbox, notifications
from people.models import MutedKind, Notification

SHOWN = ("new", "later", "all")
MORNING = dt.time(7)


@require_safe
def show(request):
    shown = request.GET.get("show", "new")
    shown = shown if shown in SHOWN else "new"
    before = request.GET.get("before", "")
    rows, more = inbox.page(request.user, shown, int(before) if before.isascii() and before.isdigit() else None)
    tomorrow = timezone.localdate() + dt.timedelta(days=1)
    context = {
        "lines": [line(row) for row in rows],
        "shown": shown,
        "tabs": [("new", _("New")), ("later", _("Put off")), ("all", _("All"))],
        "more": more,
        "waiting": inbox.waiting_count(request.user),
        "tomorrow": tomorrow,
        "next_monday": tomorrow + dt.timedelta(days=(7 - tomorrow.weekday()) % 7),
    }
    return render(request, "people/inbox.html", context)


def line(row: Notification) -> dict:
    return {"row": row, "sentence": notifications.sentence(row), "icon": notifications.icon(row)}


def mine(request, pk: int):
    """The notification of the reader, as rows that can be changed."""
    rows = Notification.objects.visible_to(request.user).filter(pk=pk)
    return rows, get_object_or_404(rows)


def back(request):
    wanted = request.POST.get("back", "")
    return redirect(wanted if url_has_allowed_host_and_scheme(wanted, {request.get_host()}) else "inbox")


@require_POST
def follow(request, pk):
    """Marks it read and goes to what it tells about."""
    rows, row = mine(request, pk)
    inbox.mark_read(rows)
    return redirect(row.url or "inbox")


@require_POST
def read(request, pk):
    rows, _row = mine(request, pk)
    inbox.mark_read(rows)
    return back(request)


@require_POST
def unread(request, pk):
    rows, _row = mine(request, pk)
    inbox.mark_unread(rows)
    return back(request)


@require_POST
def read_all(request):
    """Everything the page showed; what came since stays new."""
    newest = request.POST.get("newest", "")
    rows = Notification.objects.visible_to(request.user).waiting(timezone.now())
    inbox.mark_read(rows.filter(pk__lte=int(newest)) if newest.isascii() and newest.isdigit() else rows.none())
    return back(request)


@require_POST
def snooze(request, pk):
    rows, _row = mine(request, pk)
    try:
        inbox.snooze(
            rows,
            morning_of(request.POST.get("until") or request.POST.get("other", "")),
            request.POST.get("reason", "").strip()[:500],
        )
    except ValidationError as refused:
        messages.error(request, refused.messages[0])
    return back(request)


def morning_of(written: str) -> dt.datetime:
    """That day, early, by the reader's clock; what is no day has passed."""
    try:
        day = parse_date(written)
        return timezone.make_aware(dt.datetime.combine(day, MORNING)) if day else timezone.now()
    except (ValueError, OverflowError):
        return timezone.now()


def muting(request):
    """Which kinds of notification call the reader; the others go into the inbox as read."""
    muted = set(request.user.muted_kinds.values_list("kind", flat=True))
    if request.method == "POST":
        wanted = set(notifications.KINDS) - set(request.POST.getlist("kind"))
        MutedKind.objects.filter(person=request.user, kind__in=muted - wanted).delete()
        new = [MutedKind(person=request.user, kind=kind) for kind in wanted - muted]
        MutedKind.objects.bulk_create(new, ignore_conflicts=True)
        return redirect("inbox")
    kinds = [{"slug": slug, "label": kind.label, "on": slug not in muted} for slug, kind in notifications.KINDS.items()]
    return render(request, "people/muting.html", {"kinds": kinds})
