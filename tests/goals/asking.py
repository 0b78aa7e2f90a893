"""Asking the pages of goals as one of the cast; `htmx` asks for the fragment."""

import json

from django.http import HttpResponse
from django.urls import reverse

from goals.models import Goal
from people.models import Person
from tests.cast import signed_in


def address(name: str, *args) -> str:
    return reverse(f"goals:{name}", args=[getattr(arg, "pk", arg) for arg in args])


def get(person: Person, name: str, /, *args, htmx: bool = False, **query) -> HttpResponse:
    headers = {"HX-Request": "true"} if htmx else {}
    return signed_in(person).get(address(name, *args), query, headers=headers)


def post(person: Person, name: str, /, *args, htmx: bool = True, query: dict | None = None, **sent) -> HttpResponse:
    headers = {"HX-Request": "true"} if htmx else {}
    return signed_in(person).post(address(name, *args), sent, query_params=query, headers=headers)


def told(answer: HttpResponse) -> dict:
    """What the answer tells the tree: the goal, whose children to read anew, how to undo."""
    return json.loads(answer.headers["HX-Trigger"])["goals:changed"]


def sentence(answer: HttpResponse) -> str:
    return answer.content.decode()


def fresh(goal: Goal) -> Goal:
    return Goal.objects.get(pk=goal.pk)
