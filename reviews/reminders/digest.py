"""What a digest says: everything one person is reminded of on a day, in words and figures."""

import zoneinfo
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cascade.templatetags.ui import exact, number
from goals.board_words import counted
from goals.models import Goal
from kpis.record_links import record_link
from kpis.sight import OwnGoal, Sight, sight_of
from people import language
from people.models import Notification, Person
from reviews.models import Reminder, ReminderWishes
from reviews.reminders import inbox
from reviews.reminders.links import check_in_link
from reviews.reminders.rules import DEFAULTS

ESCALATION = Reminder.Kind.ESCALATION


@dataclass(frozen=True)
class Item:
    """One thing asked for: what, how it stands, how late, and where it is done. `private`: not for everybody of the
    organisation to read. `url` leads there after signing in, `door` without."""

    title: str
    detail: str
    late: str
    url: str
    door: str
    action: str
    private: bool


@dataclass(frozen=True)
class Step:
    """A goal on the way up and the points it gains when the person's own goal is reached."""

    title: str
    level: str
    points: Decimal
    own: bool


@dataclass(frozen=True)
class Content:
    heading: str
    items: list[Item]
    steps: list[Step] = field(default_factory=list)


@contextmanager
def read_by(person: Person):
    """The person's language and clock."""
    with ExitStack() as both:
        both.enter_context(language.read_by(person))
        both.enter_context(timezone.override(zoneinfo.ZoneInfo(person.timezone)))
        yield


def content_of(person: Person, rows: Sequence[Reminder]) -> Content:
    """In the active language; the number of queries does not depend on that of rows."""
    rows = sorted(rows, key=lambda row: (row.kind == ESCALATION, row.review_id is None, row.at, row.pk))
    sight = sight_of(person, person)
    reasons = put_off(rows)
    shared = open_to_all(sight)
    items = [of_value(person, row, sight, shared) if row.kpi_id else of_review(row, reasons) for row in rows]
    return Content(heading(person, rows), items, way_up(rows, sight))


def heading(person: Person, rows: Sequence[Reminder]) -> str:
    """Two numbers are due, Mina."""
    told = {"name": next(iter(person.name.split()), person.name), "number": counted(len(rows))}
    values = [row for row in rows if row.kpi_id]
    escalated = [row for row in rows if row.kind == ESCALATION]
    if len(values) == len(rows):
        words = ngettext("%(number)s number is due, %(name)s", "%(number)s numbers are due, %(name)s", len(rows))
    elif len(escalated) == len(rows):
        words = ngettext(
            "%(number)s check-in is overdue, %(name)s", "%(number)s check-ins are overdue, %(name)s", len(rows)
        )
    elif not values and not escalated:
        words = ngettext("%(number)s check-in is due, %(name)s", "%(number)s check-ins are due, %(name)s", len(rows))
    else:
        words = ngettext("%(number)s thing is due, %(name)s", "%(number)s things are due, %(name)s", len(rows))
    return words % told


def of_review(row: Reminder, reasons: dict[tuple[int, str], str]) -> Item:
    review = row.review
    goal, days = review.goal, (row.day - review.day).days
    told = {"day": date_format(review.day, "DATE_FORMAT"), "period": review.name, "owner": review.owner.name}
    if row.kind == ESCALATION:
        said = [
            _("%(owner)s has not checked in. Reviewed on %(day)s") % told,
            reasons.get((review.owner_id, row.about)),
        ]
        action = _("Look at it")
    else:
        said, action = [_("Check-in for %(period)s, reviewed on %(day)s") % told], _("Check in")
        if row.kind == Reminder.Kind.OVERDUE and row.n >= DEFAULTS.escalate_from and review.owner.manager_id:
            said.append(_("%(manager)s hears of it as well") % {"manager": review.owner.manager})
    url = settings.BASE_URL + inbox.address(row)
    return Item(
        title=goal.title,
        detail=". ".join(filter(None, said)),
        late=ngettext("%(days)s day late", "%(days)s days late", days) % {"days": days} if days > 0 else "",
        url=url,
        door=url if row.kind == ESCALATION else check_in_link(row.recipient, review),
        action=action,
        private=goal.visibility != Goal.Visibility.ORGANISATION,
    )


def of_value(person: Person, row: Reminder, sight: Sight, shared: set[int]) -> Item:
    kpi = row.kpi
    own = next((each for goal in sight.goals for each in goal.kpis if each.id == kpi.pk), None)
    due = own.period(row.period) if own else None
    figures = [inbox.period_words(person.organisation, row)]
    if own is not None and not own.kpi.definition.is_boolean:
        if own.kpi.shown is not None:
            figures.append(_("now %(value)s") % {"value": number(own.kpi.shown, kpi.unit)})
        if own.kpi.definition.target is not None:
            figures.append(_("target %(value)s") % {"value": exact(own.kpi.definition.target, kpi.unit)})
    late = due.days_late if due else 0
    return Item(
        title=kpi.name,
        detail=", ".join(figures),
        late=ngettext("%(days)s day late", "%(days)s days late", late) % {"days": late} if late else "",
        url=settings.BASE_URL + inbox.address(row),
        door=record_link(person, kpi, row.period),
        action=_("Enter value"),
        private=kpi.goal_id not in shared,
    )


def open_to_all(sight: Sight) -> set[int]:
    """Of the person's goals those that everybody in the organisation sees."""
    ids = [own.id for own in sight.goals]
    found = Goal.objects.filter(pk__in=ids, visibility=Goal.Visibility.ORGANISATION)
    return set(found.values_list("pk", flat=True))


def put_off(rows: Sequence[Reminder]) -> dict[tuple[int, str], str]:
    """Why the owners of overdue check-ins wait, for the manager to read: they are away, or put this one off."""
    owners = {row.review.owner_id for row in rows if row.kind == ESCALATION}
    if not owners:
        return {}
    away = ReminderWishes.objects.filter(person__in=owners, back_on__gt=timezone.localdate())
    snoozed = Notification.objects.filter(person__in=owners, kind__in=inbox.KINDS).snoozed(timezone.now())
    found = {
        (row.review.owner_id, row.about): told_away(wishes)
        for wishes in away
        for row in rows
        if row.kind == ESCALATION and row.review.owner_id == wishes.person_id
    }
    for person_id, facts, until, reason in snoozed.values_list("person_id", "facts", "snoozed_until", "snooze_reason"):
        told = {"day": date_format(timezone.localtime(until), "DATE_FORMAT"), "reason": reason or _("no reason given")}
        found[person_id, facts.get("about", "")] = _("Put off until %(day)s: %(reason)s") % told
    return found


def told_away(wishes: ReminderWishes) -> str:
    """Away until 3 July 2026: parental leave"""
    told = {"day": date_format(wishes.back_on, "DATE_FORMAT"), "reason": wishes.away_because or _("no reason given")}
    return _("Away until %(day)s: %(reason)s") % told


def way_up(rows: Sequence[Reminder], sight: Sight) -> list[Step]:
    """From the strategy down to the goal that the first thing is about; nothing where there is nothing to gain."""
    about = [row.kpi.goal_id if row.kpi_id else row.review.goal_id for row in rows if row.kind != ESCALATION]
    own = next((own for own in sight.goals if own.id in about[:1]), None)
    steps = list(stops(own)) if own is not None else []
    return steps if len(steps) > 1 and any(step.points for step in steps) else []


def stops(own: OwnGoal) -> Iterator[Step]:
    for stop in reversed(own.path):
        if stop.goal is not None:
            yield Step(stop.goal.title, stop.goal.level.name, stop.headroom or Decimal(0), stop.goal.id == own.id)
