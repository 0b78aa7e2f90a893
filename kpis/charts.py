"""The chart of a KPI: its course in, a figure out (cascade/charts.py says what a figure is)."""

import datetime as dt
import textwrap
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cascade import charts
from cascade.templatetags.ui import exact, number_text
from kpis import course
from kpis.course import Course, Line
from kpis.events import Event

LABEL, MOST_LINES = 48, 6  # characters and lines
MANY = 40  # from so many values on they are small dots
DAY_IN_MS = 24 * 60 * 60 * 1000
SEGMENT = {"type": "scatter", "mode": "lines", "hoverinfo": "skip"}


def figure_of(shown: Course, events: Sequence[Event] = (), ahead: Sequence[Any] = ()) -> dict[str, Any] | None:
    """None for what is done or not: a sentence says all there is. `ahead`: the `path` of a KpiForecast."""
    if shown.definition.is_boolean:
        return None
    traces = [
        trace
        for trace in (*foreseen(shown, ahead), *asked(shown), *measured(shown), marked(shown, events))
        if trace["x"]
    ]
    ends = [label(shown.kpi.target, _("Target")), label(shown.kpi.stretch, _("Stretch"))]
    if shown.definition.is_maintain:
        ends = [label(shown.definition.upper, _("At most")), label(shown.definition.lower, _("At least"))]
    first, last = span(shown)
    return charts.figure(
        traces,
        xaxis={"type": "date", "range": [first, last], "hoverformat": charts.day_format()},
        yaxis={"rangemode": "tozero" if has_bars(shown) else "normal"},
        yaxis2={"overlaying": "y", "range": [0, 1], "visible": False, "fixedrange": True},
        shapes=[today(shown), *changes(shown)],
        annotations=[*filter(None, ends), today_label(shown), *latest_label(shown)],
    )


def asked(shown: Course) -> list[dict[str, Any]]:
    """What the KPI is measured against: a band, the path to the target or the target of each period."""
    definition = shown.definition
    if definition.direction is None:
        return [level(shown, definition.target)]
    if definition.is_maintain:
        return band(shown)
    if not definition.by_due:
        return [steps(shown)]
    corners = course.path(shown)
    if not corners:
        return [level(shown, definition.target)]
    shape = "hv" if definition.trajectory == "steps" else "linear"
    dotted = {"color": charts.INK_SOFT, "width": 1.5, "dash": "dot", "shape": shape}
    traces = [SEGMENT | {"name": "path", "x": days(corners), "y": floats(corners), "line": dotted}]
    if len(corners) > 2:
        marks, unit = corners[1:-1], charts.text(shown.kpi.unit)
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": "milestones",
                "x": days(marks),
                "y": floats(marks),
                "text": [_("Milestone %(value)s") % {"value": exact(value, unit)} for _day, value in marks],
                "hovertemplate": "%{text}<extra></extra>",
                "marker": {"symbol": "diamond-open", "size": 9, "color": charts.INK_SOFT},
            }
        )
    return [*earlier_paths(shown), *traces, level(shown, definition.target), level(shown, definition.stretch)]


def foreseen(shown: Course, ahead: Sequence[Any]) -> list[dict[str, Any]]:
    """The way ahead as a band, with the line in its middle."""
    x = [day for day, *_numbers in ahead]
    values, lows, highs = ([float(row[place]) for row in ahead] for place in (1, 2, 3))
    line = {"color": charts.MEASURED, "width": 2, "dash": "dash"}
    edge = {"color": charts.BAND, "width": 0}
    unit = charts.text(shown.kpi.unit)
    texts = [_("Foreseen %(value)s") % {"value": f"{number_text(Decimal(row[1]))} {unit}".strip()} for row in ahead]
    return [
        SEGMENT | {"name": "low", "x": x, "y": lows, "line": edge},
        SEGMENT | {"name": "high", "x": x, "y": highs, "line": edge, "fill": "tonexty", "fillcolor": charts.BAND},
        SEGMENT
        | {"name": "foreseen", "x": x, "y": values, "line": line}
        | {"text": texts, "hoverinfo": "text", "hovertemplate": "%{text}<extra></extra>"},
    ]


