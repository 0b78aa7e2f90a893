"""A part of the goal's page that is changed in place: htmx gets the part anew, everybody else the page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from goals.models import Goal
from people.models import Person

JOINED = ("organisation", "level", "owner__unit", "unit", "cycle")


def seen(person: Person, goal_id: int) -> Goal:
    return get_object_or_404(Goal.objects.visible_to(person).select_related(*JOINED), pk=goal_id)


def show(request: HttpRequest, goal: Goal, template: str, context: dict, status: int = 200) -> HttpResponse:
    """The part; without JavaScript on a page of its own."""
    context = {"goal": goal, **context}
    if request.htmx:
        return render(request, template, context, status=status)
    return render(request, "goals/section.html", {**context, "section": template}, status=status)


def done(request: HttpRequest, goal: Goal, template: str, context: dict, anchor: str, query: str = "") -> HttpResponse:
    """After a change: the part as it is now; without JavaScript the goal's page at this part."""
    if request.htmx:
        return render(request, template, {"goal": goal, **context})
    return redirect(f"{reverse('goals:detail', args=[goal.pk])}{query}#{anchor}")
