"""The ordered levels of an organisation: inserted and renamed at any time, reordered only where every goal still
stands on or below its parent's level, deleted only when unused (docs/domain.md section 1)."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from cascade.errors import Conflict
from people.models import Level, Organisation


def insert(organisation: Organisation, *, rank: int | None = None, **fields) -> Level:
    """A new level at `rank`, or below all others; the levels from there on step down."""
    with transaction.atomic():
        levels = locked(organisation)
        place = len(levels) if rank is None else checked(rank, len(levels))
        level = Level(organisation=organisation, rank=len(levels), **fields)
        level.full_clean(validate_unique=False, validate_constraints=False)
        level.save()
        arrange([*levels[:place], level, *levels[place:]])
        return level


def reorder(level: Level, rank: int) -> None:
    """Takes a level to another rank. Raises Conflict level_in_use when a goal would stand above its parent."""
    with transaction.atomic():
        levels = locked(level.organisation)
        others = [other for other in levels if other.pk != level.pk]
        place = checked(rank, len(others))
        order = [*others[:place], level, *others[place:]]
        ranks = {each.pk: number for number, each in enumerate(order)}
        edges = level.organisation.goals.filter(parent__isnull=False).values_list("level_id", "parent__level_id")
        if any(ranks[child] < ranks[parent] for child, parent in edges.order_by().distinct()):
            raise Conflict("level_in_use", _("A goal would stand above its parent's level."))
        arrange(order)


def remove(level: Level) -> None:
    """Deletes an unused level; those below it step up. Raises Conflict level_in_use."""
    with transaction.atomic():
        levels = locked(level.organisation)
        if level.goals.exists():
            raise Conflict("level_in_use", _("Goals stand on this level."))
        if len(levels) == 1:
            raise Conflict("last_level", _("An organisation has at least one level."))
        level.delete()
        arrange([other for other in levels if other.pk != level.pk])


def locked(organisation: Organisation) -> list[Level]:
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    return list(Level.objects.filter(organisation=organisation).order_by("rank"))


def checked(rank: int, most: int) -> int:
    if not 0 <= rank <= most:
        raise ValidationError({"rank": ValidationError(f"A rank lies from 0 to {most}.", code="out_of_range")})
    return rank


def arrange(levels: list[Level]) -> None:
    """Gives the levels the ranks of this order, by way of ranks that nobody has: a rank is unique at every moment."""
    changed = [(level, rank) for rank, level in enumerate(levels) if level.rank != rank]
    for offset in (10_000, 0):
        for level, rank in changed:
            level.rank = rank + offset
            level.save(update_fields=["rank"])
