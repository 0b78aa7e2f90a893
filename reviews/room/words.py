"""Decisions in words."""

import datetime as dt
from collections.abc import Collection
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cascade.templatetags.ui import number_text
from kpis import dated
from kpis.target_words import asked
from reviews.models import Decision

Kind = Decision.Kind
CHOICES = {
    Kind.ADJUST_TARGET: (gettext_lazy("Change target"), "target"),
    Kind.RE_WEIGHT: (gettext_lazy("Change weights"), "scale"),
    Kind.ADD_ACTION: (gettext_lazy("Add action"), "plus"),
    Kind.PAUSE: (gettext_lazy("Pause"), "pause"),
    Kind.RESUME: (gettext_lazy("Resume"), "play"),
    Kind.CLOSE: (gettext_lazy("Close"), "flag"),
    Kind.CANCEL: (gettext_lazy("Cancel"), "close"),
    Kind.KEEP: (gettext_lazy("Keep as it is"), "check"),
}


def day(date: dt.date) -> str:
    return date_format(date, "j M Y")


def sentence(decision: Decision, seen: Collection[int]) -> str:
    """What was decided; of weights only those of the goals with the ids `seen`, and of KPIs."""
    said = what(decision, seen)
    return _("Taken back: %(decision)s") % {"decision": said} if decision.reverses_id else said


def what(decision: Decision, seen: Collection[int]) -> str:
    match decision.kind:
        case Kind.ADJUST_TARGET:
            return of_target(decision)
        case Kind.RE_WEIGHT:
            return of_weights(decision, seen)
        case Kind.ADD_ACTION:
            return str(decision.after["title"])
        case Kind.PAUSE if decision.until and not decision.reverses_id:
            return _("Paused until %(day)s") % {"day": day(decision.until)}
    return {
        Kind.PAUSE: _("Paused"),
        Kind.RESUME: _("Goes on"),
        Kind.CLOSE: _("Closed with its figures of that day"),
        Kind.CANCEL: _("Cancelled"),
        Kind.KEEP: _("Kept as it is"),
    }[Kind(decision.kind)]


def of_target(decision: Decision) -> str:
    kpi = decision.kpi
    before, after = (
        asked({"direction": kpi and kpi.direction, **dated.told(row["asked"])}, kpi.unit if kpi else "")
        for row in (decision.before, decision.after)
    )
    name = kpi.name if kpi else _("A KPI that is gone")
    told = {"kpi": name, "before": before, "after": after, "day": day(decision.since)}
    if before == after:
        return _("%(kpi)s: measured anew from %(day)s") % told
    return _("%(kpi)s: %(before)s becomes %(after)s from %(day)s") % told


def of_weights(decision: Decision, seen: Collection[int]) -> str:
    pairs = zip(decision.before["weights"], decision.after["weights"], strict=True)
    told = [
        _("%(part)s %(before)s to %(after)s")
        % {"part": old["title"], "before": weight(old["weight"]), "after": weight(new["weight"])}
        for old, new in pairs
        if old["kind"] == "kpi" or old["id"] in seen
    ]
    if len(told) < len(decision.before["weights"]):
        told.append(_("restricted"))
    return ", ".join(told)


def weight(text: str) -> str:
    return number_text(Decimal(text))
