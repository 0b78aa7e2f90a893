"""What people do for goals: initiatives with milestones (docs/domain.md section 16). They never move progress."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from cascade import versions
from goals.models import Goal
from kpis.links import link
from kpis.models import Initiative, Kpi, Milestone
from people.models import Organisation, Person

State = Initiative.State


def create(
    organisation: Organisation,
    *,
    by: Person,
    goals: Collection[Goal],
    kpis: Iterable[Kpi] = (),
    milestones: Iterable[Mapping[str, Any]] = (),
    reason: str = "",
    **fields: Any,
) -> Initiative:
    """Raises ValidationError (goals: required; other_organisation; unknown_milestone)."""
    refuse_no_goal(goals)
    with transaction.atomic():
        made = Initiative(organisation=organisation)
        write(made, by, reason, **fields)
        link(made, "goals", goals)
        link(made, "kpis", kpis)
        replace_milestones(made, milestones, by)
        return made


def revise(
    initiative: Initiative,
    *,
    by: Person,
    version: int | None = None,
    reason: str = "",
    keep: Mapping[str, Collection[int]] | None = None,
    **fields: Any,
) -> Initiative:
    """Changes what is given. `keep`: ids of goals and kpis that stay linked whatever `goals` and `kpis` say.

    Raises VersionMismatch, and ValidationError as `create` does.
    """
    keep = keep or {}
    with transaction.atomic():
        initiative = versions.locked(
            Initiative.objects.filter(organisation=initiative.organisation_id), initiative.pk, version
        )
        linked = {name: fields.pop(name) for name in ("goals", "kpis") if name in fields}
        milestones = fields.pop("milestones", None)
        write(initiative, by, reason, **fields)
        if "goals" in linked:
            refuse_no_goal([*linked["goals"], *keep.get("goals", ())])
        for name, wanted in linked.items():
            link(initiative, name, wanted, keep.get(name, ()))
        if milestones is not None:
            replace_milestones(initiative, milestones, by)
        return initiative


def write(initiative: Initiative, by: Person, reason: str, **fields: Any) -> None:
    owner = fields.get("owner")
    if owner is not None and owner.organisation_id != initiative.organisation_id:
        message = _("This person belongs to another organisation.")
        raise ValidationError({"owner": ValidationError(message, "other_organisation")})
    state = fields.get("state", initiative.state)
    if state != State.DONE:
        fields["done_on"] = None
    elif initiative.done_on is None:
        fields["done_on"] = initiative.organisation.today()
    versions.write(initiative, by, reason, **fields)


def refuse_no_goal(goals: Collection[Any]) -> None:
    if not goals:
        raise ValidationError({"goals": ValidationError(_("Say which goal it is for."), "required")})


def replace_milestones(initiative: Initiative, wanted: Iterable[Mapping[str, Any]], by: Person) -> None:
    """The milestones as given: those with the id of one that is there are changed, the others are new."""
    held = {each.pk: each for each in initiative.milestones.all()}
    for given in wanted:
        fields = dict(given)
        known = fields.pop("id", None)
        if known is None:
            save_milestone(Milestone(organisation_id=initiative.organisation_id, initiative=initiative), by, **fields)
        elif known in held:
            save_milestone(held.pop(known), by, **fields)
        else:
            message = _("It has no such milestone.")
            raise ValidationError({"milestones": ValidationError(message, "unknown_milestone")})
    for gone in held.values():
        remove_milestone(gone, by)


def save_milestone(milestone: Milestone, by: Person, **fields: Any) -> Milestone:
    if not milestone._state.adding and all(getattr(milestone, name) == value for name, value in fields.items()):
        return milestone
    for name, value in fields.items():
        setattr(milestone, name, value)
    milestone.full_clean(validate_unique=False, validate_constraints=False)
    milestone._history_user = by
    milestone.save()
    return milestone


def remove_milestone(milestone: Milestone, by: Person) -> None:
    milestone._history_user = by
    milestone.delete()


def tick(initiative: Initiative, done: bool, *, by: Person) -> Initiative:
    """Done, or under way again."""
    return revise(initiative, by=by, state=State.DONE if done else State.DOING)


def tick_milestone(milestone: Milestone, on: dt.date | None, *, by: Person) -> Milestone:
    """Done on a day, or not yet; a planned initiative is under way from its first milestone on."""
    with transaction.atomic():
        rows = Initiative.objects.filter(organisation=milestone.organisation_id)
        initiative = versions.locked(rows, milestone.initiative_id)
        milestone = Milestone.objects.get(pk=milestone.pk)
        save_milestone(milestone, by, done_on=on)
        if on is not None and initiative.state == State.PLANNED:
            write(initiative, by, "", state=State.DOING)
        return milestone
