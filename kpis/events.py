"""What happened on the course of a KPI, day by day: annotations, corrections and decisions about the target."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from cascade.templatetags.ui import exact
from kpis.course import Course
from kpis.models import Annotation
from kpis.target_words import Asked


@dataclass(frozen=True, slots=True)
class Event:
    on: dt.date
    text: str


def happened(course: Course, asked: Iterable[Asked], annotations: Iterable[Annotation]) -> list[Event]:
    """In the order of their days."""
    unit = course.kpi.unit
    found = [Event(each.on, each.text) for each in annotations]
    found += [Event(each.since, changed_target(each)) for each in asked if each.since]
    for line in course.measured:
        for change in line.corrections:
            facts = {"period": line.name, "before": exact(change.before, unit), "why": change.revision.note}
            text = (
                _("%(period)s corrected from %(before)s: %(why)s")
                if facts["why"]
                else _("%(period)s corrected from %(before)s")
            )
            found.append(Event(line.seen_on, text % facts))
    return sorted(found, key=lambda event: event.on)


def changed_target(asked: Asked) -> str:
    facts = {"target": asked.words, "why": asked.reason}
    return (_("Target %(target)s: %(why)s") if asked.reason else _("Target %(target)s")) % facts
