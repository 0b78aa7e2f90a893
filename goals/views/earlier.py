"""The goal tree on a date gone by: to look at, not to change."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from goals.earlier import Earlier
from goals.models import Cycle
from goals.outline import ROWS, Everything, Line
from goals.views import addresses, fetching, moments
from people.models import Person


def is_asked(request: HttpRequest) -> bool:
    return bool(request.GET.get("as_of") or request.GET.get("known"))


def page(request: HttpRequest) -> HttpResponse:
    person: Person = request.user
    moment, today = moments.asked(request), person.organisation.today()
    cycles = fetching.cycles(person)
    cycle: Cycle | None = fetching.chosen(cycles, request.GET.get("cycle", ""), moment.on or today)
    context = {"cycles": cycles, "cycle": cycle, "moment": moment, "today": today}
    if cycle is None:
        return render(request, "goals/earlier.html", context)
    then = Earlier(person, cycle, moment)
    words, trouble, at = request.GET.get("q", "")[:200].strip(), "attention" in request.GET, addresses.skip(request)
    looking = bool(words or trouble)
    shown = then.found(words, trouble=trouble, at=at) if looking else then.tree(opened(request), at)
    context |= {
        "on": then.on,
        "words": words,
        "trouble": trouble,
        "looking": looking,
        "shown": shown,
        "rows": [(entry, row, toggle(request, entry, shown.opened)) for entry, row in shown.entries],
        "standing": then.standing(),
        "next": at + ROWS if shown.left else None,
    }
    return render(request, "goals/earlier.html", context)


def opened(request: HttpRequest) -> list[int] | Everything | None:
    text = request.GET.get("open")
    if text == addresses.EVERYTHING:
        return Everything()
    return None if text is None else addresses.ids(text)


def toggle(request: HttpRequest, entry, held: list[int]) -> str:
    """The address of this page with the goal opened or closed; empty where nothing is below it."""
    if not isinstance(entry, Line) or entry.expanded is None:
        return ""
    pk, query = entry.spot.id, request.GET.copy()
    query["open"] = ",".join(str(each) for each in ([*held, pk] if pk not in held else [x for x in held if x != pk]))
    return f"?{query.urlencode(safe=',')}#goal-{pk}"
