"""What goals need of KPIs (`goals.kpi_source.KpiSource`): their scores, and what the S.M.A.R.T. rules are told."""

from kpis import scoring, smart
from kpis.forecast import marks


class Source(scoring.Source):
    rolled_up = staticmethod(marks.rolled_up)
    measured = staticmethod(smart.measured)
