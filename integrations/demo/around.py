"""What is planned and said around the goals of the demo company: around.toml, written as if people had done it then."""

import datetime as dt
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import models

from goals.comments import understood
from goals.models import Alignment, Comment, Mention
from integrations.demo.company import Company
from integrations.demo.plan import HERE
from integrations.demo.strategy import Written
from integrations.demo.timeline import DAY, Timeline
from kpis.models import (
    FactorKpi,
    Initiative,
    InitiativeGoal,
    InitiativeKpi,
    Milestone,
    Process,
    ProcessKpi,
    Resource,
    ResourceLink,
    SuccessFactor,
)
from people.models import Person

PLANNED_BEFORE = 90  # days before it was due


def read() -> Mapping[str, list[dict[str, Any]]]:
    return tomllib.loads((HERE / "around.toml").read_text(encoding="utf-8"))


class Around:
    """Writes all of it for a company whose goals and KPIs are there."""

    def __init__(self, company: Company, written: Written, time: Timeline) -> None:
        self.company, self.goals, self.kpis, self.time = company, written.goals, written.kpis, time
        self.same = {"organisation_id": company.organisation.pk}

    def write(self) -> None:
        told = read()
        self.factors(told["factor"])
        self.initiatives(told["initiative"])
        self.alignments(told["alignment"])
        self.comments(told["comment"])
        self.resources(told["resource"])
        self.processes(told["process"])

    def day(self, number: int | None) -> dt.date | None:
        return None if number is None else self.time.today + number * DAY

    def keep(self, rows: list[models.Model], by: Iterable[Person], on: Iterable[dt.date]) -> None:
        """Saves rows with the history of their making."""
        model = type(rows[0])
        model.objects.bulk_create(rows)
        versions = []
        for row, who, day in zip(rows, by, on, strict=True):
            at = self.time.at(day, 10, row.pk % 60)
            state = {each.attname: getattr(row, each.attname) for each in model.history.model.tracked_fields}
            versions.append(model.history.model(history_date=at, history_user=who, history_type="+", **state))
        model.history.model.objects.bulk_create(versions)

    def factors(self, told: list[dict[str, Any]]) -> None:
        rows = [
            SuccessFactor(
                goal=self.goals[each["goal"]],
                name=each["name"],
                perspective=self.company.perspectives.get(each.get("perspective", "")),
                **self.same,
            )
            for each in told
        ]
        self.keep(rows, [row.goal.owner for row in rows], [self.time.start for _ in rows])
        self.link(FactorKpi, "factor", rows, "kpi", self.kpis, [each.get("kpis", ()) for each in told])

    def initiatives(self, told: list[dict[str, Any]]) -> None:
        rows = [
            Initiative(
                title=each["title"],
                description=each.get("description", ""),
                owner=self.company.people[each["owner"]],
                due=self.day(each["due"]),
                state=each.get("state", "doing"),
                done_on=self.day(each.get("done")),
                **self.same,
            )
            for each in told
        ]
        began = [max(self.time.start, row.due - PLANNED_BEFORE * DAY) for row in rows]
        began = [min(day, self.time.today - DAY) for day in began]
        self.keep(rows, [row.owner for row in rows], began)
        self.link(InitiativeGoal, "initiative", rows, "goal", self.goals, [each["goals"] for each in told])
        self.link(InitiativeKpi, "initiative", rows, "kpi", self.kpis, [each.get("kpis", ()) for each in told])
        steps = [
            Milestone(
                initiative=row,
                title=step["title"],
                due=self.day(step.get("due")),
                done_on=self.day(step.get("done")),
                **self.same,
            )
            for row, each in zip(rows, told, strict=True)
            for step in each.get("milestones", ())
        ]
        owners = [step.initiative.owner for step in steps]
        self.keep(steps, owners, [step.done_on or self.time.today - DAY for step in steps])

    def alignments(self, told: list[dict[str, Any]]) -> None:
        rows = [
            Alignment(
                goal=self.goals[each["goal"]], supports=self.goals[each["supports"]], note=each["note"], **self.same
            )
            for each in told
        ]
        self.keep(rows, [row.goal.owner for row in rows], [self.time.start for _ in rows])

    def comments(self, told: list[dict[str, Any]]) -> None:
        rows, mentioned = [], []
        for each in sorted(told, key=lambda each: each["said"]):
            goal = self.goals[each["goal"]]
            text, people = understood(goal, each["text"])
            rows.append(Comment(goal=goal, author=self.company.people[each["by"]], text=text, **self.same))
            mentioned.append((people, self.time.at(self.day(each["said"]), 14, 12)))
        Comment.objects.bulk_create(rows)
        for row, (_, at) in zip(rows, mentioned, strict=True):
            row.created_at = at
        Comment.objects.bulk_update(rows, ["created_at"])
        Mention.objects.bulk_create(
            Mention(comment=row, person=person, **self.same)
            for row, (people, _) in zip(rows, mentioned, strict=True)
            for person in people
        )

    def resources(self, told: list[dict[str, Any]]) -> None:
        rows = [
            Resource(
                title=each["title"], kind=each["kind"], url=each.get("url", ""), text=each.get("text", ""), **self.same
            )
            for each in told
        ]
        self.keep(rows, [self.company.people["Ingrid Solheim"]] * len(rows), [self.time.start for _ in rows])
        levels = dict(enumerate(self.company.levels))
        for name, known in (("level", levels), ("goal", self.goals), ("kpi", self.kpis)):
            self.link(ResourceLink, "resource", rows, name, known, [each.get(f"{name}s", ()) for each in told])

    def processes(self, told: list[dict[str, Any]]) -> None:
        rows = [
            Process(name=each["name"], owner=self.company.people[each["owner"]], url=each.get("url", ""), **self.same)
            for each in told
        ]
        self.keep(rows, [row.owner for row in rows], [self.time.start for _ in rows])
        self.link(ProcessKpi, "process", rows, "kpi", self.kpis, [each["kpis"] for each in told])

    def link(
        self,
        model: type[models.Model],
        name: str,
        rows: list[models.Model],
        to: str,
        known: Mapping[Any, models.Model],
        wanted: Iterable[Iterable[Any]],
    ) -> None:
        model.objects.bulk_create(
            model(**{name: row, to: known[key]}, **self.same)
            for row, keys in zip(rows, wanted, strict=True)
            for key in keys
        )
