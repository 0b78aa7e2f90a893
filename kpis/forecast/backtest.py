"""The real cover of the 80 % interval and the real error of the line, on what was measured (docs/domain.md section 11).

Each KPI's judged values are cut after 6, 7, 8 ... of them; the line through those before foresees the value `ahead`
periods later. Errors are in parts of the spread of the KPI's own values, so that KPIs of any unit can be put together.
"""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from goals import past
from kpis.attainment import score
from kpis.forecast.trend import EDGE, line_through
from kpis.models import Kpi
from kpis.scoring import current, definition_of, fiscal_of
from people.models import Organisation


@dataclass
class Score:
    """`covered` of `forecasts` fell into their interval; `error` and `naive` are the mean errors of the line and of the
    last known value, in standard deviations of the KPI's values."""

    kpis: int = 0
    forecasts: int = 0
    covered: int = 0
    error: float = 0.0
    naive: float = 0.0


def backtest(organisation: Organisation, ahead: int) -> dict[str, Score]:
    """By cadence, and all together under "all"."""
    found: dict[str, Score] = defaultdict(Score)
    for cadence, values in series(organisation):
        tried = tries(values, ahead, organisation.forecast_from)
        if not tried:
            continue
        for name in (cadence, "all"):
            held = found[name]
            held.kpis += 1
            for within, error, naive in tried:
                held.error = (held.error * held.forecasts + error) / (held.forecasts + 1)
                held.naive = (held.naive * held.forecasts + naive) / (held.forecasts + 1)
                held.forecasts += 1
                held.covered += within
    return dict(sorted(found.items(), key=lambda item: (item[0] == "all", item[0])))


def series(organisation: Organisation):
    """The cadence and the judged values of every active KPI that is a number, in the order of their periods."""
    scores = past.tree_at(organisation).scores
    held, fiscal, on = current(organisation, None), fiscal_of(organisation), organisation.today()
    for pk, row in scores.rows.items():
        definition = definition_of(row)
        if row["state"] != Kpi.State.ACTIVE or definition.is_boolean or row["cadence"] == Kpi.Cadence.ONCE:
            continue
        rows = [each for each in score(definition, held[pk], on, fiscal, organisation.grace).rows if each.judged]
        yield str(row["cadence"]), np.array([float(each.value) for each in rows if each.value is not None])


def tries(values, ahead: int, least: int) -> list[tuple[bool, float, float]]:
    """Of each cut whether the value fell into the interval, and both errors."""
    spread = float(values.std()) if len(values) else 0.0
    if not spread:
        return []
    found = []
    for n in range(least, len(values) - ahead + 1):
        line = line_through(np.arange(n, dtype=float), values[:n])
        x = np.array([float(n + ahead - 1)])
        foreseen, real = float(line.at(x)[0]), float(values[n + ahead - 1])
        sd = line.s * float(np.sqrt(1 + (line.error(x) ** 2).sum()))
        reach = float(stdtrit(n - 2, EDGE)) * sd
        error, naive = abs(real - foreseen) / spread, abs(real - float(values[n - 1])) / spread
        found.append((abs(real - foreseen) <= reach, error, naive))
    return found
