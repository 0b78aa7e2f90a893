"""Which reminders a review sends, to whom and when (docs/domain.md section 14). Pure: dates and zones in, rows out.

A reminder's key names it for ever: what was sent under a key is never sent again.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import groupby
from typing import NamedTuple
from zoneinfo import ZoneInfo

from reviews.rhythm import Shift, Workdays


class Kind(StrEnum):
    """From the least urgent to the most. `value` asks for a value on the first working day after its period,
    `value_last` on the last one within its grace."""

    before = "before"
    overdue = "overdue"
    escalation = "escalation"
    value = "value"
    value_last = "value_last"


class State(StrEnum):
    """`superseded`: a more urgent one goes on the same day; `skipped`: its time passed without it."""

    planned = "planned"
    superseded = "superseded"
    skipped = "skipped"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who is reminded, in their own time zone, `at` a time of their own; of nothing dated before they
    joined."""

    id: str
    zone: ZoneInfo
    joined: date = date.min
    at: time | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """`before`: days ahead of the review; then every `every` days overdue, at most `most` times; from `escalate_from`
    days the manager hears of it too. `quiet` begins and ends on the clock of the recipient; None sends at any hour."""

    before: tuple[int, ...] = (14, 3, 0)
    every: int = 7
    most: int = 8
    escalate_from: int = 14
    at: time = time(9)
    quiet: tuple[time, time] | None = (time(20), time(7))
    shift: bool = True


DEFAULTS = Rules()


class Reminder(NamedTuple):
    """One message to one person over one channel, `n` days before or overdue (0 for a value): its day in their zone,
    its moment. `about` is the review, or the KPI whose value is asked for."""

    key: str
    about: str
    kind: str
    n: int
    recipient: str
    day: date
    at: datetime
    state: str


def plan(
    review: str,
    revision: int,
    day: date,
    owner: Recipient,
    manager: Recipient | None,
    workdays: Workdays,
    rules: Rules = DEFAULTS,
    channel: str = "email",
) -> list[Reminder]:
    """Every reminder of a review held on `day`, in the order of their moments. `revision` counts how often a person
    moved the review: moved, it reminds anew."""
    found = [(Kind.before, n, before(day, n, workdays, rules), owner) for n in rules.before]
    for number in range(1, rules.most + 1):
        n = rules.every * number
        late = day + timedelta(days=n)
        late = workdays.shifted(late, Shift.next) if rules.shift else late
        found.append((Kind.overdue, n, late, owner))
        if manager is not None and n >= rules.escalate_from:
            found.append((Kind.escalation, n, late, manager))
    named = f"{review}:r{revision}"
    return in_order(reminder(named, review, kind, n, on, to, rules, channel) for kind, n, on, to in found)


def plan_value(
    kpi: str,
    first: date,
    end: date,
    grace: int,
    to: Recipient,
    workdays: Workdays,
    rules: Rules = DEFAULTS,
    channel: str = "email",
) -> list[Reminder]:
    """The reminders of the value of one period, from `first` to `end`: on the first working day after it, and on the
    last one within the `grace` days that follow, if there is one."""
    found = [(Kind.value, workdays.shifted(end + timedelta(days=1), Shift.next))]
    last = workdays.shifted(end + timedelta(days=grace), Shift.previous)
    if last > end:
        found.append((Kind.value_last, last))
    named = f"{kpi}.{first}:r1"
    return in_order(reminder(named, kpi, kind, 0, on, to, rules, channel) for kind, on in found)


def reminder(
    named: str, about: str, kind: Kind, n: int, on: date, to: Recipient, rules: Rules, channel: str
) -> Reminder:
    return Reminder(
        key=f"{named}:{kind}:{n}:{to.id}:{channel}",
        about=about,
        kind=kind,
        n=n,
        recipient=to.id,
        day=on,
        at=moment(on, to, rules),
        state=State.skipped if on < to.joined else State.planned,
    )


def in_order(rows: Iterable[Reminder]) -> list[Reminder]:
    return sorted(superseded(rows), key=lambda row: (row.at, urgency(row)))


def before(day: date, n: int, workdays: Workdays, rules: Rules) -> date:
    """A reminder ahead of the review goes on a working day, the one of the review itself on that day."""
    ahead = day - timedelta(days=n)
    return workdays.shifted(ahead, Shift.previous) if n and rules.shift else ahead


def moment(day: date, to: Recipient, rules: Rules) -> datetime:
    """When it goes out, in UTC. A planned time within the quiet hours moves to their edge on the same date; a local
    time that a change of clocks skips is read with the offset before it, a doubled one is its first."""
    at = to.at or rules.at
    if rules.quiet is not None:
        begins, ends = rules.quiet
        at = ends if at < ends else begins if at > begins else at
    return datetime.combine(day, at, to.zone).replace(fold=0).astimezone(UTC)


def urgency(row: Reminder) -> tuple[int, int]:
    """A smaller number is less urgent: nearer ahead of the review, later after it."""
    return list(Kind).index(Kind(row.kind)), -row.n if row.kind == Kind.before else row.n


def superseded(rows: Iterable[Reminder]) -> list[Reminder]:
    """Of two to one person on one day the more urgent goes out."""
    ordered = sorted(rows, key=lambda row: (row.recipient, row.day, urgency(row)))
    found = []
    for _, group in groupby(ordered, key=lambda row: (row.recipient, row.day)):
        *others, most = group
        found += [row._replace(state=State.superseded) if row.state == State.planned else row for row in others]
        found.append(most)
    return found


def is_quiet(now: datetime, zone: ZoneInfo, rules: Rules) -> bool:
    """Whether it is within the recipient's quiet hours; the edges belong to the day."""
    if rules.quiet is None:
        return False
    begins, ends = rules.quiet
    clock = now.astimezone(zone).time()
    return clock < ends or clock > begins


def due(
    rows: Iterable[Reminder],
    done: Collection[str],
    now: datetime,
    zones: dict[str, ZoneInfo],
    rules: Rules = DEFAULTS,
) -> tuple[list[Reminder], list[Reminder]]:
    """What a worker sends now, and what it notes as skipped: of each review (or KPI) and recipient only the latest row
    whose time has come goes out, so an outage causes no flood. `done` holds the keys sent or skipped before. Within the
    recipient's quiet hours everything waits."""
    come = [
        row
        for row in rows
        if row.state == State.planned
        and row.at <= now
        and row.key not in done
        and not is_quiet(now, zones[row.recipient], rules)
    ]
    come.sort(key=lambda row: (row.recipient, row.about, row.at, urgency(row)))
    send, skip = [], []
    for _, group in groupby(come, key=lambda row: (row.recipient, row.about)):
        *older, latest = group
        send.append(latest)
        skip += older
    return send, skip
