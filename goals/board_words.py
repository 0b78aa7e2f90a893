"""What the dashboard says in sentences, made from its figures."""

from collections.abc import Sequence
from decimal import Decimal

from cascade.templatetags.ui import percent_text
from goals.board import DAYS_BACK, Board, Strategic, Unsure
from goals.lines import Line
from goals.nodes import TROUBLE, Status
from goals.words import of_points

NUMBERS = ("None", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve")
PACE = (Status.on_track, Status.achieved)
SLIPPED = Decimal("-0.02")
REASONS = {
    "empty": "It has no KPI and no goal below that counts.",
    "no_data": "No value that counts has come yet.",
}


def counted(number: int) -> str:
    return NUMBERS[number] if number < len(NUMBERS) else str(number)


def sentence(board: Board) -> str:
    """Two of four strategic goals keep pace."""
    number, judged = board.keeping_pace, board.judged
    if not board.strategic:
        return "There is no strategic goal yet."
    if not judged:
        return "No strategic goal can be judged yet."
    if judged == 1:
        title = next(each.told.title for each in board.strategic if each.line.status in (*TROUBLE, *PACE))
        return f"{title} {'keeps pace' if number else 'is behind its pace'}."
    if number == judged:
        return f"{'Both' if judged == 2 else f'All {counted(judged).lower()}'} strategic goals keep pace."
    if not number:
        return f"None of the {counted(judged).lower()} strategic goals keeps pace."
    keep = "keeps" if number == 1 else "keep"
    return f"{counted(number)} of {counted(judged).lower()} strategic goals {keep} pace."


def news(strategic: Sequence[Strategic]) -> str:
    """Which strategic goal lost most on its pace lately; nothing when none lost much."""
    slips = [(slip, each.told.title) for each in strategic if (slip := slipped(each)) is not None and slip <= SLIPPED]
    if not slips:
        return ""
    slip, title = min(slips)
    return f"{title} fell back by {of_points(slip)} against its pace in {DAYS_BACK} days."


def slipped(each: Strategic) -> Decimal | None:
    before = each.before and each.before["gap"]
    return None if before is None or each.line.gap is None else each.line.gap - before


def why(line: Line) -> str:
    """Why a goal needs attention, beside its gap."""
    parts = []
    if line.trouble_below:
        parts.append(f"{line.trouble_below} goal{'' if line.trouble_below == 1 else 's'} below in trouble")
    if line.stale_share:
        parts.append("some values are out of date")
    return ", ".join(parts)


def course(title: str, line: Line) -> str:
    """What the chart of a strategic goal shows."""
    if line.progress is None or line.expected is None:
        return f"{title}: no progress yet"
    return f"{title}: {percent_text(line.progress)} now, {percent_text(line.expected)} expected"


def reason(unsure: Unsure) -> str:
    """Why a goal cannot be judged, or hardly."""
    if unsure.reason == "insufficient":
        return f"Only {percent_text(unsure.line.coverage or Decimal(0))} of its weight has data."
    if unsure.reason == "stale":
        share = percent_text(unsure.line.stale_share or Decimal(0))
        return f"{share} of its progress rests on values that are out of date."
    return REASONS[unsure.reason]