def marked(shown: Course, events: Sequence[Event]) -> dict[str, Any]:
    """What happened, as marks at the foot of the chart."""
    first, last = span(shown)
    seen = [event for event in events if first <= event.on.isoformat() <= last]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "happened",
        "yaxis": "y2",
        "x": [event.on.isoformat() for event in seen],
        "y": [0.03] * len(seen),
        "text": [f"{date_format(event.on)}<br>{wrapped(event.text)}" for event in seen],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {"symbol": "triangle-up", "size": 11, "color": charts.INK},
    }


def wrapped(words: str) -> str:
    """In lines of a label."""
    return "<br>".join(map(charts.text, textwrap.wrap(words, LABEL)[:MOST_LINES]))


def changes(shown: Course) -> list[dict[str, Any]]:
    """Where the target changed."""
    return [upright(since) | {"line": {"color": charts.INK_SOFT, "width": 1, "dash": "dot"}} for since in shown.changed]


def earlier_paths(shown: Course) -> list[dict[str, Any]]:
    """The paths to earlier targets, as long as they held."""
    dotted = {"color": charts.LINE, "width": 1.5, "dash": "dot"}
    paths = [course.path_between(shown, *each) for each in shown.before]
    return [SEGMENT | {"name": "earlier", "x": days(way), "y": floats(way), "line": dotted} for way in paths if way]


def band(shown: Course) -> list[dict[str, Any]]:
    lower, upper = shown.definition.lower, shown.definition.upper
    if lower is None and upper is None:
        return [level(shown, shown.definition.target)]
    edges = [level(shown, edge) for edge in (lower, upper) if edge is not None]
    if len(edges) == 2:
        edges[1] |= {"fill": "tonexty", "fillcolor": charts.BAND}
    return edges


def level(shown: Course, value: Decimal | None) -> dict[str, Any]:
    """A level line from the first to the last day shown."""
    first, last = span(shown)
    y = [] if value is None else [float(value)] * 2
    return SEGMENT | {
        "name": "level",
        "x": [first, last] if y else [],
        "y": y,
        "line": {"color": charts.INK, "width": 1.25},
    }


def steps(shown: Course) -> dict[str, Any]:
    x, y = [], []
    for first, last, value in course.targets(shown):
        x += [first.isoformat(), last.isoformat(), None]
        y += [float(value), float(value), None]
    return SEGMENT | {"name": "target", "x": x, "y": y, "line": {"color": charts.INK, "width": 1.25}}


def measured(shown: Course) -> list[dict[str, Any]]:
    lines = shown.measured
    if not lines:
        return []
    if has_bars(shown):
        summed = shown.definition.by_due and shown.is_planned
        bars = {
            "type": "bar",
            "name": "measured",
            "x": [middle(line) for line in lines],
            "width": [line.period.days * DAY_IN_MS * 0.7 for line in lines],
            "y": [float(line.value) for line in lines],
            "text": [words(shown, line) for line in lines],
            "textposition": "none",
            "hovertemplate": "%{text}<extra></extra>",
            "marker": {"color": charts.BAND if summed else charts.MEASURED},
        }
        return [bars, total(shown)] if summed else [bars]
    if is_totalled(shown):
        return [dots(shown, lines) | {"opacity": 0.4}, total(shown)]
    return [dots(shown, lines) | {"mode": "lines+markers"}]


def dots(shown: Course, lines: Sequence[Line]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "measured",
        "x": [line.seen_on.isoformat() for line in lines],
        "y": [float(line.value) for line in lines],
        "text": [words(shown, line) for line in lines],
        "hovertemplate": "%{text}<extra></extra>",
        "line": {"color": charts.MEASURED, "width": 2.25},
        "marker": {
            "color": [charts.PAPER if line.corrections else charts.MEASURED for line in lines],
            "size": [size_of(line, lines) for line in lines],
            "opacity": 1,
            "line": {"color": charts.MEASURED, "width": [1.5 if line.corrections else 0 for line in lines]},
        },
    }


