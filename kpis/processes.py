"""The processes that KPIs are tied to (docs/domain.md section 16)."""

from collections.abc import Collection, Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from cascade import versions
from kpis.links import link
from kpis.models import Kpi, Process, ProcessKpi
from people.models import Organisation, Person


def create(
    organisation: Organisation, *, by: Person, kpis: Iterable[Kpi] = (), reason: str = "", **fields: Any
) -> Process:
    """Raises ValidationError (url: link_not_safe; other_organisation)."""
    with transaction.atomic():
        made = Process(organisation=organisation)
        write(made, by, reason, **fields)
        link(made, "kpis", kpis)
        return made


def revise(
    process: Process,
    *,
    by: Person,
    version: int | None = None,
    reason: str = "",
    keep: Collection[int] = (),
    **fields: Any,
) -> Process:
    """`keep`: ids of KPIs that stay linked whatever `kpis` says. Raises VersionMismatch, and what `create` raises."""
    with transaction.atomic():
        process = versions.locked(Process.objects.filter(organisation=process.organisation_id), process.pk, version)
        kpis = fields.pop("kpis", None)
        write(process, by, reason, **fields)
        if kpis is not None:
            link(process, "kpis", kpis, keep)
        return process


def write(process: Process, by: Person, reason: str, **fields: Any) -> None:
    owner = fields.get("owner")
    if owner is not None and owner.organisation_id != process.organisation_id:
        message = _("This person belongs to another organisation.")
        raise ValidationError({"owner": ValidationError(message, "other_organisation")})
    versions.write(process, by, reason, **fields)


def tie(*, by: Person, kpi: Kpi, name: str, url: str = "") -> Process:
    """The process of that name, now measured by the KPI; a new one of the person's where there is none."""
    with transaction.atomic():
        Organisation.objects.select_for_update(no_key=True).get(pk=kpi.organisation_id)  # no second one of that name
        process = Process.objects.filter(organisation=kpi.organisation_id, name__iexact=name).order_by("pk").first()
        if process is None:
            return create(kpi.organisation, by=by, name=name, url=url, owner=by, kpis=[kpi])
        if not process.links.filter(kpi=kpi).exists():
            process.kpis.add(kpi, through_defaults={"organisation_id": process.organisation_id})
            versions.write(process, by, _("Tied to %(kpi)s") % {"kpi": kpi.name})
        return process


def untie(link: ProcessKpi, *, by: Person) -> None:
    with transaction.atomic():
        process, kpi = versions.locked(Process.objects.filter(pk=link.process_id), link.process_id), link.kpi
        link.delete()
        versions.write(process, by, _("No longer tied to %(kpi)s") % {"kpi": kpi.name})
