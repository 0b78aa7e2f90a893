"""Goals for a view: 404 for what the person may not see, 403 for what the person may not do."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from goals.access import Rights
from goals.models import Cycle, Goal
from people.models import Person

JOINED = ("level", "owner__unit", "unit", "cycle", "parent__level", "figures")


def sent(request: HttpRequest):
    """What a form takes: the data of a POST, also when it is empty, else nothing."""
    return request.POST if request.method == "POST" else None


def seen(person: Person, goal_id: int) -> Goal:
    return get_object_or_404(Goal.objects.visible_to(person).select_related(*JOINED), pk=goal_id)


def editable(person: Person, goal_id: int) -> Goal:
    goal = seen(person, goal_id)
    if not Rights.of(person).can_edit(goal):
        raise PermissionDenied
    return goal


def parent_of_new(person: Person, goal_id: int | None) -> Goal | None:
    """The goal below which a new one is to stand, or None for the top."""
    parent = seen(person, goal_id) if goal_id else None
    if not Rights.of(person).can_add_below(parent):
        raise PermissionDenied
    return parent


def cycle(request: HttpRequest) -> Cycle:
    """The cycle a request is about; 404 when there is none."""
    person = request.user
    found = chosen(cycles(person), request.GET.get("cycle", ""), person.organisation.today())
    if found is None:
        raise Http404
    return found


def cycles(person: Person) -> list[Cycle]:
    return list(Cycle.objects.visible_to(person))


def chosen(found: list[Cycle], wanted: str, today) -> Cycle | None:
    """The cycle asked for, else the open one that holds today, else the newest."""
    named = next((cycle for cycle in found if str(cycle.pk) == wanted), None)
    running = (cycle for cycle in found if cycle.state == Cycle.State.OPEN and cycle.start <= today <= cycle.due)
    return named or next(running, None) or next(iter(found), None)
