"""Who may do what with a KPI (docs/domain.md section 17). Which KPIs a person sees is `Kpi.objects.visible_to`."""

from goals.access import Rights
from kpis.models import Kpi
from people.models import ApiToken, Person


def can_edit(person: Person, kpi: Kpi) -> bool:
    """Change the definition: whoever may edit its goal."""
    return Rights.of(person).can_edit(kpi.goal)


def can_record(person: Person, kpi: Kpi, rights: Rights | None = None) -> bool:
    """Enter a value: the data owner, the goal's owner and contributors, and whoever may edit the goal."""
    if kpi.organisation_id != person.organisation_id:
        return False
    if person.pk in (kpi.data_owner_id, kpi.goal.owner_id):
        return True
    if (rights or Rights.of(person)).can_edit(kpi.goal):
        return True
    return kpi.goal.contributors.filter(pk=person.pk).exists()


def token_names(token: ApiToken | None, kpi: Kpi) -> bool:
    """A token made for named KPIs records only those."""
    return not isinstance(token, ApiToken) or not token.kpi_ids or kpi.pk in token.kpi_ids
