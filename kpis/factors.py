"""What it takes to reach a goal: success factors, and whether figures show them (docs/domain.md section 16)."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from cascade import versions
from goals.models import Goal
from kpis.links import link
from kpis.models import Kpi, SuccessFactor
from people.models import Person


def create(goal: Goal, *, by: Person, kpis: Iterable[Kpi] = (), reason: str = "", **fields: Any) -> SuccessFactor:
    """Raises ValidationError for fields that are filled in wrongly."""
    with transaction.atomic():
        made = SuccessFactor(organisation_id=goal.organisation_id, goal=goal)
        versions.write(made, by, reason, **fields)
        link(made, "kpis", kpis)
        return made


def revise(
    factor: SuccessFactor, *, by: Person, version: int | None = None, reason: str = "", **fields: Any
) -> SuccessFactor:
    """Raises VersionMismatch, and ValidationError as `create` does."""
    with transaction.atomic():
        factor = versions.locked(SuccessFactor.objects.filter(goal=factor.goal_id), factor.pk, version)
        kpis = fields.pop("kpis", None)
        versions.write(factor, by, reason, **fields)
        if kpis is not None:
            link(factor, "kpis", kpis)
        return factor


def add_kpi(factor: SuccessFactor, kpi: Kpi, *, by: Person) -> None:
    """One KPI more that shows it; nothing changes where it does already."""
    if kpi.organisation_id != factor.organisation_id:
        raise ValidationError({"kpis": ValidationError(_("It belongs to another organisation."), "other_organisation")})
    with transaction.atomic():
        factor = versions.locked(SuccessFactor.objects.filter(goal=factor.goal_id), factor.pk)
        if not factor.links.filter(kpi=kpi).exists():
            factor.kpis.add(kpi, through_defaults={"organisation_id": factor.organisation_id})
            versions.write(factor, by, _("Linked to %(kpi)s") % {"kpi": kpi.name})


def remove_kpi(factor: SuccessFactor, kpi: Kpi, *, by: Person) -> None:
    with transaction.atomic():
        factor = versions.locked(SuccessFactor.objects.filter(goal=factor.goal_id), factor.pk)
        if factor.links.filter(kpi=kpi).delete()[0]:
            versions.write(factor, by, _("No longer linked to %(kpi)s") % {"kpi": kpi.name})
