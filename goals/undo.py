"""What a person did to goals in one go is taken back in one go: a day long, also after a reload.

    with undo.act(person, _("“Sell more” moved")) as done:
        tree.move(...)

Everything that goals/tree.py, Goal.revise and goals/lifecycle.py do inside becomes one act; `done.pk` is None when
nothing was changed.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from cascade.errors import Conflict
from goals import acts, lifecycle, planting, remains, structure, tree
from goals.access import Rights
from goals.models import Act, Goal
from people.models import Person

KEPT_FOR = dt.timedelta(days=1)
KEPT = 20  # acts of one person
LONGEST = 60  # letters of a title in a sentence
Step = Mapping[str, Any]


@contextmanager
def act(person: Person, words: str = "") -> Iterator[Act]:
    """A transaction whose changes of goals can be taken back together. `words` say what was done, as of a past act;
    they may also be set on the act inside."""
    done = Act(organisation_id=person.organisation_id, person=person, words=words)
    with transaction.atomic(), acts.noted() as steps:
        yield done
        if steps:
            found: dict[int, int | None] = {}
            for step in steps:
                found.setdefault(step["goal"], step.pop("found"))
            left = dict(Goal.objects.filter(pk__in=found).values_list("pk", "version"))
            done.steps = steps
            done.versions = {goal: [before, left.get(goal)] for goal, before in found.items()}
            done.expires_at = timezone.now() + KEPT_FOR
            done.save()
            forget(person)


def forget(person: Person) -> None:
    """Acts that nobody can take back any more are not kept."""
    newest = person.acts.open().order_by("-pk")[:KEPT]
    person.acts.exclude(pk__in=list(newest.values_list("pk", flat=True))).delete()


def last(person: Person) -> Act | None:
    """What this person would take back now."""
    return Act.objects.visible_to(person).open().defer("steps", "versions").order_by("-pk").first()


@dataclass
class Undone:
    """What was taken back: the goals it was about, and the parents (None: the top) below which rows came or went."""

    words: str
    goals: list[int] = field(default_factory=list)
    below: set[int | None] = field(default_factory=set)


def take_back(act: Act, person: Person) -> Undone:
    """All of an act or nothing of it, by the same rules as if it were done by hand.

    Raises Conflict (already_undone, changed_since, and what the steps raise) and PermissionDenied, in words for people.
    """
    with structure.lock(person.organisation_id):
        act = Act.objects.select_for_update(of=("self",)).get(pk=act.pk)
        if act.undone_at or act.expires_at <= timezone.now():
            raise Conflict("already_undone", _("It was taken back already, or it is too long ago."))
        refuse_changed(act, person)
        undone = Undone(act.words)
        for what, steps in groupby(reversed(act.steps), key=itemgetter("what")):
            if what == "created":
                uncreate(Rights.of(person), list(steps), undone)
                continue
            for step in steps:
                try:
                    BACK[what](Rights.of(person), step, undone)
                except ValidationError as refused:
                    raise Conflict("cannot_be_undone", " ".join(refused.messages)) from refused
        undone.goals = [int(goal) for goal in act.versions]
        act.undone_at = timezone.now()
        act.save(update_fields=["undone_at"])
        carry_on(act)
        return undone


def refuse_changed(act: Act, person: Person) -> None:
    """What others, or the person again, made of the goals since is not thrown away."""
    ids = [int(goal) for goal in act.versions]
    here = {goal.pk: goal for goal in Goal.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")}
    for goal, (_found, left) in act.versions.items():
        there = here.get(int(goal))
        if left == (there and there.version):
            continue
        if there is None:
            title = Goal.history.filter(id=goal).latest().title
            raise Conflict(
                "changed_since", _("“%(goal)s” was deleted since, so nothing was taken back.") % called(title)
            )
        by = there.history.latest().history_user
        names = called(there.title) | {"person": by.name if by else _("Somebody else")}
        if by == person:
            raise Conflict("changed_since", _("You changed “%(goal)s” again since, so nothing was taken back.") % names)
        message = _("%(person)s changed “%(goal)s” since, so nothing was taken back.") % names
        raise Conflict("changed_since", message)


def carry_on(undone: Act) -> None:
    """The goals stand again as earlier acts of the person left them, only with a higher version: these can still be
    taken back."""
    now = dict(Goal.objects.filter(pk__in=undone.versions).values_list("pk", "version"))
    for earlier in undone.person.acts.open().filter(pk__lt=undone.pk):
        same = [goal for goal in earlier.versions if goal in undone.versions]
        same = [goal for goal in same if earlier.versions[goal][1] == undone.versions[goal][0]]
        for goal in same:
            earlier.versions[goal][1] = now.get(int(goal))
        if same:
            earlier.save(update_fields=["versions"])


def called(title: str) -> dict[str, str]:
    return {"goal": Truncator(title).chars(LONGEST)}


def uncreate(rights: Rights, steps: Sequence[Step], undone: Undone) -> None:
    """All goals that were created one after the other, at once."""
    goals = Goal.objects.select_related("unit", "owner__unit").filter(pk__in=[step["goal"] for step in steps])
    for goal in goals:
        refuse_others(rights, goal)
    undone.below |= {goal.parent_id for goal in goals}
    planting.uproot(goals, by=rights.person, reason=_("Taken back"))


def unmove(rights: Rights, step: Step, undone: Undone) -> None:
    goal, parent = editable(rights, step), there(step["parent"])
    if not rights.can_move(goal, parent):
        raise PermissionDenied(_("You may not move this goal back to where it stood."))
    undone.below |= {goal.parent_id, step["parent"]}
    before = there(step["before"], required=False)
    before = before if before and before.parent_id == step["parent"] else None
    tree.move(goal, parent, before=before, by=rights.person, reason=_("Taken back"))


def undelete(rights: Rights, step: Step, undone: Undone) -> None:
    parent, before = there(step["parent"]), there(step["before"], required=False)
    if not rights.can_add_below(parent):
        raise PermissionDenied(_("You may not add goals there any more."))
    undone.below.add(step["parent"])
    before = before if before and before.parent_id == step["parent"] else None
    tree.restore(step["goal"], parent, before, step["remains"], by=rights.person, reason=_("Taken back"))


def unrevise(rights: Rights, step: Step, undone: Undone) -> None:
    goal, fields = editable(rights, step), dict(step["fields"])
    contributors = fields.pop("contributors", None)
    before = {name: remains.column(name, value) for name, value in fields.items()}
    named = related(before)
    if contributors is not None:
        named["contributors"] = list(Person.objects.visible_to(rights.person).filter(pk__in=contributors))
    goal.revise(by=rights.person, reason=_("Taken back"), **named)
    undone.below.add(goal.parent_id)


def related(columns: Mapping[str, Any]) -> dict[str, Any]:
    """Related rows themselves where columns hold their ids; a row that is gone refuses."""
    found: dict[str, Any] = {}
    for name, value in columns.items():
        column = next(each for each in Goal._meta.concrete_fields if each.attname == name)
        if column.related_model is None or value is None:
            found[column.name] = value
            continue
        row = column.related_model._default_manager.filter(pk=value).first()
        if row is None:
            raise Conflict(
                "cannot_be_undone", _("What it held before is not there any more, so nothing was taken back.")
            )
        found[column.name] = row
    return found


def unstate(rights: Rights, step: Step, undone: Undone) -> None:
    goal = editable(rights, step)
    before = {name: remains.column(name, value) for name, value in step["fields"].items()}
    lifecycle.take_back(goal, before, by=rights.person, reason=_("Taken back"))
    undone.below |= {goal.parent_id, goal.pk}


BACK: dict[str, Callable[[Rights, Step, Undone], None]] = {
    "moved": unmove,
    "deleted": undelete,
    "revised": unrevise,
    "state": unstate,
}


def there(goal_id: int | None, *, required: bool = True) -> Goal | None:
    """A goal that a step names; None for the top."""
    if goal_id is None:
        return None
    found = Goal.objects.select_related("unit", "owner__unit").filter(pk=goal_id).first()
    if found is None and required:
        raise Conflict(
            "cannot_be_undone", _("The goal it stood below is not there any more, so nothing was taken back.")
        )
    return found


def editable(rights: Rights, step: Step) -> Goal:
    goal = Goal.objects.select_related("unit", "owner__unit").get(pk=step["goal"])
    refuse_others(rights, goal)
    return goal


def refuse_others(rights: Rights, goal: Goal) -> None:
    if not rights.can_edit(goal):
        raise PermissionDenied(
            _("You may not change “%(goal)s” any more, so nothing was taken back.") % called(goal.title)
        )
