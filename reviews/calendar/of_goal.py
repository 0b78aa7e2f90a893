"""What a goal's page says about its reviews."""

from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from goals import confidence
from goals.access import can_edit
from goals.models import Goal
from people.models import Person
from reviews import schedule
from reviews.calendar.forms import RhythmForm
from reviews.models import Cadence, GoalRhythm, LevelRhythm, Review


def section(goal: Goal, person: Person) -> dict[str, Any]:
    """The review that is owed next, the last one that was signed, and the rhythm in words."""
    reviews = Review.objects.filter(goal=goal).select_related("owner")
    rhythm = GoalRhythm.objects.filter(goal=goal).first()
    return {
        "upcoming": reviews.owed().order_by("day", "pk").first(),
        "last": reviews.filter(state=Review.State.SIGNED).order_by("-day", "-pk").first(),
        "rhythm": in_words(rhythm) if rhythm else as_level(goal),
        "may_choose": can_edit(person, goal),
        "today": goal.organisation.today(),
        "said": confidence.of(person, [goal.pk], asked=True).get(goal.pk),
        "form": None,
    }


def in_words(rhythm: GoalRhythm) -> str:
    if rhythm.anchor is None:
        return rhythm.get_cadence_display()
    words = ngettext("Every month from %(day)s", "Every %(n)s months from %(day)s", rhythm.months)
    return words % {"n": rhythm.months, "day": date_format(rhythm.anchor)}


def as_level(goal: Goal) -> str:
    chosen = LevelRhythm.objects.filter(level=goal.level_id).values_list("cadence", flat=True).first()
    return _("%(often)s, as its level") % {"often": Cadence(chosen or schedule.usual_cadence(goal.level)).label}


def rhythm_form(goal: Goal, data=None) -> RhythmForm:
    return RhythmForm(data, rhythm=GoalRhythm.objects.filter(goal=goal).first(), as_level=as_level(goal))
