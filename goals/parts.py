"""What a goal's progress is made of, as lines that add up: for its page and for where the number comes from.

The lines are those of `goals.explaining`; here each gets the points it gives, exactly and as they are shown.
"""

from collections.abc import Container, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

from cascade.templatetags.ui import percentage
from goals.explaining import Line, Lines
from goals.nearby import Nearby
from goals.nodes import ONE, ZERO, exactly, stored
from goals.rollup import Leaf, apportioned

SHOWN_PLACES = 4  # of a share: two decimals of a percentage

REASONS = {
    "inactive": _("paused or archived"),
    "draft": _("still a draft"),
    "proposed": _("not accepted yet"),
    "paused": _("paused"),
    "cancelled": _("cancelled"),
    "weight_zero": _("weight 0: followed, not counted"),
    "own_kpis": _("only the goal's own KPIs count"),
    "not_started": _("not started yet"),
    "not_due_yet": _("nothing to measure yet"),
    "no_data": _("no data: lowers coverage"),
    "empty": _("nothing it is measured by: lowers coverage"),
    "frozen": _("the goal above is closed, its figures are frozen"),
}
STRONGER = _("another part is weaker and decides")


class Piece(NamedTuple):
    """A coloured part of a bar: its class, where it begins and how wide it is, of 100."""

    look: str
    start: Decimal
    width: Decimal


def lines(nearby: Nearby, goal_id: Any, seen: Container[int]) -> Line:
    """A goal's line with the parts that are here, each line with

    `points`, what it gives to the goal above, exact shares of 1 that sum to that goal's progress, and `shown`, the same
    brought to the printed progress; `weight_in_top` and `shown_in_top` for the goal at the top; `left_out`, why it
    gives nothing, in words; `bar`, its pieces on the 100 points of the goal above.
    """
    return with_points(Lines(nearby, seen).of(nearby.explained(goal_id)))


def with_points(top: Line) -> Line:
    top |= {"points": top["progress"], "weight_in_top": ONE, "left_out": "", "bar": []}
    top["shown"] = top["shown_in_top"] = printed(top["progress"])
    for line in walk(top):
        add_points(line)
    return top


@exactly
def add_points(line: Line) -> None:
    parts, progress = line["parts"], line["progress"]
    made_of_parts = any(part["share"] for part in parts)  # a frozen progress is not
    given = {
        key(place): Fraction(part["share"]) * Fraction(part["progress"] or ZERO) for place, part in enumerate(parts)
    }
    points = apportioned(given, progress if made_of_parts else ZERO)
    shown = apportioned(given, printed(progress) if made_of_parts else ZERO, SHOWN_PLACES)
    weight = Fraction(line["weight_in_top"])
    in_top = {place: weight * each for place, each in given.items()}
    in_top = apportioned(in_top, line["shown_in_top"] if made_of_parts else ZERO, SHOWN_PLACES)
    start = ZERO
    for place, part in enumerate(parts):
        part["points"], part["shown"], part["shown_in_top"] = points[key(place)], shown[key(place)], in_top[key(place)]
        part["weight_in_top"] = stored(line["weight_in_top"] * part["share"])
        part["left_out"], part["bar"] = left_out(part), bar(part, start)
        start += part["share"]


def key(place: int) -> Leaf:
    return "goal", place


def printed(progress: Decimal | None) -> Decimal:
    """A progress as it is printed with two decimals, as a share of 1."""
    return ZERO if progress is None else percentage(progress, 2) / 100


def left_out(part: Line) -> str:
    if part["reason"]:
        return REASONS[part["reason"]]
    return "" if part["share"] else STRONGER


def bar(part: Line, start: Decimal) -> list[Piece]:
    """What the part gives, lacks to its pace or leads by, in its room among the goal's 100 points."""
    share, progress, expected = part["share"], part["progress"] or ZERO, part["expected"] or ZERO
    if not share:
        return []
    reached, pace = min(ONE, progress), min(ONE, expected)
    pieces = [("dc-room", ZERO, ONE), ("dc-have", ZERO, min(reached, pace) if pace < reached else reached)]
    if pace < reached:
        pieces.append(("dc-ahead", pace, reached - pace))
    elif part["status"] in ("at_risk", "off_track"):
        pieces.append(("dc-miss" if part["status"] == "at_risk" else "dc-miss-off", reached, pace - reached))
    return [
        Piece(look, hundredth(start + share * begin), hundredth(share * width))
        for look, begin, width in pieces
        if width
    ]


def hundredth(share: Decimal) -> Decimal:
    return (share * 100).quantize(Decimal("0.01"))


def walk(top: Line) -> Iterator[Line]:
    """The line and everything below it, in the order of a table."""
    waiting = [top]
    while waiting:
        line = waiting.pop()
        yield line
        waiting += reversed(line["parts"])
