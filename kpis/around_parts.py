"""What the parts of a goal's page need that show what is planned around it, each with its forms."""

from typing import Any

from goals.access import Rights
from goals.models import Goal
from kpis.around import factors_of, help_of, initiatives_of, near_kpis, processes_of
from kpis.around_forms import FactorForm, InitiativeForm, MilestoneForm, OnceForm, ProcessForm, ResourceForm


def everything(goal: Goal, rights: Rights) -> dict[str, Any]:
    parts = (factor_context, initiative_context, help_context, process_context)
    return {name: value for part in parts for name, value in part(goal, rights).items()}


def factor_context(goal: Goal, rights: Rights, form: FactorForm | None = None, opened: int | None = None) -> dict:
    """`opened`: the factor whose menu stays open."""
    found = factors_of(goal, rights)
    if form is None and found.may_edit:
        form = FactorForm(person=rights.person, auto_id="factor-%s")
    return {"factors": found, "factor_form": form, "opened_factor": opened}


def initiative_context(goal: Goal, rights: Rights, opened: int | None = None, **forms: OnceForm | None) -> dict:
    """`opened`: the initiative that is shown with everything. `forms`: those that were refused, by their name."""
    found = initiatives_of(goal, rights)
    near = list(near_kpis(goal, rights.person)) if found.may_add else []
    fresh = InitiativeForm(person=rights.person, near=near, auto_id="initiative-%s") if found.may_add else None
    told = {
        "initiative_form": fresh,
        "milestone_form": MilestoneForm(auto_id="milestone-%s"),
        "change_form": None,
        **forms,
    }
    return {"initiatives": found, "opened_initiative": opened, "today": goal.organisation.today(), **told}


def help_context(goal: Goal, rights: Rights, form: ResourceForm | None = None) -> dict:
    found = help_of(goal, rights)
    if form is None and found.may_add:
        form = ResourceForm(person=rights.person, goal=goal, auto_id="resource-%s")
    return {"help": found, "resource_form": form}


def process_context(goal: Goal, rights: Rights, form: ProcessForm | None = None) -> dict:
    found = processes_of(goal, rights)
    has_kpis = found.may_add and goal.kpis.exists()
    if form is None and has_kpis:
        form = ProcessForm(person=rights.person, goal=goal, auto_id="process-%s")
    return {"processes": found, "process_form": form}
