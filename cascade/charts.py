"""What all charts share: colours by the name of their CSS token, the layout, and the check that a figure is one.

A figure is a plain dict that static/js/charts.js draws. It names colours as `var(--token)`; the browser puts in what
the reader's theme says.
"""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from django.utils.translation import pgettext

INK, INK_SOFT, LINE, PAPER = "var(--ink)", "var(--ink-3)", "var(--line-2)", "var(--paper)"
MEASURED, BAND = "var(--chart-1)", "var(--chart-band)"
STATUS = {
    "achieved": "var(--good-fill)",
    "on_track": "var(--good-fill)",
    "at_risk": "var(--risk-fill)",
    "off_track": "var(--off-fill)",
}
NO_STATUS = "var(--mute-fill)"

TICKS = {"size": 12, "color": INK_SOFT}
LAYOUT: dict[str, Any] = {
    "paper_bgcolor": "rgba(0,0,0,0)",
    "plot_bgcolor": "rgba(0,0,0,0)",
    "font": {"size": 13, "color": "var(--ink-2)"},
    "margin": {"l": 48, "r": 96, "t": 16, "b": 32},
    "showlegend": False,
    "hovermode": "closest",
    "dragmode": False,
    "xaxis": {"showgrid": False, "zeroline": False, "linecolor": LINE, "ticks": "", "tickfont": TICKS},
    "yaxis": {
        "gridcolor": "var(--chart-grid)",
        "zeroline": False,
        "ticks": "",
        "tickfont": TICKS,
        "ticklabelstandoff": 6,
        "automargin": True,
        "exponentformat": "none",
        "separatethousands": True,
    },
    "hoverlabel": {"bgcolor": "var(--raised)", "bordercolor": LINE, "font": {"color": INK}, "align": "left"},
}


def figure(traces: Iterable[Mapping[str, Any]], **layout: Any) -> dict[str, Any]:
    """A figure as the browser takes it. Raises ValueError for what Plotly does not know."""
    import plotly.graph_objects as go  # 30 MB that web and worker processes need not hold before the first chart

    shared = {**LAYOUT, "template": "none"}
    for name, given in layout.items():
        known = shared.get(name)
        shared[name] = {**known, **given} if isinstance(known, dict) else given
    made = go.Figure(data=list(traces), layout=shared).to_plotly_json()
    del made["layout"]["template"]
    return made


def day_format() -> str:
    """A day on an axis or beside the pointer, in d3's letters; the names of months are the browser's."""
    return pgettext("day in a chart", "%d %b %Y")


def text(words: str) -> str:
    """Words that people typed, for a label. Plotly reads a little HTML; of ours only <br> is for use, since the other
    tags become style attributes, which our content policy forbids."""
    return escape(words, quote=False)
