"""What stands beside the map about one link or one goal."""

from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from goals.access import Rights
from goals.models import CausalLink, Goal
from kpis.strategy import measures, picture, words
from kpis.strategy.chart import links_in, status_of
from kpis.strategy.following import Follower, Shown, followers, move_of
from kpis.strategy.forms import MeasureForm
from kpis.strategy.links import Comparing, Weighed

ENDS = ("cause__level", "cause__unit", "cause__owner__unit", "effect__level", "effect__unit", "effect__owner__unit")
JOINED = ("level", "cycle", "unit", "owner__unit", "figures")


def seen_link(request: HttpRequest, pk: int) -> CausalLink:
    return get_object_or_404(CausalLink.objects.visible_to(request.user).select_related(*ENDS), pk=pk)


def seen_goal(request: HttpRequest, pk: int) -> Goal:
    return get_object_or_404(Goal.objects.visible_to(request.user).select_related(*JOINED), pk=pk)


def link_panel(request: HttpRequest, link: CausalLink) -> dict[str, Any]:
    person = request.user
    comparing = Comparing(person, {link.cause_id, link.effect_id})
    found = comparing.weigh(link)
    by_lag = found.by_lag
    best = max((each for each in by_lag if each.r is not None), key=lambda each: each.r, default=None)
    return {
        "link": link,
        "weighed": found,
        "word": words.LABELS[found.label],
        "tag": words.TAGS.get(found.label, ""),
        "icon": words.ICONS.get(found.label, ""),
        "verdict": words.verdict(found),
        "expected": words.expected(found),
        "periods": words.periods_of(found.evidence.n, found.cadence) if found.evidence else "",
        "agreement": words.agreement(found.evidence.r) if found.evidence else "",
        "pairs": pairs_of(found, comparing.fiscal),
        "scatter": picture.scatter(found, comparing.fiscal) if found.evidence and found.evidence.n else None,
        "lag_bars": picture.lag_bars(by_lag, link.lag) if len(by_lag) > 1 else [],
        "best": words.later(best.lag, found.cadence) if best else "",
        "best_is_chosen": best is not None and best.lag == link.lag,
        "drawn": link.history.filter(history_type="+").select_related("history_user").first(),
        "may_link": Rights.of(person).can_link(link.cause, link.effect),
    }


def pairs_of(found, fiscal) -> list[tuple[str, Any, Any]]:
    pairs = found.evidence.pairs if found.evidence else ()
    return [(words.period(pair.period, found.cadence, fiscal), pair.cause, pair.effect) for pair in reversed(pairs)]


def goal_panel(request: HttpRequest, goal: Goal) -> dict[str, Any]:
    person = request.user
    links = list(links_in(person, goal.cycle).select_related("cause", "effect"))
    comparing = Comparing(person, {pk for link in links for pk in (link.cause_id, link.effect_id)} | {goal.pk})
    reached = followers(goal.pk, links, comparing)
    move = move_of(goal.pk, comparing)
    may_edit = Rights.of(person).can_edit(goal)
    standing = comparing.measures.get(goal.pk)
    return {
        "goal": goal,
        "status": status_of(goal),
        "figures": getattr(goal, "figures", None),
        "standing": standing,
        "moved": move_words(move, comparing),
        "followers": [follower_row(each, comparing) for each in reached],
        "showing": sum(each.shown == Shown.yes for each in reached),
        "causes": [cause_row(comparing.weigh(link)) for link in links if link.effect_id == goal.pk],
        "measure_form": measure_form(request, goal, standing) if may_edit else None,
        "may_edit": may_edit,
    }


def cause_row(weighed: Weighed) -> tuple:
    return weighed.link.cause, words.LABELS[weighed.label], words.TAGS.get(weighed.label, ""), weighed.link


def measure_form(request: HttpRequest, goal: Goal, standing, data=None) -> MeasureForm:
    chosen = standing.kpi_id if standing and standing.chosen else None
    return MeasureForm(data, kpis=measures.choices(request.user, goal), initial={"kpi": chosen}, auto_id="measure_%s")


def move_words(move, comparing: Comparing) -> str:
    if move is None:
        return ""
    when = words.named(move.first, move.last, move.cadence, comparing.fiscal)
    better = _("It last moved for the better: %(when)s.")
    worse = _("It last moved for the worse: %(when)s.")
    return (better if move.better_by > 0 else worse) % {"when": when}


def follower_row(each: Follower, comparing: Comparing) -> dict[str, Any]:
    """A goal that follows: over which goals, how much later, and whether it shows."""
    last = each.way[-1]
    return {
        "goal": last.effect,
        "over": [link.effect for link in each.way[:-1]],
        "link": last,
        "later": words.later(last.lag, each.cadence),
        "shown": each.shown,
        "words": words.shows(each, comparing.fiscal),
    }
