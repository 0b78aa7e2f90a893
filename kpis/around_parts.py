"""What the parts of a goal's page need that show what is planned around it, each with its forms."""

from typing import Any

from goals.access import Rights
from goals.models import Goal
from kpis.around import factors_of, help_of, initiatives_of, near_kpis, processes_of
from kpis.around_forms import FactorForm, InitiativeForm, MilestoneForm, OnceForm, ProcessForm, ResourceForm
from kpis.models import Kpi


def everything(goal: Goal, rights: Rights) -> dict[str, Any]:
    near = near_for(goal, rights)
    parts = (factor_context, initiative_context, help_context, process_context)
    return {name: value for part in parts for name, value in part(goal, rights, near=near).items()}


def near_for(goal: Goal, rights: Rights) -> list[Kpi]:
    """The KPIs that who may edit the goal can choose from."""
    return list(near_kpis(goal, rights.person)) if rights.can_edit(goal) else []


def own(goal: Goal, near: list[Kpi]) -> list[Kpi]:
    return [kpi for kpi in near if kpi.goal_id == goal.pk]


def factor_context(
    goal: Goal,
    rights: Rights,
    form: FactorForm | None = None,
    opened: int | None = None,
    changed: FactorForm | None = None,
    near: list[Kpi] | None = None,
) -> dict[str, Any]:
    """`opened`: the factor whose menu stays open, or that is changed in the form `changed`."""
    found = factors_of(goal, rights, near_for(goal, rights) if near is None else near)
    if form is None and found.may_edit:
        form = FactorForm(person=rights.person, auto_id="factor-%s")
    return {"factors": found, "factor_form": form, "opened_factor": opened, "changed_factor": changed}


def initiative_context(
    goal: Goal,
    rights: Rights,
    opened: int | None = None,
    near: list[Kpi] | None = None,
    **forms: OnceForm | None,
) -> dict[str, Any]:
    """`opened`: the initiative that is shown with everything. `forms`: those that were refused, by their name."""
    found = initiatives_of(goal, rights)
    near = near_for(goal, rights) if near is None else near
    fresh = InitiativeForm(person=rights.person, near=near, auto_id="initiative-%s") if found.may_add else None
    told = {
        "initiative_form": fresh,
        "milestone_form": MilestoneForm(auto_id="milestone-%s"),
        "change_form": None,
        **forms,
    }
    return {"initiatives": found, "opened_initiative": opened, "today": goal.organisation.today(), **told}


def help_context(
    goal: Goal, rights: Rights, form: ResourceForm | None = None, near: list[Kpi] | None = None
) -> dict[str, Any]:
    found = help_of(goal, rights)
    if form is None and found.may_add:
        kpis = own(goal, near_for(goal, rights) if near is None else near)
        form = ResourceForm(person=rights.person, goal=goal, kpis=kpis, auto_id="resource-%s")
    return {"help": found, "resource_form": form}


def process_context(
    goal: Goal, rights: Rights, form: ProcessForm | None = None, near: list[Kpi] | None = None
) -> dict[str, Any]:
    kpis = own(goal, near_for(goal, rights) if near is None else near)
    if form is None and kpis:
        form = ProcessForm(person=rights.person, kpis=kpis, auto_id="process-%s")
    return {"processes": processes_of(goal, rights), "process_form": form}
