"""What the dashboard says in sentences, made from its figures."""

from collections.abc import Sequence
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from cascade.templatetags.ui import percent_text
from goals.board import DAYS_BACK, Board, Strategic, Unsure
from goals.lines import Line
from goals.nodes import TROUBLE, Status
from goals.words import of_points

NUMBERS = (
    pgettext_lazy("number of goals", "None"),
    pgettext_lazy("number of goals", "One"),
    pgettext_lazy("number of goals", "Two"),
    pgettext_lazy("number of goals", "Three"),
    pgettext_lazy("number of goals", "Four"),
    pgettext_lazy("number of goals", "Five"),
    pgettext_lazy("number of goals", "Six"),
    pgettext_lazy("number of goals", "Seven"),
    pgettext_lazy("number of goals", "Eight"),
    pgettext_lazy("number of goals", "Nine"),
    pgettext_lazy("number of goals", "Ten"),
    pgettext_lazy("number of goals", "Eleven"),
    pgettext_lazy("number of goals", "Twelve"),
)
PACE = (Status.on_track, Status.achieved)
SLIPPED = Decimal("-0.02")
REASONS = {
    "empty": gettext_lazy("It has no KPI and no goal below that counts."),
    "no_data": gettext_lazy("No value that counts has come yet."),
}


def counted(number: int) -> str:
    return str(NUMBERS[number] if number < len(NUMBERS) else number)


def sentence(board: Board) -> str:
    """Two of four strategic goals keep pace."""
    number, judged = board.keeping_pace, board.judged
    if not board.strategic:
        return _("There is no strategic goal yet.")
    if not judged:
        return _("No strategic goal can be judged yet.")
    if judged == 1:
        title = next(each.told.title for each in board.strategic if each.line.status in (*TROUBLE, *PACE))
        words = _("%(title)s keeps pace.") if number else _("%(title)s is behind its pace.")
        return words % {"title": title}
    told = {"number": counted(number), "all": counted(judged).lower()}
    if number == judged:
        words = _("Both strategic goals keep pace.") if judged == 2 else _("All %(all)s strategic goals keep pace.")
    elif not number:
        words = _("None of the %(all)s strategic goals keeps pace.")
    else:
        words = ngettext(
            "%(number)s of %(all)s strategic goals keeps pace.",
            "%(number)s of %(all)s strategic goals keep pace.",
            number,
        )
    return words % told


def news(strategic: Sequence[Strategic]) -> str:
    """Which strategic goal lost most on its pace lately; nothing when none lost much."""
    slips = [(slip, each.told.title) for each in strategic if (slip := slipped(each)) is not None and slip <= SLIPPED]
    if not slips:
        return ""
    slip, title = min(slips)
    told = {"title": title, "points": of_points(slip), "days": DAYS_BACK}
    return _("%(title)s fell back by %(points)s against its pace in %(days)s days.") % told


def slipped(each: Strategic) -> Decimal | None:
    before = each.before and each.before["gap"]
    return None if before is None or each.line.gap is None else each.line.gap - before


def why(line: Line) -> str:
    """Why a goal needs attention, beside its gap."""
    parts = []
    if line.trouble_below:
        words = ngettext("%(goals)s goal below in trouble", "%(goals)s goals below in trouble", line.trouble_below)
        parts.append(words % {"goals": line.trouble_below})
    if line.stale_share:
        parts.append(_("some values are out of date"))
    return ", ".join(parts)


def course(title: str, line: Line) -> str:
    """What the chart of a strategic goal shows."""
    if line.progress is None or line.expected is None:
        return _("%(title)s: no progress yet") % {"title": title}
    told = {"title": title, "reached": percent_text(line.progress), "expected": percent_text(line.expected)}
    return _("%(title)s: %(reached)s now, %(expected)s expected") % told


def reason(unsure: Unsure) -> str:
    """Why a goal cannot be judged, or hardly."""
    if unsure.reason == "insufficient":
        share = percent_text(unsure.line.coverage or Decimal(0))
        return _("Only %(share)s of its weight has data.") % {"share": share}
    if unsure.reason == "stale":
        share = percent_text(unsure.line.stale_share or Decimal(0))
        return _("%(share)s of its progress rests on values that are out of date.") % {"share": share}
    return REASONS[unsure.reason]
