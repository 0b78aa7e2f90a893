"""Who may do what with bonus plans (docs/domain.md section 13). Which of them a person knows of is `visible_to`."""

from kpis.models import PayPlan
from people.models import Person, Role


def can_switch(person: Person) -> bool:
    """Decide whether the organisation has bonus plans at all."""
    return person.is_admin


def can_manage(person: Person) -> bool:
    """Make plans and export results."""
    return person.role == Role.HR and person.organisation.pays


def can_edit(person: Person, plan: PayPlan) -> bool:
    """Change, agree and freeze a plan: HR, but nobody one's own."""
    return can_manage(person) and plan.organisation_id == person.organisation_id and plan.beneficiary_id != person.pk


def can_sign(person: Person, plan: PayPlan) -> bool:
    """Confirm a result: the two who are named, neither of them the beneficiary."""
    return person.pk in (plan.first_signer_id, plan.second_signer_id) and person.pk != plan.beneficiary_id
