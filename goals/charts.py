"""The charts of goals: figures in, dicts out that the browser draws (cascade/charts.py)."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from cascade import charts
from cascade.templatetags.ui import percent_text, rounded, trimmed, written
from goals.icicle import Block, Icicle
from goals.trend import Point

TINTS = {
    "n3": "var(--heat-n3)",
    "n2": "var(--heat-n2)",
    "0": "var(--heat-0)",
    "p1": "var(--heat-p1)",
    "p2": "var(--heat-p2)",
    "none": "var(--mute-soft)",
}
SHARES = (Decimal(0), Decimal("0.5"), Decimal(1))
CHARACTERS, FEWEST = 180, 6  # across the picture on a wide screen; a shorter word says nothing
JUST_UNDER = 1 - 1e-9  # Plotly draws nothing when the parts of a block are wider than it by the last bit


def trend_figure(points: Sequence[Point], start: dt.date, due: dt.date) -> dict[str, Any]:
    """A goal's progress over its cycle against what was expected; a figure holds until the next day it changed."""
    known = [point for point in points if point.progress is not None]
    hover = f"%{{x|{charts.day_format()}}}<br>%{{text}}<extra></extra>"
    line = {"type": "scatter", "mode": "lines", "hovertemplate": hover}
    days = [point.day.isoformat() for point in known]
    said = [reached(point.progress, point.expected) for point in known if point.progress is not None]
    traces = [
        line
        | {
            "name": "expected",
            "x": days,
            "y": [float(point.expected or 0) for point in known],
            "text": said,
            "hoverinfo": "skip",
            "line": {"color": charts.INK_SOFT, "width": 1.5, "dash": "dot"},
        },
        line
        | {
            "name": "reached",
            "x": days,
            "y": [float(point.progress or 0) for point in known],
            "text": said,
            "line": {"color": charts.MEASURED, "width": 2.25, "shape": "hv"},
        },
    ]
    del traces[0]["hovertemplate"], traces[0]["text"]
    return charts.figure(
        traces,
        xaxis={"type": "date", "range": [start.isoformat(), due.isoformat()], "nticks": 5, "tickformat": "%b"},
        yaxis={
            "range": [0, 1.04],
            "tickvals": [float(share) for share in SHARES],
            "ticktext": [percent_text(share) for share in SHARES],
        },
        margin={"l": 40, "t": 8, "b": 24},
        annotations=[end_label(known[-1], start, due)] if known else None,
    )


def end_label(point: Point, start: dt.date, due: dt.date) -> dict[str, Any]:
    """The figure beside the end of the line, above it when the cycle leaves no room."""
    has_room = (due - point.day) * 5 > due - start
    return {
        "x": point.day.isoformat(),
        "y": float(point.progress or 0),
        "text": percent_text(point.progress or Decimal(0)),
        "showarrow": False,
        "xanchor": "left" if has_room else "right",
        "yanchor": "middle" if has_room else "bottom",
        "xshift": 6 if has_room else 0,
        "font": {"color": charts.MEASURED, "size": 13},
    }


def icicle_figure(picture: Icicle, titles: Mapping[int, str]) -> dict[str, Any]:
    """One block a goal, each strategic goal with everything below it in its own place beside the others. The browser
    goes down by asking for another picture, so nothing folds."""
    traces, left = [], 0.0
    for top in (block for block in picture.blocks if block.parent is None):
        right = min(1.0, left + float(top.weight))
        traces.append(branch(below(top, picture.blocks), titles, [left, right]))
        left = right
    return charts.figure(traces, margin={"l": 0, "r": 0, "t": 0, "b": 0}, uniformtext={"mode": "hide", "minsize": 11})


def below(top: Block, blocks: Sequence[Block]) -> list[Block]:
    """The block and those below it, parents first."""
    inside = {top.line.id}
    found = [top]
    for block in blocks:
        if block.parent in inside:
            inside.add(block.line.id)
            found.append(block)
    return found


def branch(blocks: Sequence[Block], titles: Mapping[int, str], place: list[float]) -> dict[str, Any]:
    names = [titles.get(block.line.id, _("Restricted")) for block in blocks]
    return {
        "type": "icicle",
        "domain": {"x": place, "y": [0, 1]},
        "ids": [str(block.line.id) for block in blocks],
        "labels": [charts.text(name) for name in names],
        "parents": ["" if block.parent is None else str(block.parent) for block in blocks],
        "values": [float(block.weight) * JUST_UNDER**block.depth for block in blocks],
        "texttemplate": [written_in(block, name) for block, name in zip(blocks, names, strict=True)],
        "customdata": [hover(block) for block in blocks],
        "hovertemplate": "%{label}<br>%{customdata}<extra></extra>",
        "branchvalues": "total",
        "textposition": "top left",
        "tiling": {"orientation": "v", "pad": 2},
        "pathbar": {"visible": False},
        "marker": {"colors": [TINTS[block.tint] for block in blocks], "line": {"color": charts.PAPER, "width": 1}},
        "leaf": {"opacity": 1},
        "textfont": {"color": charts.INK, "size": 13},
        "sort": False,
    }


def written_in(block: Block, title: str) -> str:
    """What stands in a block; nothing where there is no room for a word."""
    room = int(block.weight * CHARACTERS)
    if room < FEWEST:
        return " "
    words = title if len(title) <= room else f"{title[: room - 1].rstrip()}…"
    return "<br>".join(filter(None, [templated(words), inside(block)]))


def templated(words: str) -> str:
    """Words in a template of Plotly's, where %{ begins a variable."""
    return charts.text(words).replace("%{", "%\u200b{")


def inside(block: Block) -> str:
    if not block.seen or block.line.progress is None:
        return ""
    shown = trimmed(rounded((block.line.gap or Decimal(0)) * 100, 0))
    return f"{percent_text(block.line.progress, 0)} · {written(shown, '+') if shown else '0'}"


def hover(block: Block) -> str:
    weight = _("%(weight)s of all that is drawn") % {"weight": percent_text(block.weight)}
    if not block.seen:
        return weight
    if block.line.progress is None:
        return f"{_('no data')}<br>{weight}"
    return f"{reached(block.line.progress, block.line.expected)}<br>{weight}"


def reached(progress: Decimal, expected: Decimal | None) -> str:
    told = {"reached": percent_text(progress), "expected": percent_text(expected or Decimal(0))}
    return _("%(reached)s reached, %(expected)s expected") % told
