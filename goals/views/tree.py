"""The goal tree: the page, and the rows it fetches as the reader opens goals and as figures change."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_safe

from goals.filters import TROUBLE, GoalFilter
from goals.models import Cycle, DirtyMark, Goal, GoalFigures, RollupState
from goals.outline import ROWS, Entry, Line, Outline
from goals.undo import last
from goals.views import answers, fetching
from people.models import Person

MOST_OPENED = 300
MOST_GROUPS = 20
Status = GoalFigures.Status


@dataclass(frozen=True)
class Standing:
    """How the goals of a cycle stand, in numbers."""

    goals: int
    branches: int
    keeping: int
    trouble: int
    unknown: int


def standing(person: Person, cycle: Cycle) -> Standing:
    goals = Goal.objects.visible_to(person).filter(cycle=cycle)
    groups = goals.order_by().values_list("figures__status").annotate(n=Count("pk"), roots=Count("pk", Q(parent=None)))
    counts = {status: n for status, n, _ in groups}
    return Standing(
        goals=sum(counts.values()),
        branches=sum(roots for _, _, roots in groups),
        keeping=counts.get(Status.ON_TRACK, 0) + counts.get(Status.ACHIEVED, 0),
        trouble=sum(counts.get(status, 0) for status in TROUBLE),
        unknown=sum(counts.get(status, 0) for status in (Status.NO_DATA, Status.INSUFFICIENT, None)),
    )


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    person, today = request.user, request.user.organisation.today()
    cycles = fetching.cycles(person)
    cycle = fetching.chosen(cycles, request.GET.get("cycle", ""), today)
    context = {"cycles": cycles, "cycle": cycle, "today": today, **freshness(person)}
    if cycle is None:
        return render(request, "goals/tree.html", context)
    wanted = GoalFilter(request.GET, person=person)
    outline = Outline(person, cycle)
    opened = numbers(request.GET.get("open"))
    if wanted.is_on:
        matches = wanted.among(outline.visible.filter(cycle=cycle))
        context |= {"entries": outline.found(matches, skip(request)), "matches": matches.count()}
    else:
        context["entries"] = outline.tree(opened)
    context |= {
        "filter": wanted,
        "open": ",".join(map(str, shown_open(context["entries"]))) if not wanted.is_on else request.GET.get("open", ""),
        "can_add": outline.rights.can_add_below(None),
        "standing": None if request.htmx else standing(person, cycle),
    }
    if not request.htmx:
        context["act"] = act = last(person)
        context["undo"] = answers.address(act)
    for line in context["entries"]:
        if isinstance(line, Line) and line.expanded is not None:
            line.toggle = toggled(request, context["open"], line.spot.id)
    # Rendered before the page around them: from within its blocks the same rows take twice the time on Python 3.11.
    context["lines"] = mark_safe(  # noqa: S308  a template of ours
        render_to_string("goals/tree/lines.html", context, request)
    )
    return render(request, "goals/tree.html#tree" if request.htmx else "goals/tree.html", context)


@require_safe
def rows(request: HttpRequest) -> HttpResponse:
    """What is asked for of the tree, as rows: `below` (parents whose children are wanted, 0 for the top), `goals`
    (single goals), `since` (those below `open` and at the top whose figures were written after that moment)."""
    person = request.user
    cycle = fetching.cycle(request)
    outline = Outline(person, cycle)
    fresh = freshness(person)
    below = numbers(request.GET.get("below")) or []
    parents = list(outline.visible.filter(pk__in=below, cycle=cycle)[:MOST_GROUPS]) if below else []
    groups = outline.below(parents, skip(request), tops=0 in below) if parents or 0 in below else {}
    named = set(numbers(request.GET.get("goals")) or ())
    if since := moment(request.GET.get("since", "")):
        shown = Q(goal__parent=None) | Q(goal__parent__in=numbers(request.GET.get("open")) or [])
        written = GoalFigures.objects.filter(shown, organisation_id=person.organisation_id, rolled_up_at__gt=since)
        named |= set(written.values_list("pk", flat=True)[:ROWS])
    context = {"groups": groups, "named": outline.named(named) if named else [], "cycle": cycle, **fresh}
    return render(request, "goals/tree/rows.html", context | {"today": person.organisation.today()})


def numbers(text: str | None) -> list[int] | None:
    """Ids separated by commas; what is none is left out. None when nothing was asked."""
    if text is None:
        return None
    return [int(part) for part in text.split(",") if part.isdecimal() and len(part) < 19][:MOST_OPENED]


def moment(text: str) -> dt.datetime | None:
    """A moment with its time zone; None for anything else."""
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return found if found and timezone.is_aware(found) else None


def skip(request: HttpRequest) -> int:
    text = request.GET.get("skip", "")
    return int(text) if text.isdecimal() and len(text) < 9 else 0


def shown_open(entries: list[Entry]) -> list[int]:
    return [entry.spot.id for entry in entries if isinstance(entry, Line) and entry.expanded]


def toggled(request: HttpRequest, opened: str, goal_id: int) -> str:
    """The address of this page with one more goal open, or one less."""
    ids = opened.split(",") if opened else []
    ids = [pk for pk in ids if pk != str(goal_id)] if str(goal_id) in ids else [*ids, str(goal_id)]
    query = request.GET.copy()
    query["open"] = ",".join(ids)
    return f"?{query.urlencode(safe=',')}#goal-{goal_id}"


def freshness(person: Person) -> dict:
    """Whether a roll-up is to come, and when the last one wrote: read before the rows, so that nothing is missed."""
    state = RollupState.objects.filter(organisation_id=person.organisation_id).first()
    pending = DirtyMark.objects.filter(organisation_id=person.organisation_id).exists()
    return {"pending": pending, "rolled_up_at": state and state.finished_at}
