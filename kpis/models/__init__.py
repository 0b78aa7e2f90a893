"""KPIs, their measurements and their figures: one module a subject."""

from kpis.models.figures import KpiFigures, KpiSnapshot
from kpis.models.kpi import Kpi, KpiQuerySet
from kpis.models.measurement import Measurement, MeasurementRevision
from kpis.models.proposal import Proposal, ProposalRound
from kpis.models.unfinished import UnfinishedBreakDown

__all__ = [
    "Kpi",
    "KpiFigures",
    "KpiQuerySet",
    "KpiSnapshot",
    "Measurement",
    "MeasurementRevision",
    "Proposal",
    "ProposalRound",
    "UnfinishedBreakDown",
]
