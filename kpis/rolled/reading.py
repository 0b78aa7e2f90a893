"""Where a KPI's values come from and what comes from them, as one person may see it: the same for page and API.

What the person may not see is counted and not named (docs/domain.md section 17).
"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from kpis.models import Kpi
from kpis.rolled import links
from kpis.rolled.words import formula_shown
from people.models import Person


@dataclass(frozen=True)
class LinkSeen:
    """A link both of whose KPIs the person may see."""

    kpi: Kpi
    denominator: Kpi | None
    weight: Decimal
    since: dt.date | None
    until: dt.date | None
    ended_on: dt.date | None


@dataclass(frozen=True)
class Origin:
    """`links` also stand for the operands of a formula; `hidden` are those that the person may not see."""

    kpi: Kpi
    formula: str
    links: list[LinkSeen]
    hidden: int
    used_by: list[Kpi]
    used_by_hidden: int

    @property
    def is_shown_whole(self) -> bool:
        return not self.hidden


def origin_of(kpi: Kpi, person: Person) -> Origin:
    """In four queries at most."""
    needed = set(kpi.needs.values_list("source_id", flat=True))
    uses = set(kpi.uses.values_list("kpi_id", flat=True))
    visible = Kpi.objects.visible_to(person).select_related("goal", "figures").in_bulk(needed | uses)
    rows = kpi.links if kpi.source == Kpi.Source.ROLLUP else [links.kept([{"source": pk}])[0] for pk in sorted(needed)]
    seen = [row for row in rows if all(pk in visible for pk in links.named(row))]
    keys = {each.key for pk, each in visible.items() if pk in needed}
    return Origin(
        kpi=kpi,
        formula=formula_shown(kpi.formula, keys) if kpi.source == Kpi.Source.FORMULA else "",
        links=[link_seen(row, visible) for row in seen],
        hidden=len(rows) - len(seen),
        used_by=[visible[pk] for pk in sorted(uses) if pk in visible],
        used_by_hidden=len(uses - visible.keys()),
    )


def link_seen(row: dict[str, Any], visible: dict[int, Kpi]) -> LinkSeen:
    return LinkSeen(
        kpi=visible[row["source"]],
        denominator=None if row["denominator"] is None else visible[row["denominator"]],
        weight=Decimal(row["weight"]),
        since=links.day_of(row["since"]),
        until=links.day_of(row["until"]),
        ended_on=links.day_of(row.get("ended_on")),
    )


def hidden_rows(kpi: Kpi, person: Person) -> list[dict[str, Any]]:
    """The links that a change by this person leaves as they are."""
    if kpi.source != Kpi.Source.ROLLUP:
        return []
    visible = set(Kpi.objects.visible_to(person).filter(pk__in=links.linked(kpi.links)).values_list("pk", flat=True))
    return [row for row in kpi.links if not visible.issuperset(links.named(row))]
