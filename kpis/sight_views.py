"""The line of sight: the home of everybody who is signed in, and that of the people one manages."""

from collections.abc import Sequence

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from cascade.fields import plain
from goals import confidence
from goals.lifecycle import ENDED
from goals.models import Goal
from goals.voices.feedback import Entry
from goals.voices.lately import Voice, lately, signals_of
from kpis import sight_words as words
from kpis.answers import waiting_for
from kpis.entry import EntryRow
from kpis.owed import asked_of
from kpis.path_requests import last_of, to_answer
from kpis.picture import Picture, Station, picture_of
from kpis.scoring import fiscal_of
from kpis.sight import OwnGoal, OwnKpi, Sight, sight_of
from kpis.trying import Trial, number, scale_of, trial_of
from people import access
from people.models import Person

NEIGHBOURS = 6


def home(request):
    return line(request, request.user)


def line_of_sight(request, pk):
    person = get_object_or_404(Person.objects.visible_to(request.user).select_related("unit"), pk=pk)
    if not access.can_follow(request.user, person):
        raise PermissionDenied
    return line(request, person)


def line(request, whose: Person):
    """The page. htmx gets the part it asks for: the picture, or with `watch` the figures once they have arrived."""
    sight = sight_of(whose, request.user)
    if request.htmx and "watch" in request.GET:
        if sight.pending:
            return HttpResponse(status=204)
        context = scene(request, sight) | {"effects": words.effects(sight, request.GET.getlist("was"))}
        return render(request, "kpis/sight/arrived.html", context)
    if request.htmx and request.htmx.target == "picture":
        return render(request, "kpis/sight/picture.html", scene(request, sight))
    return render(request, "kpis/sight.html", scene(request, sight))


def scene(request, sight: Sight) -> dict:
    """All that the page shows of a sight, and the goal, KPI and result that the address chooses."""
    own = chosen(sight.goals, request.GET.get("goal"))
    own_kpi = chosen(own.kpis, request.GET.get("kpi")) if own else None
    value = number(request.GET.get("value", ""), own_kpi.kpi.unit) if own_kpi else None
    trial = trial_of(sight.paths, own_kpi, value) if own_kpi else None
    picture = picture_of(own, trial, asked=value is not None) if own else None
    mine = sight.person == request.user
    also_owed = asked_of(request.user) if mine else []
    return {
        "sight": sight,
        "own_goals": own_goals(request.user, sight),
        "mine": mine,
        "whose": sight.person,
        "hello": words.greeting(sight.person) if mine else f"{sight.person.name}.",
        "sentence": words.what_is_due(sight, len(also_owed)) if sight.goals else words.nothing(mine),
        "season": words.season(sight.on, fiscal_of(request.user.organisation)),
        "entries": [EntryRow.of_task(task, sight.on) for task in sight.owes],
        "also_owed": also_owed,
        "next": sight.next and words.next_task(sight.next),
        "own": own,
        "own_kpi": own_kpi,
        "picture": picture,
        "steps": steps(picture, request.user, mine) if picture else [],
        "headline": words.headline(own, picture) if own and picture else None,
        "not_counted": words.why_not_counted(own) if own else "",
        "trial": trial,
        "trial_period": trial and trial.period and words.period_words(trial.period, str(trial.kpi.definition.cadence)),
        "slider": slider(trial) if trial else None,
        "asked": last_of(request.user, own.id if own else None) if mine and not (own and own.aligned) else None,
        "path_requests": to_answer(request.user) if mine else [],
        "answers": waiting_for(request.user) if mine else [],
        "lately": went_well(sight) if mine else [],
        "neighbours": [] if sight.goals else neighbours(request.user, sight.person),
    }


def own_goals(person: Person, sight: Sight) -> list[tuple[OwnGoal, confidence.Confidence | None]]:
    """Each with how sure its owner is, as far as the reader may know."""
    said = confidence.of(person, [own.id for own in sight.goals], asked=True)
    return [(own, said.get(own.id)) for own in sight.goals]


def went_well(sight: Sight) -> list[Entry]:
    above = {stop.goal.id for own in sight.goals for stop in own.path if stop.goal}
    return lately(sight.person, [own.id for own in sight.goals], above)


def steps(picture: Picture, person: Person, mine: bool) -> list[tuple[Station, Voice | None]]:
    """The stations from the strategy down, each with what the person may say about a goal above their own."""
    above = [station.goal for station in picture.stations[:-1] if station.goal] if mine else []
    said = signals_of(person, [goal.id for goal in above])
    voices = {
        goal.id: Voice(goal.id, goal.owner_id != person.pk and goal.node.state not in ENDED, said.get(goal.id))
        for goal in above
    }
    return [(each, voices.get(each.goal.id) if each.goal else None) for each in picture.stations]


def slider(trial: Trial) -> dict | None:
    """What the template needs for the scale of results, all as text; None for a KPI that is done or not."""
    scale = scale_of(trial)
    if scale is None:
        return None
    numbers = {"min": scale.low, "max": scale.high, "step": scale.step, "value": trial.value}
    marks = words.marks(scale, trial.kpi.unit)
    return {name: plain(value) for name, value in numbers.items()} | {"marks": marks}


def chosen(among: Sequence[OwnGoal] | Sequence[OwnKpi], asked: str | None):
    """The one the address names by its id, else the first."""
    return next((each for each in among if str(each.id) == asked), next(iter(among), None))


def neighbours(viewer: Person, person: Person) -> list[Goal]:
    """What others in the person's unit work on, for who has no goal."""
    if person.unit_id is None:
        return []
    goals = Goal.objects.visible_to(viewer).filter(unit_id=person.unit_id, state=Goal.State.ACTIVE)
    return list(goals.select_related("owner", "figures", "level").order_by("depth", "title", "id")[:NEIGHBOURS])
