"""The reviews that the demo company held, holds today and forgot: reviews.toml, written as if it had happened then."""

import datetime as dt
import tomllib
from collections.abc import Iterable
from functools import cache
from typing import Any

from cascade.fields import plain, plain_or_none
from goals import past
from goals.models import Goal
from integrations.demo.company import Company
from integrations.demo.plan import HERE, Event, Plan
from integrations.demo.strategy import Written
from integrations.demo.timeline import DAY, Timeline
from kpis.models import Initiative, Kpi
from people.models import Person
from reviews import schedule
from reviews.checking_in import FIGURES, frozen
from reviews.models import CheckIn, Correction, Decision, Review
from reviews.rhythm import ReviewDate
from reviews.room import agenda, keeping

FORGOTTEN = 15 * DAY
EARLIER = "Everybody is here today."
MINUTE = dt.timedelta(minutes=1)
Row = dict[str, Any]
Step = tuple[dt.datetime, Person | None, Row]  # when, by whom, and what was written


class Reviewing:
    """Writes all of it for a company whose goals, values, initiatives and figures are there."""

    def __init__(self, plan: Plan, company: Company, written: Written, time: Timeline) -> None:
        self.company, self.people, self.goals, self.time = company, company.people, written.goals, time
        self.organisation = company.organisation
        self.same = {"organisation_id": self.organisation.pk}
        self.events = {(event.goal, event.field): event for event in plan.events if event.goal}
        self.known = cache(self.tree_known)

    def write(self) -> None:
        read = tomllib.loads((HERE / "reviews.toml").read_text(encoding="utf-8"))["review"]
        rules = schedule.rules_of(self.organisation)
        self.dates = {course.goal_id: course.reviews for course in schedule.courses(self.organisation, rules)}
        held = [self.review(each) for each in read]
        for review in held:
            if review.state == Review.State.SIGNED:
                self.keep(review)

    def tree_known(self, moment: dt.datetime) -> tuple[past.Tree, dict[int, Any]]:
        """The company as it was known at a moment, with its figures."""
        tree = past.tree_at(self.organisation, moment.astimezone(self.time.zone).date(), moment)
        return tree, tree.figures()

    def dated(self, goal: Goal, told: Row) -> ReviewDate:
        """The review of the period that is meant; of one that was forgotten the newest that is late enough."""
        dates, today = self.dates[goal.pk], self.time.today
        if told["state"] == "overdue":
            return [each for each in dates if each.day <= today - FORGOTTEN][-1]
        running = next(number for number, each in enumerate(dates) if each.first <= today <= each.end)
        return dates[running + told["period"]]

    def review(self, told: Row) -> Review:
        goal = self.goals[told["goal"]]
        date = self.dated(goal, told)
        day = self.day(told, date)
        review = self.lived(Review(goal=goal, owner=goal.owner, **date._asdict(), **self.same), self.steps(told, date))
        opened = review.opened_at
        for number, each in enumerate(told.get("check_ins", ())):
            self.check_in(review, each, min(self.time.at(day, 9, 12 + 17 * number), opened - 30 * MINUTE))
        for number, each in enumerate(told.get("decisions", ())):
            self.decide(review, each, opened + (10 + 20 * number) * MINUTE)
        if correction := told.get("correction"):
            by = self.people[correction["by"]]
            row = Correction.objects.create(review=review, by=by, text=correction["text"], **self.same)
            Correction.objects.filter(pk=row.pk).update(at=review.signed_at + 3 * DAY)
        return review

    def keep(self, review: Review) -> None:
        """What signing off keeps: the figures of that moment, and what had been said."""
        ids = self.covered(review.goal, review.signed_at)
        said = agenda.told(review, ids)
        figures = {
            str(pk): {
                **self.standing(pk, review.signed_at),
                "said": [keeping.statement(each) for each in said.get(pk, ([], None))[0]],
            }
            for pk in ids
        }
        Review.objects.filter(pk=review.pk).update(figures=figures)
        Review.history.filter(id=review.pk, state=Review.State.SIGNED).update(figures=figures)

    def day(self, told: Row, date: ReviewDate) -> dt.date:
        """When it was held, or should have been."""
        if told["state"] == "overdue":
            return date.day
        if held := told.get("held"):
            return self.time.day_of(*held)
        return self.time.today if told["state"] == "open" else min(date.day, self.time.today - DAY)

    def steps(self, told: Row, date: ReviewDate) -> list[Step]:
        """Planned, moved, opened and signed off, as far as it came."""
        goal, state, day = self.goals[told["goal"]], told["state"], self.day(told, date)
        steps: list[Step] = [(self.time.at(max(date.first, self.time.start) - 2 * DAY, 6, 20), None, {})]
        if day != date.day:
            moved = {"was_moved": True, "revision": 2, "day": day, "reason": told.get("moved", EARLIER)}
            steps.append((self.time.at(day - 3 * DAY, 9, 5), goal.owner, moved))
        if state == "overdue":
            return steps
        opened, signed = self.time.at(day, 13), self.time.at(day, 15, 30)
        opened = min(opened, self.time.now - 20 * MINUTE) if state == "open" else opened
        by = self.people[told.get("opened_by") or told["signed_by"]]
        notes = {name: told.get(name, "") for name in ("wins", "notes")}
        steps.append((opened, by, {"state": Review.State.OPEN, "opened_by": by, "opened_at": opened, **notes}))
        if state == "signed":
            steps.append((signed, by, {"state": Review.State.SIGNED, "signed_by": by, "signed_at": signed}))
        return steps

    def covered(self, goal: Goal, moment: dt.datetime) -> list[int]:
        """The goal and those right below it that were there at the moment."""
        below = [each.pk for each in self.goals.values() if each.parent_id == goal.pk]
        return [pk for pk in (goal.pk, *below) if pk in self.known(moment)[1]]

    def lived(self, row: Review | CheckIn, steps: Iterable[Step]) -> Any:
        """The row as the steps left it, with its history: when, by whom, and what was written."""
        model, versions = type(row), []
        for number, (at, by, fields) in enumerate(steps, start=1):
            for name, value in fields.items():
                setattr(row, name, value)
            row.version = number
            state = {each.attname: getattr(row, each.attname) for each in model.history.model.tracked_fields}
            versions.append((at, by, "~" if number > 1 else "+", state | {"updated_at": at}))
        model.objects.bulk_create([row])
        model.objects.filter(pk=row.pk).update(updated_at=versions[-1][0])
        model.history.model.objects.bulk_create(
            model.history.model(history_date=at, history_user=by, history_type=kind, **{**state, "id": row.pk})
            for at, by, kind, state in versions
        )
        return row

    def standing(self, goal_id: int, moment: dt.datetime) -> Row:
        """A goal's figures and those of its KPIs as they were known then, as a check-in freezes them."""
        tree, figures = self.known(moment)
        found, scores = figures[goal_id], tree.scores
        kpis = [row for row in scores.rows.values() if row["goal_id"] == goal_id and row["state"] == Kpi.State.ACTIVE]
        return {
            "status": str(found.status),
            **{name: plain_or_none(getattr(found, name)) for name in FIGURES},
            "kpis": [
                {
                    "id": row["id"],
                    "name": row["name"],
                    "unit": row["unit"],
                    "target": plain_or_none(row["target"]),
                    "actual": plain_or_none(scores.scores[row["id"]].actual),
                    "progress": plain_or_none(scores.scores[row["id"]].progress),
                    "status": str(scores.scores[row["id"]].status),
                }
                for row in sorted(kpis, key=lambda row: row["id"])
            ],
        }

    def check_in(self, review: Review, told: Row, at: dt.datetime) -> None:
        """What was handed in; the figures are those of the review's day."""
        by = self.people[told["by"]]
        written = {name: told.get(name, "") for name in ("comment", "blockers", "next_steps")}
        row = CheckIn(
            review=review,
            author=by,
            confidence=told["confidence"],
            reported_status=told.get("reported", ""),
            figures=self.standing(review.goal_id, review.signed_at) if review.signed_at else frozen(review.goal_id),
            submitted_at=at,
            **written,
            **self.same,
        )
        self.lived(row, [(at, by, {})])

    def decide(self, review: Review, told: Row, at: dt.datetime) -> None:
        goal, by = self.goals[told["goal"]], self.people[told["by"]]
        fields: Row = {"reason": told.get("reason", "")}
        if told["kind"] == Decision.Kind.RE_WEIGHT:
            event = self.events[told["part"], "weight"]
            at = self.time.at(self.time.day_of(event.month, event.day), 14, 10)
            fields = self.weighed(review, goal, event, at)
        else:
            figures = self.known(review.signed_at)[1]
            fields["effect"] = [moved(pk, figures, figures) for pk in self.upwards(goal)]
        if told["kind"] == Decision.Kind.ADD_ACTION:
            fields |= self.action(told["action"], by, at)
        row = Decision.objects.create(review=review, goal=goal, kind=told["kind"], by=by, **fields, **self.same)
        Decision.objects.filter(pk=row.pk).update(at=at)

    def upwards(self, goal: Goal) -> list[int]:
        return [goal.pk, *(each.pk for each in reversed(goal.ancestors()))]

    def weighed(self, review: Review, goal: Goal, event: Event, at: dt.datetime) -> Row:
        """A change of weight that the histories tell, with what it did above at that moment."""
        part = self.goals[event.goal]
        before, after = self.known(at - MINUTE)[1], self.known(review.signed_at)[1]
        row = {"kind": "goal", "id": part.pk, "title": part.title}
        return {
            "reason": event.reason,
            "before": {"weights": [{**row, "weight": str(event.was)}]},
            "after": {"weights": [{**row, "weight": plain(part.weight)}]},
            "effect": [moved(pk, before, after) for pk in self.upwards(goal)],
        }

    def action(self, title: str, by: Person, at: dt.datetime) -> Row:
        """An initiative of the company, begun with the decision."""
        action = Initiative.objects.get(title=title, **self.same)
        Initiative.history.filter(id=action.pk, history_type="+").update(history_date=at, history_user=by)
        after = {"title": title, "owner": action.owner_id, "due": action.due.isoformat()}
        return {"action": action, "after": after}


def moved(pk: int, before: dict[int, Any], after: dict[int, Any]) -> Row:
    return {
        "goal": pk,
        "before": plain_or_none(before[pk].progress),
        "after": plain_or_none(after[pk].progress),
        "expected": plain_or_none(after[pk].expected),
        "was": str(before[pk].status),
        "status": str(after[pk].status),
    }
