"""The minutes of a review as one person may read them, for the page and the printed document. Once it is signed off
they tell what was kept then; until then they tell how it stands."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.text import slugify
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cascade import typeset
from cascade.templatetags.ui import WORDS, exact, number_text, percent_text, points, with_unit
from goals.models import Goal, Kudos
from people.models import Person
from reviews import access
from reviews.models import Correction, Review
from reviews.room import outcomes, page, words
from reviews.room.attending import attending
from reviews.room.effects import arranged, number
from reviews.room.keeping import kept
from reviews.room.page import Told

Row = dict[str, Any]


@dataclass(frozen=True)
class Said:
    """A check-in; without confidence and blockers where the reader may not know them."""

    author: str
    row: Row
    candid: bool
    corrections: list[Correction]

    @property
    def disagrees(self) -> bool:
        return bool(self.row["reported_status"]) and self.row["reported_status"] != self.row["status"]


@dataclass(frozen=True)
class Entry:
    """A goal with its figures and what was said about it."""

    goal: Goal
    row: Row
    said: list[Said]

    @property
    def progress(self) -> Decimal | None:
        return number(self.row["progress"])

    @property
    def expected(self) -> Decimal | None:
        return number(self.row["expected"])

    @property
    def status(self) -> str:
        return str(self.row["status"])

    @property
    def kpis(self) -> list[Row]:
        return [
            {**kpi, **{name: number(kpi[name]) for name in ("actual", "target", "progress")}}
            for kpi in self.row["kpis"]
        ]


@dataclass(frozen=True)
class Minutes:
    review: Review
    on: dt.date
    present: list[Person]
    entries: list[Entry]
    before: list[Told]
    last: Review | None
    decisions: list[Told]
    kudos: list[Kudos]
    corrections: list[Correction]

    @property
    def is_signed(self) -> bool:
        return self.review.state == Review.State.SIGNED


def minutes(review: Review, person: Person) -> Minutes:
    """In a fixed number of queries once the review is signed off."""
    on = review.organisation.day_of(review.signed_at) if review.signed_at else review.organisation.today()
    rows = kept(review) if review.figures is None else review.figures
    last = outcomes.last_review(review)
    decided = outcomes.decisions(person, review=review)
    before = outcomes.decisions(person, review=last) if last else []
    seen = page.seen_among(person, [*decided, *before])
    corrections = list(review.corrections.select_related("by", "check_in__author").order_by("pk"))
    goals = Goal.objects.visible_to(person).filter(pk__in=[int(pk) for pk in rows])
    authors = {each["author"] for row in rows.values() for each in row["said"]}
    names = dict(Person.objects.filter(pk__in=authors).values_list("pk", "name"))
    holds = access.can_hold(person, review) or person.sees_everything

    def told_of(goal: Goal) -> list[Said]:
        return [
            Said(
                names.get(row["author"], _("Somebody who has left")),
                row,
                holds or person.pk in (row["author"], goal.owner_id),
                [each for each in corrections if each.check_in_id == row["id"]],
            )
            for row in rows[str(goal.pk)]["said"]
        ]

    entries = [
        Entry(goal, rows[str(goal.pk)], told_of(goal))
        for goal in goals.select_related("level", "owner__unit").in_tree_order()
    ]

    def told(decision, outcome=None) -> Told:
        return Told(decision, words.sentence(decision, seen), arranged(decision.effect, seen), False, outcome)

    return Minutes(
        review=review,
        on=on,
        present=list(attending(review)),
        entries=entries,
        before=[told(each, outcomes.outcome(each, on, review.figures)) for each in before if not each.reverses_id],
        last=last,
        decisions=[told(each) for each in decided],
        kudos=page.thanked(review, person, [entry.goal.pk for entry in entries], on),
        corrections=[each for each in corrections if each.check_in_id is None],
    )


def document(found: Minutes) -> bytes:
    """The PDF, in the language that is active."""
    return typeset.pdf("minutes", contents(found))


def file_name(review: Review) -> str:
    return f"{slugify(review.goal.title)[:60] or 'review'}-{slugify(review.name)}.pdf"


def contents(found: Minutes) -> Row:
    review, goal = found.review, found.review.goal
    title = _("Review of %(goal)s, %(period)s") % {"goal": goal.title, "period": review.name}
    return {
        "language": (get_language() or "en").split("-")[0],
        "title": title,
        "head": f"{review.organisation.name} · {title}",
        "overline": f"{review.name} · {day(review.day)}",
        "goal": goal.title,
        "facts": facts(found),
        "words": labels(),
        "before": [outcome(told) for told in found.before],
        "wins": [*([review.wins] if review.wins else []), *(thanks(each) for each in found.kudos)],
        "notes": review.notes,
        "goals": [entry(each) for each in found.entries],
        "decisions": [decision(told) for told in found.decisions],
        "corrections": [correction(each) for each in found.corrections],
    }


def labels() -> dict[str, str]:
    return {
        "of": _("of"),
        "last": _("What came of the last decisions"),
        "wins": _("What went well"),
        "notes": _("Notes"),
        "goals": _("The goals"),
        "decisions": _("Decisions"),
        "nothing": _("Nothing was decided."),
        "then": _("Then"),
        "now": _("Now"),
        "kpi": _("KPI"),
        "actual": _("Value"),
        "target": _("Target"),
        "status": _("Status"),
        "expected": _("expected"),
        "reported": _("Reported"),
        "computed": _("Number said"),
        "next": _("Next:"),
        "blocked": _("In the way:"),
        "effect": _("What it does above"),
        "corrections": _("Corrected after sign-off"),
        "restricted": _("goals above that the reader may not see"),
    }


def facts(found: Minutes) -> list[str]:
    review = found.review
    told = [_("Present or concerned: %(people)s") % {"people": ", ".join(person.name for person in found.present)}]
    if review.signed_at:
        signed = {"by": review.signed_by.name if review.signed_by else "–", "day": day(found.on)}
        told.append(_("Signed off by %(by)s on %(day)s; the figures are those of that day.") % signed)
    else:
        told.append(_("Not signed off yet; the figures are those of today."))
    return told


def day(date: dt.date) -> str:
    return date_format(date, "j F Y")


def percent(value: Decimal | None) -> str:
    return "–" if value is None else percent_text(value)


def share(value: Decimal | None) -> float | None:
    return None if value is None else min(1.0, max(0.0, float(value)))


def judged(status: str) -> Row:
    return {"status": status, "status_words": str(WORDS[status])}


def entry(found: Entry) -> Row:
    return {
        "title": found.goal.title,
        "detail": found.goal.owner.name if found.goal.owner else _("No owner"),
        "progress": share(found.progress),
        "expected": share(found.expected),
        "reached": percent(found.progress),
        "pace": percent(found.expected),
        "kpis": [
            {
                "name": kpi["name"],
                "actual": "–" if kpi["actual"] is None else with_unit(number_text(kpi["actual"]), kpi["unit"]),
                "target": "–" if kpi["target"] is None else str(exact(kpi["target"], kpi["unit"])),
                **judged(kpi["status"]),
            }
            for kpi in found.kpis
        ],
        "said": [statement(each) for each in found.said],
        **judged(found.status),
    }


def statement(said: Said) -> Row:
    row = said.row
    confidence = _("Confidence %(n)s of 5") % {"n": row["confidence"]}
    reported = row["reported_status"]
    return {
        "author": said.author,
        "comment": row["comment"],
        "next": row["next_steps"],
        "blockers": row["blockers"] if said.candid else "",
        "confidence": confidence if said.candid and row["confidence"] else "",
        "reported": judged(reported) if reported else None,
        "computed": judged(row["status"]) if said.disagrees else None,
        "corrections": [correction(each) for each in said.corrections],
    }


def decision(told: Told) -> Row:
    made = told.decision
    detail = [made.goal.title]
    if made.action and made.action.owner:
        detail.append(made.action.owner.name)
    if made.action and made.action.due:
        detail.append(_("until %(day)s") % {"day": day(made.action.due)})
    if made.is_reversed:
        detail.append(_("taken back"))
    return {
        "kind": made.get_kind_display(),
        "words": told.words,
        "detail": " · ".join(detail),
        "reason": made.reason,
        "by": made.by.name if made.by else "Cascade",
        "effect": [
            {
                "title": each.goal.title if each.goal else "",
                "before": percent(each.before),
                "after": percent(each.after),
            }
            for each in told.moved
            if told.moves
        ],
    }


def outcome(told: Told) -> Row:
    found = told.outcome
    states = {
        "done": _("done"),
        "dropped": _("dropped"),
        "overdue": _("overdue"),
        "open": _("open"),
        "over": _("pause is over"),
        "paused": _("paused"),
        "reversed": _("taken back"),
    }
    change = "" if found.change is None else _("%(change)s points") % {"change": points(found.change)}
    return {
        "kind": told.decision.get_kind_display(),
        "words": told.words,
        "detail": told.decision.goal.title,
        "then": percent(found.then),
        "now": percent(found.now),
        "state": states.get(found.state, change),
    }


def thanks(kudos: Kudos) -> str:
    names = ", ".join(person.name for person in kudos.receivers.all())
    return f"{names}: {kudos.text} ({kudos.author.name})"


def correction(made: Correction) -> str:
    told = {"text": made.text, "by": made.by.name if made.by else "–", "day": date_format(made.at, "j F Y")}
    return _("%(text)s (%(by)s, %(day)s)") % told
