"""Links between what is planned and the goals and KPIs it is for."""

from collections.abc import Collection, Iterable

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from people.models import Person


def link(row: models.Model, name: str, wanted: Iterable[models.Model], keep: Collection[int] = ()) -> None:
    """Makes `wanted`, and those in `keep`, all that the row is linked to by its relation `name`. Raises ValidationError
    (other_organisation)."""
    wanted = list(wanted)
    if any(each.organisation_id != row.organisation_id for each in wanted):
        raise ValidationError({name: ValidationError(_("It belongs to another organisation."), "other_organisation")})
    ids = {each.pk for each in wanted} | set(keep)
    getattr(row, name).set(ids, through_defaults={"organisation_id": row.organisation_id})


def hidden(row: models.Model, name: str, person: Person) -> set[int]:
    """What the row is linked to and the person may not see: a change by this person leaves it."""
    linked = getattr(row, name)
    seen = linked.model.objects.visible_to(person).values("pk")
    return set(linked.exclude(pk__in=seen).values_list("pk", flat=True))


def ids_by_row(
    links: type[models.Model], row: str, to: str, ids: Collection[int], person: Person
) -> dict[int, list[int]]:
    """What each of the rows is linked to, in order, without what the person may not see; one query."""
    model = links._meta.get_field(to).related_model
    seen = model.objects.visible_to(person).values("pk")
    found: dict[int, list[int]] = {pk: [] for pk in ids}
    rows = links.objects.filter(**{f"{row}__in": ids, f"{to}__in": seen}).order_by("pk")
    for row_id, linked_id in rows.values_list(f"{row}_id", f"{to}_id"):
        found[row_id].append(linked_id)
    return found
