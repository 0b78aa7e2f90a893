"""KPIs, their measurements and their figures, and what is planned around them: one module a subject."""

from kpis.models.annotation import Annotation
from kpis.models.carried import CarriedKpi
from kpis.models.closing import ClosedGoal, ClosedKpi, Closing
from kpis.models.derived import KpiSource
from kpis.models.factor import FactorKpi, SuccessFactor
from kpis.models.figures import KpiFigures, KpiSnapshot
from kpis.models.forecast import ForecastMark, ForecastRun, GoalForecast, KpiForecast
from kpis.models.initiative import Initiative, InitiativeGoal, InitiativeKpi, Milestone
from kpis.models.kpi import Kpi, KpiQuerySet
from kpis.models.measure import ChosenMeasure
from kpis.models.measurement import Measurement, MeasurementRevision
from kpis.models.path_request import PathRequest
from kpis.models.payout import PayItem, PayLog, PayPlan, PayResult, PaySignature
from kpis.models.process import Process, ProcessKpi
from kpis.models.proposal import Proposal, ProposalRound
from kpis.models.resource import Resource, ResourceLink
from kpis.models.unfinished import UnfinishedBreakDown

__all__ = [
    "Annotation",
    "CarriedKpi",
    "ChosenMeasure",
    "ClosedGoal",
    "ClosedKpi",
    "Closing",
    "FactorKpi",
    "ForecastMark",
    "ForecastRun",
    "GoalForecast",
    "Initiative",
    "InitiativeGoal",
    "InitiativeKpi",
    "Kpi",
    "KpiFigures",
    "KpiForecast",
    "KpiQuerySet",
    "KpiSnapshot",
    "KpiSource",
    "Measurement",
    "MeasurementRevision",
    "Milestone",
    "PathRequest",
    "PayItem",
    "PayLog",
    "PayPlan",
    "PayResult",
    "PaySignature",
    "Process",
    "ProcessKpi",
    "Proposal",
    "ProposalRound",
    "Resource",
    "ResourceLink",
    "SuccessFactor",
    "UnfinishedBreakDown",
]
