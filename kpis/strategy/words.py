"""What a cause-effect link says, in words: evidence, delay, what follows."""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cascade.templatetags.ui import rounded, written
from kpis.evidence import Label
from kpis.periods import Cadence, Fiscal, days_of, period_name
from kpis.strategy.following import Follower, Shown
from kpis.strategy.links import RESTRICTED, Weighed

LABELS = {
    "supports": gettext_lazy("Supported"),
    "weak": gettext_lazy("Weak"),
    "none": gettext_lazy("No connection seen"),
    "contradicts": gettext_lazy("Contradicted"),
    "not_enough_data": gettext_lazy("Not enough data"),
    "no_variation": gettext_lazy("Nothing varied"),
    "restricted": gettext_lazy("Restricted"),
}
TAGS = {"supports": "good", "weak": "risk", "contradicts": "off"}
ICONS = {"supports": "check", "contradicts": "alert"}
MARKS = {"not_enough_data": "?", "no_variation": "=", "restricted": "–"}
ORDER = ("contradicts", "none", "weak", "no_variation", "not_enough_data", "restricted", "supports")
STRENGTHS = {1: gettext_lazy("a little"), 2: gettext_lazy("clearly"), 3: gettext_lazy("strongly")}


def agreement(r: Decimal | None) -> str:
    return "" if r is None else written(rounded(r, 2) or Decimal("0.00"))


def mark(weighed: Weighed) -> str:
    """What stands on the line of a link: the agreement, or a sign for why there is none."""
    found = weighed.evidence
    return MARKS.get(weighed.label, "") if found is None or found.r is None else agreement(found.r)


def later(lag: int, cadence: Cadence | None) -> str:
    """How long after the cause the effect is expected."""
    if lag == 0:
        return _("at the same time")
    if cadence == Cadence.daily:
        return ngettext("one day later", "%(n)s days later", lag) % {"n": lag}
    if cadence == Cadence.weekly:
        return ngettext("one week later", "%(n)s weeks later", lag) % {"n": lag}
    if cadence == Cadence.monthly:
        return ngettext("one month later", "%(n)s months later", lag) % {"n": lag}
    if cadence == Cadence.quarterly:
        return ngettext("one quarter later", "%(n)s quarters later", lag) % {"n": lag}
    if cadence == Cadence.yearly:
        return ngettext("one year later", "%(n)s years later", lag) % {"n": lag}
    return ngettext("one period later", "%(n)s periods later", lag) % {"n": lag}


def expected(weighed: Weighed) -> str:
    """What a link expects: how strongly, and when."""
    told = {"how": STRENGTHS[weighed.link.strength], "later": later(weighed.link.lag, weighed.cadence)}
    return _("%(how)s, %(later)s") % told


def periods_of(n: int, cadence: Cadence | None) -> str:
    """A number of periods: "11 quarters"."""
    if cadence == Cadence.daily:
        return ngettext("%(n)s day", "%(n)s days", n) % {"n": n}
    if cadence == Cadence.weekly:
        return ngettext("%(n)s week", "%(n)s weeks", n) % {"n": n}
    if cadence == Cadence.monthly:
        return ngettext("%(n)s month", "%(n)s months", n) % {"n": n}
    if cadence == Cadence.quarterly:
        return ngettext("%(n)s quarter", "%(n)s quarters", n) % {"n": n}
    if cadence == Cadence.yearly:
        return ngettext("%(n)s year", "%(n)s years", n) % {"n": n}
    return ngettext("%(n)s period", "%(n)s periods", n) % {"n": n}


def verdict(weighed: Weighed) -> str:
    """What the figures say about a link, in a sentence."""
    if weighed.label == RESTRICTED:
        return _("One of the two measures belongs to a goal that you may not see.")
    missing = [end for end in (weighed.cause, weighed.effect) if end is None]
    if missing:
        return _("One of the two goals has no KPI to compare.")
    if weighed.cadence is None:
        return _("One of the two measures has no regular periods, so there is nothing to compare.")
    found = weighed.evidence
    told = {"n": periods_of(found.n, weighed.cadence), "later": later(found.lag, weighed.cadence)}
    told["r"] = agreement(found.r)
    return {
        Label.supports: _("They moved together over %(n)s, %(later)s: agreement %(r)s."),
        Label.weak: _("They moved together a little over %(n)s, %(later)s: agreement %(r)s."),
        Label.none: _("No connection is to be seen over %(n)s, %(later)s: agreement %(r)s."),
        Label.contradicts: _("They moved against each other over %(n)s, %(later)s: agreement %(r)s."),
        Label.no_variation: _("One of the two never changed its course over %(n)s, so there is nothing to compare."),
        Label.not_enough_data: _("Only %(n)s can be compared so far; eight are needed."),
    }[found.label] % told


def sentence(links: Iterable[Weighed]) -> str:
    """How far the figures bear out the whole map."""
    counts = Counter(each.label for each in links)
    total = sum(counts.values())
    if not total:
        return _("What should lead to what. No link is drawn yet.")
    told = {"total": total, "supported": counts["supports"], "contradicted": counts["contradicts"]}
    said = ngettext(
        "%(supported)s of %(total)s link is supported by the figures so far",
        "%(supported)s of %(total)s links are supported by the figures so far",
        total,
    )
    if not counts["contradicts"]:
        return _("What should lead to what, and what the numbers say. %(said)s.") % {"said": said % told}
    against = ngettext("%(contradicted)s is contradicted", "%(contradicted)s are contradicted", counts["contradicts"])
    return _("What should lead to what, and what the numbers say. %(said)s, %(against)s.") % {
        "said": said % told,
        "against": against % told,
    }


def period(number: int, cadence: Cadence, fiscal: Fiscal) -> str:
    """A period as people name it."""
    first, last = days_of(number, cadence, fiscal.start_month)
    return named(first, last, cadence, fiscal)


def named(first, last, cadence: Cadence, fiscal: Fiscal) -> str:
    if cadence == Cadence.monthly:
        return date_format(first, "M Y")
    if cadence == Cadence.weekly:
        return _("week to %(day)s") % {"day": date_format(last)}
    if cadence == Cadence.daily:
        return date_format(last)
    return period_name(first, cadence, fiscal)


def shows(follower: Follower, fiscal: Fiscal) -> str:
    """Whether a goal that should follow does."""
    if follower.last is None or follower.cadence is None:
        return _("It cannot be said when.")
    when = named(follower.first, follower.last, follower.cadence, fiscal)
    return {
        Shown.yes: _("It shows already: %(when)s."),
        Shown.no: _("It was to show and did not: %(when)s."),
        Shown.waiting: _("To be seen: %(when)s."),
        Shown.missing: _("To be seen: %(when)s, for which there is no value yet."),
    }[follower.shown] % {"when": when}
