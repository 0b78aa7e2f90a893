"""What the page of a break-down says in sentences, made from its figures."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cascade.templatetags.ui import exact, number
from goals.models import Goal
from goals.nodes import ONE, ZERO
from kpis.breakdown import Made, Preview
from kpis.preparing import Row
from kpis.split import Rule, Verdict

SHADES = 3
KINDS = {Verdict.exact: "good", Verdict.short: "off", Verdict.stretched: "good", Verdict.uneven: "risk"}


class Piece(NamedTuple):
    """A part of the bar of the whole target: its shade, where it begins and how wide it is, of 100."""

    shade: str
    start: str
    width: str


def bar(found: Preview, rows: Sequence[Row]) -> list[Piece]:
    """Only where parts add up to a target; what nobody has is a piece of its own."""
    if found.gap is None or found.plan.rule != Rule.sum or not found.total:
        return []
    sizes = [(f"al-{at % SHADES + 1}", abs(each.kpi.target)) for at, each in enumerate(found.held)]
    shift = len(sizes)
    sizes += [(f"al-{(at + shift) % SHADES + 1}", abs(row.line.number or ZERO)) for at, row in enumerate(rows)]
    whole = max(abs(found.total), sum((size for _shade, size in sizes), ZERO))
    left = abs(found.total) - sum((size for _shade, size in sizes), ZERO)
    if left > 0:
        sizes.append(("al-open", left))
    pieces, start = [], ZERO
    gap = Decimal("0.3") if len(sizes) < 40 else ZERO
    for shade, size in sizes:
        width = size / whole * 100
        pieces.append(Piece(shade, f"{start:.3f}", f"{max(width - gap, ZERO):.3f}"))
        start += width
    return pieces


def standing(found: Preview) -> dict[str, str]:
    """How the parts lie to the target: {text, kind}; kind is good, off or risk."""
    gap = found.gap
    if gap is None:
        return {"text": "", "kind": ""}
    unit = found.plan.source.unit
    kind = KINDS[gap.verdict]
    if found.plan.rule == Rule.sum:
        return {"text": left_over(found, unit), "kind": kind}
    if gap.verdict == Verdict.exact:
        text = _("Their mean is the target.") if found.plan.rule == Rule.mean else _("Each has the whole target.")
    elif found.plan.rule == Rule.mean:
        text = _("Their mean is %(mean)s.") % {"mean": number(gap.combined, unit)}
    else:
        text = _("The weakest part is %(number)s.") % {"number": exact(gap.combined, unit)}
    return {"text": text, "kind": kind}


def left_over(found: Preview, unit: str) -> str:
    if found.gap.verdict == Verdict.exact:
        return _("All of it is assigned.")
    if abs(found.gap.combined) < abs(found.total):
        return _("%(number)s still open") % {"number": exact(abs(found.open), unit)}
    return _("%(number)s more than the target") % {"number": exact(abs(found.open), unit)}


def facts(found: Preview) -> list[tuple[str, str]]:
    new = [line for line in found.lines if line.part.goal is None]
    kpis = sum(line.has_kpi for line in new)
    asked = {
        line.owner.pk for line in found.lines if line.state == Goal.State.PROPOSED and line.owner and not line.agreed
    }
    again = sum(line.part.goal is not None and not line.agreed for line in found.lines)
    told = [(_("New"), f"{goals(len(new))}, {of_kpis(kpis)}")]
    if again:
        told.append(
            (_("Again"), ngettext("%(n)d goal gets a new number", "%(n)d goals get new numbers", again) % {"n": again})
        )
    told.append((_("Messages"), ngettext("%(n)d person", "%(n)d people, one each", len(asked)) % {"n": len(asked)}))
    return [*told, (_("Undo"), _("In one step, for a day"))]


def goals(count: int) -> str:
    return ngettext("%(n)d goal", "%(n)d goals", count) % {"n": count}


def of_kpis(count: int) -> str:
    return ngettext("%(n)d KPI", "%(n)d KPIs", count) % {"n": count}


def created(made: Made, goal: Goal) -> str:
    """60 goals below “Generate 100 leads”: 58 owners are asked."""
    new = sum(line.part.goal is None for line in made.preview.lines)
    text = _("%(goals)s below “%(goal)s” created.") % {"goals": goals(new), "goal": goal.title[:80]}
    asked = sum(each.goal.state == Goal.State.PROPOSED for each in made.proposals.values())
    if not asked:
        return text
    return f"{text} {ngettext('%(n)d owner is asked.', '%(n)d owners are asked.', asked) % {'n': asked}}"


def sums(found: Preview, rows: Sequence[Row]) -> dict[str, Any]:
    """The last line of the table."""
    last = [row.line.last for row in rows if row.line.last is not None]
    return {
        "people": sum(row.line.people for row in rows),
        "last": sum(last, ZERO) if last else None,
        "number": found.gap.combined if found.gap else None,
        "share": (ONE + found.gap.share if found.total and found.total > 0 else ONE - found.gap.share)
        if found.gap and found.gap.share is not None and found.plan.rule == Rule.sum
        else None,
    }
