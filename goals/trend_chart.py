"""The chart of a goal: its trend in, a figure out (cascade/charts.py says what a figure is)."""

from collections.abc import Sequence
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cascade import charts
from cascade.templatetags.ui import percent_text, with_unit
from goals.trend import Point

STEPS = {"type": "scatter", "mode": "lines"}


def figure_of(points: Sequence[Point]) -> dict[str, Any]:
    """Progress as it was known, solid, and what was expected, dotted; both hold until the next change."""
    days = [point.day.isoformat() for point in points]
    expected = STEPS | {
        "name": "expected",
        "x": days,
        "y": [share(point.expected) for point in points],
        "line": {"color": charts.INK_SOFT, "width": 1.5, "dash": "dot", "shape": "hv"},
        "hoverinfo": "skip",
    }
    progress = STEPS | {
        "name": "progress",
        "x": days,
        "y": [share(point.progress) for point in points],
        "text": [words(point) for point in points],
        "hovertemplate": "%{text}<extra></extra>",
        "line": {"color": charts.MEASURED, "width": 2.25, "shape": "hv"},
    }
    return charts.figure(
        [expected, progress],
        xaxis={"type": "date", "hoverformat": charts.day_format()},
        yaxis={"range": [0, 105], "ticksuffix": with_unit("", "%"), "tickvals": [0, 25, 50, 75, 100]},
        annotations=ends(points[-1]),
    )


def share(value) -> float | None:
    return None if value is None else float(value * 100)


def words(point: Point) -> str:
    day = date_format(point.day)
    if point.progress is None or point.expected is None:
        return _("%(day)s: no data") % {"day": day}
    told = {"day": day, "reached": percent_text(point.progress), "expected": percent_text(point.expected)}
    return _("%(day)s: %(reached)s<br>Expected %(expected)s") % told


def ends(last: Point) -> list[dict[str, Any]]:
    """Words at the lines' ends; where the two are close the upper one is lifted."""
    if last.progress is None or last.expected is None:
        return []
    lifts = (8, -8) if last.progress >= last.expected else (-8, 8)
    close = abs(last.progress - last.expected) < 0.12
    return [
        end(share(last.progress), percent_text(last.progress), charts.MEASURED, lifts[0] if close else 0),
        end(share(last.expected), _("Expected"), charts.INK_SOFT, lifts[1] if close else 0),
    ]


def end(height: float, text: str, colour: str, lift: int) -> dict[str, Any]:
    return {
        "name": "end",
        "x": 1,
        "xref": "paper",
        "xanchor": "left",
        "xshift": 6,
        "y": height,
        "yshift": lift,
        "text": text,
        "showarrow": False,
        "font": {"size": 12, "color": colour},
    }