def size_of(line: Line, lines: Sequence[Line]) -> int:
    if line is lines[-1]:
        return 9
    if line.corrections:
        return 8
    return 5 if len(lines) < MANY else 3


def total(shown: Course) -> dict[str, Any]:
    """What the values come to so far, which is what is scored against the path."""
    points = course.so_far(shown)
    unit = charts.text(shown.kpi.unit)
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "so far",
        "x": [line.seen_on.isoformat() for line, _value in points],
        "y": [float(value) for _, value in points],
        "text": [
            _("%(period)s: %(value)s %(unit)s so far")
            % {"period": line.name, "value": number_text(value), "unit": unit}
            for line, value in points
        ],
        "hovertemplate": "%{text}<extra></extra>",
        "line": {"color": charts.MEASURED, "width": 2.25},
    }


def words(shown: Course, line: Line) -> str:
    """What a value's label says: the period, the value, what was asked, the last correction."""
    unit = charts.text(shown.kpi.unit)
    said = [f"{line.name}: {exact(line.value, unit)}"]
    if line.asked is not None:
        words = _("Path %(value)s") if shown.definition.by_due else _("Target %(value)s")
        said.append(words % {"value": number_text(line.asked)})
    if line.corrections:
        said.append(_("Corrected from %(before)s") % {"before": exact(line.corrections[-1].before, unit)})
    return "<br>".join(said)


def is_totalled(shown: Course) -> bool:
    """Its score is that of all values together, which is drawn beside them."""
    return shown.definition.by_due and shown.definition.aggregation in ("mean", "min", "max") and shown.is_planned


def has_bars(shown: Course) -> bool:
    return shown.definition.sums


def span(shown: Course) -> tuple[str, str]:
    start, due = shown.kpi.life
    seen = [line.seen_on for line in shown.measured]
    return min([start, *seen]).isoformat(), max([due, *seen]).isoformat()


def middle(line: Line) -> str:
    return (line.period.first + (line.period.last - line.period.first) / 2).isoformat()


def days(corners) -> list[str]:
    return [day.isoformat() for day, _value in corners]


def floats(corners) -> list[float]:
    return [float(value) for _day, value in corners]


def label(value: Decimal | None, name: str) -> dict[str, Any] | None:
    """Words at the end of a level line; the browser finds room for what is named `end`."""
    if value is None:
        return None
    return {
        "name": "end",
        "x": 1,
        "xref": "paper",
        "xanchor": "left",
        "xshift": 6,
        "y": float(value),
        "text": f"{name} {number_text(value)}",
        "showarrow": False,
        "bgcolor": charts.PAPER,
        "font": {"size": 12, "color": charts.INK, "weight": 560},
    }


def latest_label(shown: Course) -> list[dict[str, Any]]:
    """The newest value beside its dot, on the side where no line comes from."""
    if has_bars(shown) or not shown.measured:
        return []
    *before, (line, value) = (
        course.so_far(shown) if is_totalled(shown) else [(one, one.value) for one in shown.measured]
    )
    falls = bool(before) and before[-1][1] > value
    return [
        {
            "x": line.seen_on.isoformat(),
            "y": float(value),
            "yshift": -16 if falls else 16,
            "bgcolor": charts.PAPER,
            "text": number_text(value),
            "showarrow": False,
            "font": {"size": 13, "color": charts.MEASURED, "weight": 600},
        }
    ]


def today(shown: Course) -> dict[str, Any]:
    return upright(shown.on)


def upright(on: dt.date) -> dict[str, Any]:
    return {
        "type": "line",
        "x0": on.isoformat(),
        "x1": on.isoformat(),
        "y0": 0,
        "y1": 1,
        "yref": "paper",
        "line": {"color": charts.LINE, "width": 1},
        "layer": "below",
    }


def today_label(shown: Course) -> dict[str, Any]:
    return {
        "x": shown.on.isoformat(),
        "y": 1,
        "yref": "paper",
        "yanchor": "bottom",
        "text": _("today"),
        "showarrow": False,
        "font": {"size": 12, "color": charts.INK_SOFT},
    }
