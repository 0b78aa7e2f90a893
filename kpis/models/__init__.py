"""KPIs, their measurements and their figures: one module a subject."""

from kpis.models.figures import KpiFigures, KpiSnapshot
from kpis.models.kpi import Kpi, KpiQuerySet
from kpis.models.measurement import Measurement, MeasurementRevision

__all__ = ["Kpi", "KpiFigures", "KpiQuerySet", "KpiSnapshot", "Measurement", "MeasurementRevision"]
