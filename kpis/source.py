"""What goals need of KPIs (`goals.kpi_source.KpiSource`): their scores, and what the S.M.A.R.T. rules are told."""

from kpis import scoring, smart


class Source(scoring.Source):
    measured = staticmethod(smart.measured)
