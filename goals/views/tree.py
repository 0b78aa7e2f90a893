"""The goal tree: the page, and the rows it fetches as the reader opens goals and as figures change."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_POST, require_safe

from goals import columns, saved_views
from goals.filters import TROUBLE, GoalFilter
from goals.models import Cycle, DirtyMark, Goal, GoalFigures, OpenGoals, RollupState
from goals.outline import ROWS, Everything, Line, Outline, Part
from goals.undo import last
from goals.views import addresses, answers, earlier, fetching
from people.models import Person

MOST_GROUPS = 100
MOST_IN_ADDRESS = 60  # as in static/js/tree/opening.js
MOST_CHANGED = 2000  # goals named one by one after a roll-up; more: everything is read again
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
    if earlier.is_asked(request):
        return earlier.page(request)
    person, today = request.user, request.user.organisation.today()
    if not request.GET and (view := saved_views.default_of(person)):
        return redirect(f"{request.path}?{saved_views.address(view)}")
    cycles = fetching.cycles(person)
    cycle = fetching.chosen(cycles, request.GET.get("cycle", ""), today)
    context = {"cycles": cycles, "cycle": cycle, "today": today, **freshness(person)}
    if cycle is None:
        return render(request, "goals/tree.html", context)
    wanted = GoalFilter(request.GET, person=person)
    outline = Outline(person, cycle, wanted.order)
    part = read(request, outline, wanted)
    context |= {"views": saved_views.Menu(person, request.GET, outline.rights), **grid(request, part, wanted)}
    # Rendered before the page around them: from within its blocks the same rows take twice the time on Python 3.11.
    context["lines"] = mark_safe(  # noqa: S308  a template of ours
        render_to_string("goals/tree/lines.html", context | {"entries": part.entries}, request)
    )
    if request.htmx:
        return render(request, "goals/tree/found.html", context)
    act = last(person)
    context |= {
        "act": act,
        "undo": answers.address(act),
        "yesterday": today - dt.timedelta(days=1),
        "can_add": outline.rights.can_add_below(None),
        "standing": standing(person, cycle),
        "all_columns": [(column, column.name in wanted.columns) for column in columns.ALL],
    }
    return render(request, "goals/tree.html", context)


def grid(request: HttpRequest, part: Part, wanted: GoalFilter) -> dict[str, Any]:
    """What the rows and the head above them need."""
    opened = in_address(shown_open(part)) if not wanted.is_on else request.GET.get("open", "")
    for line in part.entries:
        if isinstance(line, Line) and line.expanded is not None:
            line.toggle = toggled(request, opened, line.spot.id)
    return {
        "filter": wanted,
        "part": part,
        "columns": wanted.columns,
        "is_wide": columns.is_wide(wanted.columns),
        "open": opened,
        "matches": sum(not context for group in part.shape["below"].values() for *_, context in group),
        "next": addresses.skip(request) + ROWS if part.left else None,
    }


def read(request: HttpRequest, outline: Outline, wanted: GoalFilter) -> Part:
    if wanted.is_on:
        part = outline.found(wanted.among(outline.visible.filter(cycle=outline.cycle)), addresses.skip(request))
    else:
        part = outline.tree(opened(request, outline.cycle), addresses.skip(request))
    complete(outline, part.entries, wanted)
    return part


def complete(outline: Outline, entries: list, wanted: GoalFilter) -> None:
    """What is read only for who looks at its column."""
    if "effective" in wanted.columns:
        outline.weigh(entries)
    if "smart" in wanted.columns:
        outline.judge(entries)


@require_safe
def rows(request: HttpRequest) -> HttpResponse:
    """What is asked for of the tree: `below` (parents whose children are wanted, 0 for the top) and `goals` as rows;
    `since`: which goals of the cycle have figures that were written after that moment."""
    person = request.user
    cycle = fetching.cycle(request)
    wanted = GoalFilter(request.GET, person=person)
    outline = Outline(person, cycle, wanted.order)
    fresh = freshness(person)
    below = addresses.ids(request.GET.get("below")) or []
    parents = list(outline.visible.filter(pk__in=below, cycle=cycle)[:MOST_GROUPS]) if below else []
    part = outline.below(parents, tops=0 in below) if parents or 0 in below else Part()
    named = set((addresses.ids(request.GET.get("goals")) or [])[:ROWS])
    lines = [*part.entries, *outline.named(named)] if named else part.entries
    complete(outline, lines, wanted)
    told = {"shape": part.shape, "changed": changed_since(outline, moment(request.GET.get("since", "")))}
    context = {"entries": lines, "told": told, "cycle": cycle, "columns": wanted.columns, **fresh}
    return render(request, "goals/tree/rows.html", context | {"today": person.organisation.today()})


def changed_since(outline: Outline, since: dt.datetime | None) -> list[int] | bool:
    """The goals whose figures were written after a moment; True when they are too many to name."""
    if since is None:
        return []
    written = GoalFigures.objects.filter(organisation_id=outline.person.organisation_id, rolled_up_at__gt=since)
    seen = written.filter(goal__in=outline.visible.filter(cycle=outline.cycle)).order_by()
    ids = list(seen.values_list("pk", flat=True)[: MOST_CHANGED + 1])
    return ids if len(ids) <= MOST_CHANGED else True


@require_POST
def keep_open(request: HttpRequest) -> HttpResponse:
    """Remembers what a person has open in a cycle."""
    cycle = fetching.cycle(request)
    goals = addresses.ids(request.POST.get("open", "")) or []
    known = {"organisation_id": request.user.organisation_id, "goals": goals}
    OpenGoals.objects.update_or_create(person=request.user, cycle=cycle, defaults=known)
    return HttpResponse(status=204)


def opened(request: HttpRequest, cycle: Cycle) -> list[int] | Everything | None:
    """What is to be open: as the address says, else as the person left it, else (None) every top."""
    if request.GET.get("open") == addresses.EVERYTHING:
        return Everything()
    named = addresses.ids(request.GET.get("open"))
    if named is not None:
        return named
    return OpenGoals.objects.filter(person=request.user, cycle=cycle).values_list("goals", flat=True).first()


def moment(text: str) -> dt.datetime | None:
    """A moment with its time zone; None for anything else."""
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return found if found and timezone.is_aware(found) else None


def in_address(opened: list[int]) -> str:
    """What is open, as long as an address can hold it; else only the person's own page remembers it."""
    return ",".join(map(str, opened)) if len(opened) <= MOST_IN_ADDRESS else ""


def shown_open(part: Part) -> list[int]:
    return [parent for parent in part.shape["below"] if parent]


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
