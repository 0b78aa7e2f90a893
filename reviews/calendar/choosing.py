"""What an organisation chooses about the calendar of its reviews, and a goal's own rhythm. The calendar is worked out
again after each change; no revision is raised (docs/domain.md section 14)."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import structlog
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from kombu.exceptions import ChannelError, OperationalError

from cascade.versions import refuse_other
from goals import structure
from goals.models import Goal
from people.models import Organisation, Person
from reviews import schedule
from reviews.models import FreeDay, GoalRhythm, LevelRhythm, ReviewSettings

log = structlog.get_logger(__name__)


def revise(by: Person, version: int | None, levels: Mapping[int, str], **fields: Any) -> ReviewSettings:
    """The settings of the person's organisation and the cadence of its levels (by id). Raises VersionMismatch."""
    with structure.lock(by.organisation_id) as organisation:
        settings = schedule.settings_of(organisation)
        refuse_other(settings, version)
        for name, value in fields.items():
            setattr(settings, name, value)
        settings.clean_fields(exclude=["organisation"])
        settings.version += 0 if settings._state.adding else 1
        settings._history_user = by
        settings.save()
        for level in organisation.levels.filter(pk__in=levels):
            rhythm = LevelRhythm.objects.filter(level=level).first() or LevelRhythm(level=level)
            if rhythm.cadence != levels[level.pk]:
                rhythm.organisation, rhythm.cadence, rhythm._history_user = organisation, levels[level.pk], by
                rhythm.save()
        ask(organisation)
        return settings


def add_free_day(by: Person, day: dt.date, name: str) -> FreeDay:
    """The same day again gets the new name."""
    with transaction.atomic():
        free, _made = FreeDay.objects.update_or_create(
            organisation=by.organisation, day=day, defaults={"name": name.strip()}
        )
        ask(by.organisation)
        return free


def remove_free_day(free: FreeDay) -> None:
    with transaction.atomic():
        free.delete()
        ask(free.organisation)


def ask(organisation: Organisation) -> None:
    """After commit the calendar is worked out again, with reminders and invitations; a lost message is made good within
    the hour."""
    from reviews.tasks import work_out  # tasks import the calendar, which imports this module

    def wake():
        try:
            work_out.delay(organisation.pk)
        except (OperationalError, ChannelError, OSError):
            log.warning("broker_away", organisation=organisation.pk)

    transaction.on_commit(wake)


def set_rhythm(
    goal: Goal, by: Person, cadence: str = "", anchor: dt.date | None = None, months: int | None = None
) -> GoalRhythm | None:
    """How often this goal is reviewed: by a cadence, every `months` from an anchor, or, with neither, as its level.

    Its reviews are worked out at once. Raises ValidationError (anchor_needs_months, cadence_or_anchor).
    """
    if (anchor is None) != (months is None):
        missing = "months" if months is None else "anchor"
        message = _("Say both from which day and how many months apart.")
        raise ValidationError({missing: ValidationError(message, code="anchor_needs_months")})
    if cadence and anchor:
        message = _("It has either a cadence or a first day.")
        raise ValidationError({"cadence": ValidationError(message, code="cadence_or_anchor")})
    with structure.lock(goal.organisation_id) as organisation:
        rhythm = GoalRhythm.objects.filter(goal=goal).first()
        if not cadence and anchor is None:
            if rhythm is not None:
                rhythm._history_user = by
                rhythm.delete()
            rhythm = None
        else:
            rhythm = rhythm or GoalRhythm(organisation=organisation, goal=goal)
            rhythm.cadence, rhythm.anchor, rhythm.months, rhythm._history_user = cadence, anchor, months, by
            rhythm.clean_fields(exclude=["organisation", "goal"])
            rhythm.save()
        schedule.work_out(organisation, goal.pk)
        ask(organisation)
        return rhythm
