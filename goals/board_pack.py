"""The board pack: the dashboard as a printed document of a few pages. Every figure is the dashboard's own."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cascade import typeset
from cascade.templatetags.ui import WORDS, percent_text, points
from goals import board_words
from goals.board import Board, Strategic, Trouble, Unsure, board, trends
from goals.heat import Cell
from goals.lines import Line
from goals.models import Cycle
from goals.trend import Point
from people.models import Person

COURSES = 8  # charts on one page


def board_pack(person: Person, cycle: Cycle, on: dt.date | None = None, known: dt.datetime | None = None) -> bytes:
    """The PDF of one cycle for one reader: strategic goals, what needs attention, who carries what, how progress came
    here, and how far the figures can be trusted; today or as of a date, holding only what the reader may see."""
    found = board(person, cycle, on, known)
    return typeset.pdf("board_pack", contents(person, found, past=on is not None or known is not None))


def contents(person: Person, found: Board, *, past: bool) -> dict[str, Any]:
    day = date_format(found.on, "j F Y")
    courses = trends([each.line for each in found.strategic[:COURSES]], found.cycle.start, found.on)
    name = person.organisation.name
    return {
        "language": (get_language() or "en").split("-")[0],
        "title": f"{name}, {found.cycle.name}",
        "head": f"{name} · {found.cycle.name} · {day}",
        "overline": _("%(cycle)s, as of %(day)s") % {"cycle": found.cycle.name, "day": day},
        "sentence": " ".join(filter(None, [board_words.sentence(found), board_words.news(found.strategic)])),
        "past": _("This document shows a past date.") if past else "",
        "begin": date_format(found.cycle.start, "j M Y"),
        "end": date_format(found.cycle.due, "j M Y"),
        "words": words(),
        "strategic": [strategic(each) for each in found.strategic],
        "attention_title": _("What needs attention, by what it costs the strategy"),
        "attention": [trouble(each) for each in found.attention],
        "units": [
            {"name": row.unit.name, "cells": [None if one is None else cell(one) for one in row.cells]}
            for row in found.units
        ],
        "courses": [course(each, courses[each.line.id], found.cycle) for each in found.strategic[:COURSES]],
        "unsure": [unsure(each) for each in found.unsure],
        "trust": trust(found),
    }


def words() -> dict[str, str]:
    return {
        "of": _("of"),
        "strategic": _("Strategic goals"),
        "goal": _("Goal"),
        "progress": _("Reached against the pace"),
        "now": _("Reached"),
        "change": _("In 30 days"),
        "status": _("Status"),
        "reading": _("Dark: reached. Coloured: the gap to the pace, or the lead over it. Stroke: expected today."),
        "nothing": _("No goal below the strategic ones is at risk or off track."),
        "gap": _("Against pace"),
        "cost": _("Costs"),
        "why": _("Why"),
        "units": _("Who carries what"),
        "units_reading": _(
            "Reached, and points against the pace, of the part of a strategic goal that a unit carries."
        ),
        "course": _("How progress came here"),
        "course_reading": _("Solid: reached, as it was known each day. Dotted: expected."),
        "unsure": _("What can hardly be judged"),
        "trust": _("How far the figures can be trusted"),
    }


def share(value: Decimal | None) -> float | None:
    return None if value is None else min(1.0, max(0.0, float(value)))


def percent(value: Decimal | None) -> str:
    return "–" if value is None else percent_text(value)


def in_points(value: Decimal | None) -> str:
    return "–" if value is None else str(points(value))


def judged(line: Line) -> dict[str, Any]:
    return {"status": line.status, "status_words": str(WORDS[line.status])}


def strategic(each: Strategic) -> dict[str, Any]:
    line = each.line
    told = [each.told.owner or _("No owner"), _("%(share)s of the strategy") % {"share": percent_text(each.part)}]
    if line.coverage is not None and line.coverage < 1:
        told.append(_("%(share)s of it has data") % {"share": percent_text(line.coverage)})
    if line.stale_share:
        told.append(_("%(share)s out of date") % {"share": percent_text(line.stale_share)})
    if line.trouble_below:
        told.append(_("%(number)s below in trouble") % {"number": line.trouble_below})
    return judged(line) | {
        "title": each.told.title,
        "detail": " · ".join(told),
        "progress": share(line.progress),
        "expected": share(line.expected),
        "now": percent(line.progress),
        "pace": "" if line.expected is None else _("expected %(share)s") % {"share": percent_text(line.expected)},
        "change": in_points(each.change),
    }


def trouble(each: Trouble) -> dict[str, Any]:
    told = [each.told.owner or _("No owner"), each.told.unit, each.strategic, board_words.why(each.line)]
    return judged(each.line) | {
        "title": each.told.title,
        "detail": " · ".join(filter(None, told)),
        "gap": in_points(each.line.gap),
        "lost": in_points(each.lost),
    }


def cell(one: Cell) -> dict[str, Any]:
    return {"progress": percent(one.progress), "gap": in_points(one.gap), "status": str(one.status), "tint": one.tint}


def course(each: Strategic, held: list[Point], cycle: Cycle) -> dict[str, Any]:
    """The line of a strategic goal: the cycle from 0 to 1, progress and pace from 0 to 1."""
    whole = max(1, (cycle.due - cycle.start).days)
    return {
        "title": board_words.course(each.told.title, each.line),
        "points": [
            {
                "at": min(1.0, max(0.0, (point.day - cycle.start).days / whole)),
                "progress": share(point.progress),
                "expected": share(point.expected),
            }
            for point in held
        ],
    }


def unsure(each: Unsure) -> dict[str, str]:
    return {"title": each.told.title, "why": board_words.reason(each)}


def trust(found: Board) -> list[str]:
    held = found.trust
    lines: list[tuple[str, Mapping[str, Any]]] = []
    if held.coverage is not None:
        lines.append((_("%(share)s of the strategy's weight has data."), {"share": percent_text(held.coverage)}))
    if held.fresh is not None:
        lines.append((_("%(share)s of it rests on values that are up to date."), {"share": percent_text(held.fresh)}))
    paths = {"number": held.with_path, "all": held.goals}
    lines.append((_("%(number)s of %(all)s active goals have a path to the strategy."), paths))
    lines.append((_("%(number)s goals have neither a KPI nor a goal that counts."), {"number": held.without_parts}))
    return [text % facts for text, facts in lines]
