"""Training and guides, and what they help with (docs/domain.md section 16)."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from cascade import versions
from kpis.models import Resource, ResourceLink
from people.models import Organisation, Person

KINDS = ("levels", "goals", "kpis")
Links = dict[str, Iterable[models.Model]]


def create(organisation: Organisation, *, by: Person, reason: str = "", **fields: Any) -> Resource:
    """`levels`, `goals` and `kpis` are what it helps with.

    Raises ValidationError (url: link_not_safe; text: nothing_to_read; other_organisation).
    """
    with transaction.atomic():
        made = Resource(organisation=organisation)
        links = {name: fields.pop(name) for name in KINDS if name in fields}
        write(made, by, reason, **fields)
        for name, wanted in links.items():
            relink(made, name, wanted)
        return made


def revise(resource: Resource, *, by: Person, version: int | None = None, reason: str = "", **fields: Any) -> Resource:
    """Raises VersionMismatch, and ValidationError as `create` does."""
    with transaction.atomic():
        resource = versions.locked(Resource.objects.filter(organisation=resource.organisation_id), resource.pk, version)
        links = {name: fields.pop(name) for name in KINDS if name in fields}
        write(resource, by, reason, **fields)
        for name, wanted in links.items():
            relink(resource, name, wanted)
        return resource


def write(resource: Resource, by: Person, reason: str, **fields: Any) -> None:
    if not fields.get("url", resource.url) and not fields.get("text", resource.text):
        message = _("Give its address, or write here what helps.")
        raise ValidationError({"text": ValidationError(message, "nothing_to_read")})
    versions.write(resource, by, reason, **fields)


def relink(resource: Resource, name: str, wanted: Iterable[models.Model]) -> None:
    """Makes `wanted` all the levels, goals or KPIs that the resource is for."""
    wanted = list(wanted)
    if any(each.organisation_id != resource.organisation_id for each in wanted):
        raise ValidationError({name: ValidationError(_("It belongs to another organisation."), "other_organisation")})
    column = f"{name.removesuffix('s')}_id"
    ids = {each.pk for each in wanted}
    held = set(resource.links.exclude(**{column: None}).values_list(column, flat=True))
    resource.links.filter(**{f"{column}__in": held - ids}).delete()
    same = {"organisation_id": resource.organisation_id, "resource": resource}
    ResourceLink.objects.bulk_create(ResourceLink(**same, **{column: pk}) for pk in ids - held)


def held(resource: Resource, name: str) -> list[models.Model]:
    """The levels, goals or KPIs that it is for, with all that is needed to ask who may change it."""
    column = name.removesuffix("s")
    joined = {"level": [], "goal": ["goal__unit", "goal__owner__unit"]}
    joined["kpi"] = [f"kpi__{each}" for each in joined["goal"]]
    links = resource.links.exclude(**{column: None}).select_related(column, *joined[column])
    return [getattr(link, column) for link in links]
