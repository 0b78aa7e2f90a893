"""Who may do what with a KPI and what is planned around it (docs/domain.md section 17). Which of them a person sees is
`visible_to` of each."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from goals.access import Rights
from goals.models import Goal
from kpis import resources
from kpis.models import Initiative, Kpi, Process, Resource
from people import access
from people.models import ApiToken, Level, Person


def can_edit(person: Person, kpi: Kpi) -> bool:
    """Change the definition: whoever may edit its goal."""
    return Rights.of(person).can_edit(kpi.goal)


def can_answer(person: Person, goal: Goal) -> bool:
    """Accept or counter what is proposed: the goal's owner alone."""
    return goal.owner_id is not None and goal.owner_id == person.pk


def can_settle(person: Person, goal: Goal, rights: Rights | None = None) -> bool:
    """Propose, agree to a counter or send again: whoever may edit the goal above."""
    return (rights or Rights.of(person)).can_add_below(goal.parent if goal.parent_id else None)


@dataclass(frozen=True)
class Recorder:
    """Where one person may enter values, read once, asked for many KPIs: the data owner, the goal's owner and
    contributors, and whoever may edit the goal."""

    rights: Rights
    contributes_to: frozenset[int]

    @classmethod
    def of(cls, person: Person, rights: Rights | None = None) -> "Recorder":
        return cls(rights or Rights.of(person), frozenset(person.contributes_to.values_list("pk", flat=True)))

    def may(self, kpi: Kpi) -> bool:
        person = self.rights.person
        if kpi.organisation_id != person.organisation_id:
            return False
        if person.pk in (kpi.data_owner_id, kpi.goal.owner_id) or kpi.goal_id in self.contributes_to:
            return True
        return self.rights.can_edit(kpi.goal)


def can_record(person: Person, kpi: Kpi, rights: Rights | None = None) -> bool:
    """Enter a value."""
    return Recorder.of(person, rights).may(kpi)


def can_annotate(person: Person, kpi: Kpi) -> bool:
    """Say on its course what happened: whoever may enter its values."""
    return can_record(person, kpi)


def recordable_among(person: Person, kpi_ids: Collection[int], token: ApiToken | None = None) -> set[int]:
    """Those of many KPIs for which the person, and the token, may enter values; in a fixed number of queries."""
    recorder = Recorder.of(person)
    kpis = Kpi.objects.filter(organisation_id=person.organisation_id, pk__in=kpi_ids)
    if isinstance(token, ApiToken) and token.kpi_ids:
        kpis = kpis.filter(pk__in=token.kpi_ids)
    if recorder.rights.edits_everything:
        return set(kpis.values_list("pk", flat=True))
    return {kpi.pk for kpi in kpis.select_related("goal__unit", "goal__owner__unit") if recorder.may(kpi)}


def typed_among(person: Person, kpi_ids: Collection[int]) -> set[int]:
    """The same without those whose values are calculated, for which nobody enters any."""
    typed = Kpi.objects.filter(pk__in=kpi_ids).exclude(source__in=Kpi.DERIVED).order_by()
    return recordable_among(person, list(typed.values_list("pk", flat=True)))


def token_names(token: ApiToken | None, kpi: Kpi) -> bool:
    """A token made for named KPIs records only those."""
    return not isinstance(token, ApiToken) or not token.kpi_ids or kpi.pk in token.kpi_ids


EDITORS = ("unit", "owner__unit")


def can_plan(rights: Rights, goals: Iterable[Goal]) -> bool:
    """Put an initiative on goals: whoever may edit one of them."""
    return any(rights.can_edit(goal) for goal in goals)


def can_edit_initiative(rights: Rights, initiative: Initiative) -> bool:
    """Its owner, and whoever may edit a goal it is for."""
    return can_edit_initiative_of(rights, initiative, initiative.goals.select_related(*EDITORS))


def can_edit_initiative_of(rights: Rights, initiative: Initiative, goals: Iterable[Goal]) -> bool:
    """The same, its goals known."""
    if initiative.organisation_id != rights.person.organisation_id:
        return False
    return rights.edits_everything or initiative.owner_id == rights.person.pk or can_plan(rights, goals)


def can_offer(rights: Rights, levels: Iterable[Level], goals: Iterable[Goal], kpis: Iterable[Kpi]) -> bool:
    """Manage what helps: the administrator and the strategy office everything, others what is only for goals and KPIs
    that they may edit, and for at least one."""
    goals, levels = [*goals, *(kpi.goal for kpi in kpis)], list(levels)
    if not all(rights.can_edit(goal) for goal in goals):
        return False
    own = all(level.organisation_id == rights.person.organisation_id for level in levels)
    return own if rights.edits_everything else not levels and bool(goals)


def can_edit_resource(rights: Rights, resource: Resource) -> bool:
    if resource.organisation_id != rights.person.organisation_id:
        return False
    if rights.edits_everything:
        return True
    return can_offer(rights, *(resources.held(resource, name) for name in resources.KINDS))


def can_describe(rights: Rights, kpis: Iterable[Kpi]) -> bool:
    """Name a process: whoever may edit every KPI that it is said to have, and at least one."""
    goals = [kpi.goal for kpi in kpis]
    return all(rights.can_edit(goal) for goal in goals) and (bool(goals) or rights.edits_everything)


def can_edit_process(rights: Rights, process: Process) -> bool:
    """Its owner, and the strategy office."""
    if process.organisation_id != rights.person.organisation_id:
        return False
    return access.can_run_cycle(rights.person) or process.owner_id == rights.person.pk
