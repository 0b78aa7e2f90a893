"""What if: drafts listed, made, changed line by line with the effect at once, applied or put away."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cascade.errors import Conflict, RowsRefused
from goals import drafts
from goals.drafts import Line, Subject
from goals.filters import spellings
from goals.models import Draft, Goal
from kpis import applying, draft_lines
from kpis.draft_forms import ApplyForm, NameForm, form_of, held
from kpis.draft_page import DraftPage
from kpis.models import Kpi
from people.models import Person

FOUND = 8
MOST = 100
KINDS = ("goal", "kpi")
read_or_write = require_http_methods(["GET", "HEAD", "POST"])


def seen(request: HttpRequest, pk: int) -> Draft:
    return get_object_or_404(Draft.objects.visible_to(request.user).select_related("owner", "applied_by"), pk=pk)


def own(request: HttpRequest, pk: int) -> Draft:
    draft = seen(request, pk)
    if draft.owner_id != request.user.pk:
        raise PermissionDenied(_("Only whoever made a draft changes it. Take a copy of it for yourself."))
    return draft


@read_or_write
def whatif(request: HttpRequest) -> HttpResponse:
    """The reader's drafts and those shared with everybody; sent, it makes a new one, about the goal or KPI named by
    `key`, if one is."""
    person = request.user
    about = subject_of(person, (request.POST or request.GET).get("key", ""))
    if request.method == "POST":
        name = request.POST.get("name", "").replace("\0", "").strip()[:200] or name_of_today(person)
        lines = drafts.with_subject([], about) if about else []
        draft = Draft.objects.create(organisation=person.organisation, owner=person, name=name, changes=lines)
        return redirect("kpis:draft", draft.pk)
    every = Draft.objects.visible_to(person).select_related("owner")
    kept = every.exclude(state=Draft.State.DISCARDED)
    context = {
        "mine": kept.filter(owner=person)[:MOST],
        "others": kept.exclude(owner=person)[:MOST],
        "discarded": every.filter(owner=person, state=Draft.State.DISCARDED)[:MOST],
        "name": about.title[:200] if about else name_of_today(person),
        "about": about,
    }
    return render(request, "kpis/whatif.html", context)


def subject_of(person: Person, text: str) -> Subject | None:
    """The goal or KPI that a key such as goal-12 names; None without one, 404 for what is not there."""
    if not text:
        return None
    kind, _dash, number_text = text.partition("-")
    key = kind, number(number_text)
    found = draft_lines.subjects(person, {key: ()}) if kind in KINDS else {}
    if key not in found:
        raise Http404
    return found[key][0]


def name_of_today(person: Person) -> str:
    return _("What if, %(day)s") % {"day": date_format(person.organisation.today(), "j M")}


@require_safe
def draft(request: HttpRequest, pk: int) -> HttpResponse:
    return page(request, seen(request, pk))


def page(request: HttpRequest, draft: Draft, status: int = 200, **more: Any) -> HttpResponse:
    context = {
        "page": DraftPage(draft, request.user),
        "draft": draft,
        "naming": NameForm(instance=draft),
        "applying": ApplyForm(),
        **more,
    }
    context |= found(request, draft) if "q" in request.GET else {}
    return render(request, "kpis/drafts/body.html" if request.htmx else "kpis/draft.html", context, status=status)


def changed(request: HttpRequest, draft: Draft, change: Callable[[list[Line]], list[Line]]) -> HttpResponse:
    """The draft with other lines: its body anew, or the page."""
    draft = draft.revise(change=change)
    return page(request, draft) if request.htmx else redirect("kpis:draft", draft.pk)


@require_safe
def told(request: HttpRequest, pk: int) -> HttpResponse:
    """What follows, in one sentence."""
    return render(request, "kpis/drafts/sentence.html", {"page": DraftPage(seen(request, pk), request.user)})


@require_safe
def find(request: HttpRequest, pk: int) -> HttpResponse:
    draft = own(request, pk)
    return render(request, "kpis/drafts/found.html", {"draft": draft, **found(request, draft)})


def found(request: HttpRequest, draft: Draft) -> dict[str, Any]:
    """Goals and KPIs that say what is typed and have no line yet."""
    text = typed(request)
    if not text:
        return {"q": "", "goals": [], "kpis": []}
    taken = {kind: [line["id"] for line in draft.changes if line["kind"] == kind] for kind in KINDS}
    goals = Goal.objects.visible_to(request.user).exclude(pk__in=taken["goal"]).select_related("level", "unit")
    kpis = Kpi.objects.visible_to(request.user).exclude(pk__in=taken["kpi"]).exclude(state=Kpi.State.ARCHIVED)
    return {
        "q": text,
        "goals": saying(goals, "title", text).open().order_by("depth", "tree_id", "lft")[:FOUND],
        "kpis": saying(kpis, "name", text).select_related("goal").order_by("goal__depth", "pk")[:FOUND],
    }


def typed(request: HttpRequest) -> str:
    return request.GET.get("q", "").replace("\0", "").strip()[:200]


def saying(rows: QuerySet, field: str, text: str) -> QuerySet:
    """The rows whose field has each word of the text."""
    for word in text.split()[:10]:
        said = Q()
        for form in spellings(word):
            said |= Q(**{f"{field}__icontains": form})
        rows = rows.filter(said)
    return rows


@require_POST
def add(request: HttpRequest, pk: int) -> HttpResponse:
    draft, subject = own(request, pk), subject_of(request.user, request.POST.get("key", ""))
    if subject is None:
        raise Http404
    return changed(request, draft, lambda lines: drafts.with_subject(lines, subject))


def number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0


@require_POST
def change(request: HttpRequest, pk: int, kind: str, subject_id: int) -> HttpResponse:
    """What is typed into a line: the effect anew, while the line stays as it is on the screen."""
    draft = own(request, pk)
    line = line_of(draft, kind, subject_id)
    each = draft_lines.shown(request.user, [line])[0]
    if each.row is None:
        raise Http404
    form = form_of(line, each.row, held([each]), request.POST)
    if not form.is_valid():
        return answer(request, draft, line, form, status=422)
    given = [((kind, subject_id), form.given())]
    fields = {*form.names, "values"}

    def suppose(lines: list[Line]) -> list[Line]:
        return draft_lines.build(drafts.without(lines, (kind, subject_id), fields), request.user, given)

    draft = draft.revise(change=suppose)
    return answer(request, draft, line, form)


def answer(request: HttpRequest, draft: Draft, line: Line, form, status: int = 200) -> HttpResponse:
    if not request.htmx and status == 200:
        return redirect("kpis:draft", draft.pk)
    told = DraftPage(draft, request.user, typed=form)
    context = {"page": told, "draft": draft, "form": form, "applying": ApplyForm()}
    if request.htmx:
        context["line"] = told.line(drafts.key(line))
        return render(request, "kpis/drafts/changed.html", context, status=status)
    return render(request, "kpis/draft.html", {**context, "naming": NameForm(instance=draft)}, status=status)


def line_of(draft: Draft, kind: str, subject_id: int) -> Line:
    found = next((line for line in draft.changes if drafts.key(line) == (kind, subject_id)), None)
    if found is None:
        raise Http404
    return found


@read_or_write
def place(request: HttpRequest, pk: int, goal_id: int) -> HttpResponse:
    """Goals below which one may stand; sent, it supposes that it stands below `parent` (empty: at the top)."""
    draft = own(request, pk)
    line_of(draft, "goal", goal_id)
    goal = get_object_or_404(Goal.objects.visible_to(request.user).select_related("level"), pk=goal_id)
    places = Goal.objects.visible_to(request.user).filter(cycle=goal.cycle_id, level__rank__lte=goal.level.rank).open()
    places = places.exclude(pk=goal.pk).select_related("level")
    if request.method == "POST":
        wanted = request.POST.get("parent", "")
        parent = get_object_or_404(places, pk=number(wanted)) if wanted else None
        return changed(request, draft, lambda lines: placed(lines, goal, parent))
    text = typed(request)
    context = {"draft": draft, "goal": goal, "q": text, "places": saying(places, "title", text).in_tree_order()[:FOUND]}
    return render(request, "kpis/drafts/places.html" if request.htmx else "kpis/drafts/place.html", context)


def placed(lines: list[Line], goal: Goal, parent: Goal | None) -> list[Line]:
    subject = drafts.goal_subject(goal)
    lines = drafts.without(lines, subject.key, ("before",))
    return drafts.with_subject(lines, subject, {"parent": parent and parent.pk})


@require_POST
def remove(request: HttpRequest, pk: int, kind: str, subject_id: int) -> HttpResponse:
    draft = own(request, pk)
    line_of(draft, kind, subject_id)
    return changed(request, draft, lambda lines: drafts.without(lines, (kind, subject_id)))


@require_POST
def renew(request: HttpRequest, pk: int) -> HttpResponse:
    """Keeps what is supposed, seen from what the goals and KPIs are by now."""
    return changed(request, own(request, pk), lambda lines: draft_lines.rebased(lines, request.user))


@require_POST
def name(request: HttpRequest, pk: int) -> HttpResponse:
    draft = own(request, pk)
    form = NameForm(request.POST, instance=own(request, pk))
    if not form.is_valid():
        return page(request, draft, status=422, naming=form)
    draft = draft.revise(**form.cleaned_data)
    return page(request, draft) if request.htmx else redirect("kpis:draft", draft.pk)


@require_POST
def state(request: HttpRequest, pk: int) -> HttpResponse:
    """Puts a draft away, or takes it up again."""
    draft, wanted = own(request, pk), request.POST.get("state", "")
    if wanted not in (Draft.State.OPEN, Draft.State.DISCARDED):
        raise Http404
    draft.revise(state=wanted)
    if wanted == Draft.State.OPEN:
        return redirect("kpis:draft", pk)
    messages.success(
        request, _("“%(draft)s” is discarded. It lies below, if you want it back.") % {"draft": draft.name}
    )
    return redirect("kpis:whatif")


@require_POST
def copy(request: HttpRequest, pk: int) -> HttpResponse:
    """A draft of one's own with what one may see of another's, seen from what things are by now."""
    old, person = seen(request, pk), request.user
    given = [each for each in draft_lines.shown(person, old.changes) if each.row is not None]
    lines = draft_lines.rebased([{**each.line, "set": draft_lines.told(each)} for each in given], person)
    made = Draft.objects.create(organisation=person.organisation, owner=person, name=old.name, changes=lines)
    return redirect("kpis:draft", made.pk)


@require_POST
def apply(request: HttpRequest, pk: int) -> HttpResponse:
    draft, form = seen(request, pk), ApplyForm(request.POST)
    if not form.is_valid():
        return page(request, draft, status=422, applying=form)
    version = number(request.POST.get("version", "")) or None
    try:
        applying.apply(draft, by=request.user, version=version, **form.cleaned_data)
    except (Conflict, RowsRefused) as refusal:
        status = 409 if isinstance(refusal, Conflict) else 403 if refusal.is_forbidden else 422
        refused = {"sentence": str(refusal), "lines": refused_lines(draft, request.user, refusal.errors)}
        return page(request, seen(request, pk), status=status, applying=form, refused=refused)
    words = _("The draft is applied. The figures follow in a moment.")
    if all(line["kind"] == "goal" for line in draft.changes):
        words = _("The draft is applied. It can be taken back in the goal tree for a day.")
    messages.success(request, words)
    return redirect(f"{reverse('kpis:draft', args=[pk])}#follows")


def refused_lines(draft: Draft, person: Person, errors: list[dict]) -> list[tuple[str, str]]:
    """Which line was refused and why."""
    shown = draft_lines.shown(person, draft.changes)
    titles = [each.subject.title if each.subject else _("A line of yours that is not there any more") for each in shown]
    return [(titles[error["row"] - 1], error["message"]) for error in errors]
