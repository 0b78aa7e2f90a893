"""The page on which a goal is broken down, in three steps: who, how much, look it over. Nothing but the last makes
goals; everything typed is kept from the first on (kpis/preparing.py)."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from cascade.errors import Conflict, RowsRefused
from cascade.fields import plain
from cascade.once import make_once
from goals import path, undo
from goals.access import Rights
from goals.models import Goal
from goals.views import answers
from kpis import breakdown, choosing
from kpis import breakdown_words as words
from kpis.breakdown import Counts, Start, Weighing
from kpis.preparing import Prepared, Work, prepared
from kpis.split import Rule
from people import access
from people.models import Level

JOINED = ("cycle", "level", "organisation", "owner__unit", "unit")
STEPS = ("who", "split", "review")
PREVIEWED = 8


def found(request: HttpRequest, goal_id: int) -> Goal:
    goal = get_object_or_404(Goal.objects.visible_to(request.user).select_related(*JOINED), pk=goal_id)
    if not Rights.of(request.user).can_add_below(goal):
        raise PermissionDenied
    if not goal.is_open:
        raise Conflict("parent_ended", _("The goal has ended; nothing new can stand below it."))
    return goal


@require_http_methods(["GET", "HEAD", "POST"])
def break_down(request: HttpRequest, goal_id: int) -> HttpResponse:
    goal = found(request, goal_id)
    if request.method == "POST":
        with transaction.atomic():
            return posted(request, Work.held(request.user, goal))
    work = Work.of(request.user, goal)
    step = request.GET.get("step", "")
    return page(request, work, step if step in STEPS else STEPS[0])


def posted(request: HttpRequest, work: Work) -> HttpResponse:
    """Keeps what was typed and does what the button says; `do` is a word, or a word and what it is about."""
    word, _colon, about = request.POST.get("do", "").partition(":")
    if word == "discard":
        work.discard()
        return redirect("goals:detail", work.goal.pk)
    work.take(request.POST)
    if word in ("add", "people", "remove", "clear"):
        choose(request, work, word, about)
    elif word == "free":
        work.free([about] if about else list(work.said["number"]))
    elif word == "give":
        give(work, about)
    work.save()
    if word == "create":
        return create(request, work)
    step = about if word == "go" and about in STEPS else request.POST.get("step", STEPS[0])
    if request.htmx:
        return page(request, work, step)
    query = "".join(f"&{name}={request.GET[name]}" for name in ("unit",) if request.GET.get(name, "").isdigit())
    return redirect(f"{address(work.goal)}?step={step if step in STEPS else STEPS[0]}{query}")


def address(goal: Goal) -> str:
    return reverse("kpis:break_down", args=[goal.pk])


def choose(request: HttpRequest, work: Work, word: str, about: str) -> None:
    if word == "clear":
        work.remove(list(work.parts))
    elif word == "remove":
        work.remove([about])
    else:
        left = work.add([about] if word == "add" else choosing.people_keys(request.user, about))
        if left:
            text = ngettext(
                "%(n)d has no room: at most %(most)d at once.", "%(n)d have no room: at most %(most)d at once.", left
            )
            messages.error(request, text % {"n": left, "most": breakdown.MOST_PARTS})


def give(work: Work, key: str) -> None:
    """Gives what is still open to one part, on top of what it has."""
    seen = prepared(work)
    for row in seen.rows:
        if row.key == key and seen.preview.gap is not None and row.line.number is not None and not row.line.agreed:
            work.said["number"][key] = plain(row.line.number + seen.preview.open)


def create(request: HttpRequest, work: Work) -> HttpResponse:
    """Once, however often the form is sent: a second time leads to what the first one made."""
    goal = work.goal
    key = request.POST.get("once", "")[:100]
    if request.POST.get("once") != work.said["once"]:
        # The form was sent before: what it made is there, and a new break-down has begun.
        return sent_before(request, work, key)
    seen = prepared(work)
    if seen.is_wrong:
        return page(request, work, "split" if numbers_wrong(seen) else "review", status=422, seen=seen)
    made = []

    def make() -> Goal:
        with undo.act(request.user, _("“%(goal)s” broken down") % undo.called(goal.title)) as act:
            made.append((breakdown.create(seen.plan, by=request.user), act))
        work.discard()
        return goal

    try:
        make_once(request.user, key, make)
    except RowsRefused as refusal:
        note(seen, refusal)
        return page(request, work, "review", status=422, seen=seen)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return page(request, work, "split", status=422)
    except Conflict as refusal:
        work.said["seen"] = ""
        work.save()
        messages.error(request, str(refusal))
        return page(request, work, "split", status=409)
    if made:
        created, act = made[0]
        messages.success(request, words.created(created, goal), extra_tags=answers.address(act))
    else:
        work.discard()
    return redirect(in_tree(goal))


def in_tree(goal: Goal) -> str:
    """The tree with the new goals in sight; what was done can be undone there."""
    opened = ",".join(str(pk) for pk in [*(above.pk for above in goal.ancestors()), goal.pk])
    return f"{reverse('goals:tree')}?cycle={goal.cycle_id}&open={opened}#goal-{goal.pk}"


def sent_before(request: HttpRequest, work: Work, key: str) -> HttpResponse:
    if key and request.user.idempotencykey_set.filter(key=f"form {key}").exists():
        work.discard()
        return redirect(in_tree(work.goal))
    return page(request, work, "review", status=409)


def numbers_wrong(seen: Prepared) -> bool:
    rows = any({"number", "basis"} & row.errors.keys() for row in seen.rows)
    return rows or bool(seen.preview.errors.keys() - {"reason"}) or (bool(seen.preview.errors) and not seen.plan.reason)


def note(seen: Prepared, refusal: RowsRefused) -> None:
    for error in refusal.errors:
        field = error["field"] if error["field"] in ("title", "weight", "owner") else "number"
        row = seen.rows[error["row"] - 1]
        row.errors[field] = f"{row.errors.get(field, '')} {error['message']}".strip()


def page(
    request: HttpRequest, work: Work, step: str, *, status: int = 200, seen: Prepared | None = None
) -> HttpResponse:
    seen = seen or prepared(work)
    template = "kpis/break_down.html"
    if request.htmx:
        template = "kpis/break_down/chose.html" if step == "who" else f"kpis/break_down/{step}.html"
    return render(request, template, scene(request, work, step, seen), status=status)


def scene(request: HttpRequest, work: Work, step: str, seen: Prepared) -> dict[str, Any]:
    context = {
        "goal": work.goal,
        "step": step,
        "steps": steps(step, seen),
        "work": work,
        "rows": seen.rows,
        "found": seen.preview,
        "source": work.source,
        "standing": words.standing(seen.preview),
        "facts": words.facts(seen.preview),
        "here": address(work.goal),
        "above": path.above(work.goal, request.user),
        "once": work.said["once"],
        "shown": shown(work, seen, step),
    }
    if step == "who":
        return context | choosing.scene(request, work)
    if step == "split":
        return context | splitting(work, seen)
    return context | reviewing(request, work, seen)


def steps(step: str, seen: Prepared) -> list[dict[str, Any]]:
    names = (_("Who takes part"), _("Split the target"), _("Look it over"))
    at = STEPS.index(step)
    return [
        {"slug": slug, "name": name, "done": place < at, "current": place == at, "open": place < at or bool(seen.rows)}
        for place, (slug, name) in enumerate(zip(STEPS, names, strict=True))
    ]


def rounding(seen: Prepared) -> str:
    return f"{seen.preview.step.normalize():f}"


def shown(work: Work, seen: Prepared, step: str) -> str:
    """The fields as they were worked out: what comes back the same was not edited."""
    names = ("number", "basis") if step == "split" else ("title", "level", "weight", "owner")
    lines = [] if work.said.get("rounding") else [f"rounding={rounding(seen)}"]
    for row in seen.rows:
        values = {"level": str(row.line.level.pk) if row.line.level else ""}
        for name in names:
            if name not in row.said:
                lines.append(f"{name}-{row.key}={values.get(name) or getattr(row, name, '')}")
    return "\n".join(line.replace("\n", " ").replace("\r", " ") for line in lines)


def splitting(work: Work, seen: Prepared) -> dict[str, Any]:
    preview = seen.preview
    return {
        "rules": [(Rule.sum, _("Add up to it")), (Rule.mean, _("Average to it")), (Rule.same, _("Each the same"))],
        "weighings": Weighing.choices,
        "weighing": work.said.get("weighing") or Weighing.EQUAL,
        "given": (work.said.get("weighing") or "") == Weighing.GIVEN,
        "bar": words.bar(preview, seen.rows),
        "sums": words.sums(preview, seen.rows),
        "rounding": work.said.get("rounding") or rounding(seen),
        "by_hand": any(row.by_hand for row in seen.rows),
        "first": next((row for row in seen.rows if not row.line.agreed), None),
        "several_units": any(row.line.people != 1 for row in seen.rows),
        "some_last": any(row.line.last is not None for row in seen.rows),
        "previewed": seen.rows[:PREVIEWED],
        "more": max(0, len(seen.rows) - PREVIEWED),
        "nothing_wrong": not numbers_wrong(seen),
        "asks_reason": preview.needs_reason,
        "reason": work.said.get("reason", ""),
    }


def reviewing(request: HttpRequest, work: Work, seen: Prepared) -> dict[str, Any]:
    rank = work.goal.level.rank
    counts = work.said.get("counts") or (Counts.PART if work.said["rule"] == Rule.sum else Counts.SAME)
    starts = [each for each in Start if each != Start.ACTIVE or access.can_run_cycle(request.user)]
    return {
        "levels": list(
            Level.objects.filter(organisation_id=work.goal.organisation_id, rank__gte=rank).order_by("rank")
        ),
        "counts": counts,
        "counts_choices": Counts.choices,
        "starts": [(each.value, each.label) for each in starts],
        "start": seen.plan.start,
        "reason": work.said.get("reason", ""),
        "new": [row for row in seen.rows if row.line.part.goal is None],
        "again": [row for row in seen.rows if row.line.part.goal is not None],
    }
