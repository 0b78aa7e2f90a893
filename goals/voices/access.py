"""Who may send, answer and take back what (docs/domain.md section 15)."""

from django.db.models import Q

from goals.access import Rights
from goals.models import Goal, Kudos, Signal
from people import access
from people.models import Person


def can_signal(person: Person, goal: Goal) -> bool:
    """Send a signal: who owns or contributes to an open goal below it, or contributes to it, and does not own it."""
    if goal.organisation_id != person.organisation_id or goal.owner_id == person.pk or not goal.is_open:
        return False
    below = Goal.objects.subtree(goal).open()
    mine = Q(owner=person) & ~Q(pk=goal.pk) | Q(contributors=person)
    return below.filter(mine).exists()


def can_answer_signal(person: Person, signal: Signal, rights: Rights | None = None) -> bool:
    """The goal's owner. Once it waits too long, or where nobody is there to answer, also the owner's manager and
    whoever may edit the goal. Nobody answers a signal of their own."""
    goal = signal.goal
    if person.organisation_id != signal.organisation_id or person.pk == signal.author_id:
        return False
    if person.pk == goal.owner_id:
        return True
    if signal.escalated_at is None and goal.owner_id and goal.owner.is_active:
        return False
    manages = bool(goal.owner_id and goal.owner.manager_id == person.pk)
    return manages or (rights or Rights.of(person)).can_edit(goal)


def can_reopen_signal(person: Person, signal: Signal) -> bool:
    """Send it again after an answer: its author, once."""
    return person.pk == signal.author_id and signal.reopened_at is None


def can_withdraw_signal(person: Person, signal: Signal) -> bool:
    return person.pk == signal.author_id


def can_edit_kudos(person: Person, kudos: Kudos) -> bool:
    """Change its words: its author."""
    return person.pk == kudos.author_id and kudos.withdrawn_at is None


def can_withdraw_kudos(person: Person, kudos: Kudos) -> bool:
    """Its author, who is thanked in it, and the administrator, who answers for what is written here."""
    if kudos.organisation_id != person.organisation_id:
        return False
    thanked = any(each.pk == person.pk for each in kudos.receivers.all())
    return person.pk == kudos.author_id or thanked or access.can_administer(person)


def can_join_kudos(person: Person, kudos: Kudos) -> bool:
    """Thank too: who sees it and is neither its author nor thanked in it."""
    return person.pk != kudos.author_id and all(each.pk != person.pk for each in kudos.receivers.all())
