"""The dependency graph of an organisation's derived KPIs: what needs what, kept beside the formulas and links that say
so. It is walked level by level, one query each, however many KPIs there are.

Whoever changes it holds `goals.structure.lock`, so no two writers make a circle together.
"""

from collections.abc import Collection, Iterable, Mapping

from kpis.models import Kpi, KpiSource
from kpis.rolled import links


def needed(kpi: Kpi) -> set[int]:
    """The KPIs that its formula or its links name, as far as they are there."""
    kpis = Kpi.objects.filter(organisation_id=kpi.organisation_id).order_by()
    if kpi.source == Kpi.Source.FORMULA:
        return set(kpis.filter(key__in=links.keys_of(kpi.formula)).values_list("pk", flat=True))
    if kpi.source == Kpi.Source.ROLLUP:
        return set(kpis.filter(pk__in=links.linked(kpi.links)).values_list("pk", flat=True))
    return set()


def settle(kpi: Kpi) -> None:
    """Makes the graph say what the KPI says."""
    wanted = needed(kpi)
    held = set(kpi.needs.values_list("source_id", flat=True))
    kpi.needs.filter(source_id__in=held - wanted).delete()
    KpiSource.objects.bulk_create(
        KpiSource(organisation_id=kpi.organisation_id, kpi=kpi, source_id=source) for source in sorted(wanted - held)
    )


def settle_all(organisation_id: int, kpi_ids: Collection[int] | None = None) -> None:
    """The same for many new KPIs, or all of an organisation."""
    kpis = Kpi.objects.filter(organisation_id=organisation_id)
    derived = kpis.filter(source__in=Kpi.DERIVED) if kpi_ids is None else kpis.filter(pk__in=kpi_ids)
    ids = dict(kpis.order_by().values_list("key", "pk"))
    known = set(ids.values())
    edges = []
    for kpi in derived.order_by("pk"):
        named = {ids[key] for key in links.keys_of(kpi.formula) if key in ids}
        wanted = named if kpi.source == Kpi.Source.FORMULA else links.linked(kpi.links) & known
        edges += [KpiSource(organisation_id=organisation_id, kpi=kpi, source_id=source) for source in sorted(wanted)]
    KpiSource.objects.filter(kpi__in=derived).delete()
    KpiSource.objects.bulk_create(edges)


def settle_derived(organisation_id: int, kpi_ids: Collection[int]) -> None:
    """The same for those of these KPIs that come from others."""
    kpis = Kpi.objects.filter(pk__in=kpi_ids, source__in=Kpi.DERIVED)
    if derived := list(kpis.values_list("pk", flat=True)):
        settle_all(organisation_id, derived)


def dependents(organisation_id: int, kpi_ids: Collection[int]) -> dict[int, int]:
    """The KPIs that are calculated from these, near or far, with their goals."""
    found: dict[int, int] = {}
    front = set(kpi_ids)
    while front:
        uses = KpiSource.objects.filter(organisation_id=organisation_id, source_id__in=front).order_by()
        level = dict(uses.values_list("kpi_id", "kpi__goal_id"))
        front = level.keys() - found.keys()
        found |= level
    return found


def edges_below(organisation_id: int, kpi_ids: Iterable[int]) -> dict[int, list[int]]:
    """What these KPIs are calculated from, and what that is calculated from, down to what is measured."""
    found: dict[int, list[int]] = {}
    front = set(kpi_ids)
    while front:
        level = {kpi: [] for kpi in front}
        needs = KpiSource.objects.filter(organisation_id=organisation_id, kpi_id__in=front)
        for kpi, source in needs.order_by("source_id").values_list("kpi_id", "source_id"):
            level[kpi].append(source)
        found |= level
        front = {source for each in level.values() for source in each} - found.keys()
    return found


def circle(kpi_id: int, sources: Iterable[int], edges: Mapping[int, list[int]]) -> list[int]:
    """The way from a KPI over what it is to be calculated from back to itself; empty where there is none."""
    came_from = dict.fromkeys(sorted(sources), kpi_id)
    waiting = list(came_from)
    for each in waiting:
        if each == kpi_id:
            return way_back(kpi_id, came_from)
        for source in edges.get(each, ()):
            if source not in came_from:
                came_from[source] = each
                waiting.append(source)
    return []


def way_back(kpi_id: int, came_from: Mapping[int, int]) -> list[int]:
    way = [kpi_id]
    while True:
        way.append(came_from[way[-1]])
        if way[-1] == kpi_id:
            return way[::-1]
