"""The chart of what a goal's progress is built of, part upon part (cascade/charts.py says what a figure is)."""

import textwrap
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from cascade import charts
from cascade.templatetags.ui import of_100
from goals.explaining import Line

BARS = 8
LABEL = 24
HAVE, ROOM = "var(--bar)", "var(--bar-track)"


def figure_of(top: Line) -> dict[str, Any] | None:
    """The parts in the order of the table, each beginning where the one above ends; None where there are too few or too
    many to read."""
    parts = [part for part in top["parts"] if part["share"]]
    if not 1 < len(parts) <= BARS:
        return None
    return charts.figure(
        [*bars(parts, top["shown"])],
        barmode="stack",
        bargap=0.35,
        xaxis={"range": [0, 112], "tickvals": [0, 25, 50, 75, 100], "gridcolor": "var(--chart-grid)", "showgrid": True},
        yaxis={"type": "category", "autorange": "reversed", "showgrid": False},
        shapes=[pace(top)],
        annotations=[pace_label(top)],
    )


def bars(parts: Sequence[Line], total: Decimal) -> list[dict[str, Any]]:
    names = [label(part, place) for place, part in enumerate(parts)] + ["<br>" + _("This goal")]
    starts, reached = [], Decimal(0)
    for part in parts:
        starts.append(reached)
        reached += part["shown"]
    have = [part["shown"] for part in parts]
    room = [max(Decimal(0), part["share"] - part["shown"]) for part in parts]
    shared = {"type": "bar", "orientation": "h", "y": names, "hoverinfo": "skip"}
    return [
        shared | {"name": "before", "x": points([*starts, 0]), "marker": {"color": "rgba(0,0,0,0)"}},
        shared
        | {"name": "given", "x": points([*have, total]), "marker": {"color": [HAVE] * len(parts) + [charts.MEASURED]}},
        shared
        | {
            "name": "room",
            "x": points([*room, 0]),
            "marker": {"color": ROOM},
            "text": [f"+{of_100(each)}" for each in have] + [of_100(total)],
            "textposition": "outside",
            "textfont": {"size": 13, "color": charts.INK},
            "cliponaxis": False,
        },
    ]


def points(shares: Sequence[Decimal | int]) -> list[float]:
    return [float(share * 100) for share in shares]


def label(part: Line, place: int) -> str:
    """The part's name on at most two lines; what makes it unlike another of the same name is not seen."""
    lines = textwrap.wrap(part["title"] or _("Restricted goals"), LABEL, max_lines=2, placeholder=" …") or [""]
    return "<br>".join(map(charts.text, lines)) + "\u200b" * place


def pace(top: Line) -> dict[str, Any]:
    """A hairline where the goal should stand."""
    at = float(top["expected"] * 100)
    across = {"type": "line", "x0": at, "x1": at, "y0": 0, "y1": 1, "yref": "paper", "layer": "below"}
    return across | {"line": {"color": charts.INK, "width": 1}}


def pace_label(top: Line) -> dict[str, Any]:
    return {
        "x": float(top["expected"] * 100),
        "y": 1,
        "yref": "paper",
        "yanchor": "bottom",
        "text": _("%(points)s expected") % {"points": of_100(top["expected"], 1)},
        "showarrow": False,
        "font": {"size": 12, "color": charts.INK_SOFT},
    }
