"""What a KPI's forecast says in words, and why there is none."""

from dataclasses import dataclass
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cascade.templatetags.ui import chance, number_text
from kpis.forecast.reading import forecast_of
from kpis.models import Kpi, KpiForecast

LEFT_OUT = ("not_applicable", "too_far_ahead")


@dataclass(frozen=True)
class Told:
    """A forecast to show: `ends` says where it leads, `chances` how likely the target is met, `rests_on` on what."""

    forecast: KpiForecast
    ends: str
    chances: str
    rests_on: str


def told(kpi: Kpi) -> Told | None:
    """None where nothing is foreseen and nobody would expect it."""
    shown = forecast_of(kpi)
    found = shown.row
    if found.state in LEFT_OUT or kpi.state != Kpi.State.ACTIVE:
        return None
    if found.state != "ok" or found.point is None:
        words = _("A forecast takes %(least)d values that are final or overdue; there are %(n)d.")
        return Told(found, words % {"least": found.needed, "n": found.n}, "", "")
    return Told(found, ends(found, kpi.unit), chances(found, kpi), rests_on(found))


def ends(found: KpiForecast, unit: str) -> str:
    point = value(found.point, unit)
    if found.low is None or found.high is None or found.low == found.high:
        return point
    return _("%(point)s, 8 in 10 courses end between %(low)s and %(high)s") % {
        "point": point,
        "low": value(found.low, unit),
        "high": value(found.high, unit),
    }


def value(number: Decimal, unit: str) -> str:
    return f"{number_text(number)} {unit}".strip()


def chances(found: KpiForecast, kpi: Kpi) -> str:
    if found.probability is None:
        return ""
    within, met = _("%(chance)s to stay within its band"), _("%(chance)s to meet its target")
    words = within if kpi.direction == Kpi.Direction.MAINTAIN else met
    return words % {"chance": chance(found.probability)}


def rests_on(found: KpiForecast) -> str:
    words = _("Line by Theil and Sen through %(n)d values, made on %(day)s. It assumes that the trend goes on.")
    return words % {"n": found.n, "day": date_format(found.on)}
