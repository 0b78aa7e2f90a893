"""Kudos, signals and wins of the demo company: voices.toml, written as if people had said it then."""

import datetime as dt
import tomllib
from typing import Any

from django.db.models import Min

from goals.models import (
    Goal,
    GoalSnapshot,
    Kudos,
    KudosJoined,
    KudosReceiver,
    Signal,
    SignalRound,
    Win,
)
from goals.voices import signals, wins
from integrations.demo.company import Company
from integrations.demo.plan import HERE
from integrations.demo.strategy import Written
from integrations.demo.telling import told
from integrations.demo.timeline import DAY, Timeline

NEWS = 30 * DAY


class Voices:
    """Writes all of it for a company whose goals, snapshots and figures are there."""

    def __init__(self, company: Company, written: Written, time: Timeline) -> None:
        self.company, self.goals, self.time = company, written.goals, time
        self.same = {"organisation_id": company.organisation.pk}

    def write(self) -> None:
        read = tomllib.loads((HERE / "voices.toml").read_text(encoding="utf-8"))
        for each in sorted(read["kudos"], key=lambda each: each["given"]):
            self.kudos(each)
        for each in sorted(read["signal"], key=lambda each: each["sent"]):
            self.signal(each)
        self.wins()

    def at(self, days: int, hour: int = 11) -> dt.datetime:
        return self.time.at(self.time.today + days * DAY, hour, 24)

    def kudos(self, each: dict[str, Any]) -> None:
        people, at = self.company.people, self.at(each["given"])
        goal, by, receivers = self.goals[each["goal"]], people[each["by"]], [people[name] for name in each["to"]]
        made = Kudos.objects.create(goal=goal, author=by, text=each["text"], **self.same)
        Kudos.objects.filter(pk=made.pk).update(created_at=at)
        KudosReceiver.objects.bulk_create(KudosReceiver(kudos=made, person=one, **self.same) for one in receivers)
        joined = [KudosJoined(kudos=made, person=people[name], **self.same) for name in each["joined"]]
        KudosJoined.objects.bulk_create(joined)
        facts = {"by": by.name, "text": each["text"], "anchor": f"#kudos-{made.pk}"}
        told(receivers, "kudos", str(made.pk), at, self.time.now, goal, **facts)

    def signal(self, each: dict[str, Any]) -> None:
        """Sent, answered as `rounds` tell, and escalated when nobody answered in time."""
        goal, by, at = self.goals[each["goal"]], self.company.people[each["by"]], self.at(each["sent"])
        made = Signal(goal=goal, author=by, kind=each["kind"], text=each["text"], waits_since=at, **self.same)
        made.save()
        self.say(made, [goal.owner], "signal", by.name, at, each["text"])
        for number, one in enumerate(each.get("rounds", ()), start=2):
            self.round(made, one, number)
        if made.state == Signal.State.OPEN and at + signals.WAITS < self.time.now:
            self.escalate(made)
        made.save()
        Signal.objects.filter(pk=made.pk).update(created_at=at)

    def round(self, signal: Signal, one: dict[str, Any], version: int) -> None:
        who, at, answers = self.company.people[one["by"]], self.at(one["at"], 15), one["kind"] == "answered"
        said = SignalRound.objects.create(
            signal=signal, kind=one["kind"], outcome=one.get("outcome", ""), text=one["text"], by=who, **self.same
        )
        SignalRound.objects.filter(pk=said.pk).update(at=at)
        signal.version, signal.outcome = version, said.outcome
        signal.state = Signal.State.ANSWERED if answers else Signal.State.OPEN
        if not answers:
            signal.reopened_at = signal.waits_since = at
        people = [signal.author] if answers else [signal.goal.owner]
        self.say(signal, people, "signal_answered" if answers else "signal_reopened", who.name, at, one["text"])

    def escalate(self, signal: Signal) -> None:
        at = signal.waits_since + signals.WAITS
        signal.escalated_at = at
        owner = signal.goal.owner
        facts = {"owner": owner.name, "days": signals.WAITS.days}
        self.say(signal, [owner.manager], "signal_escalated", "", at, signal.text, **facts)
        self.say(signal, [owner], "signal_overdue", "", at, signal.text, **facts)

    def say(self, signal: Signal, people, kind: str, by: str, at: dt.datetime, text: str, **facts) -> None:
        facts |= {"by": by, "text": text, "anchor": f"#signal-{signal.pk}"}
        told(people, kind, f"{signal.pk} {signal.version}", at, self.time.now, signal.goal, **facts)

    def wins(self) -> None:
        """What the roll-up noticed was reached on the first day whose figures say so."""
        reached = GoalSnapshot.objects.filter(**self.same, status="achieved").values("goal")
        days = dict(reached.annotate(first=Min("day")).values_list("goal", "first"))
        for win in Win.objects.filter(**self.same).select_related("goal__unit", "goal__owner__unit"):
            win.reached_on = win.goal.closed_on or days.get(win.goal_id) or self.time.today - DAY
            win.told_at = self.time.at(win.reached_on, 23, 40)
            win.save()
            if win.reached_on > self.time.today - NEWS and win.goal.state == Goal.State.ACTIVE:
                told(wins.on_path(win.goal), "win", str(win.goal_id), win.told_at, self.time.now, win.goal)
