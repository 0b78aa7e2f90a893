"""Targets that change from a date on: the one door for page, API and reviews (docs/domain.md section 15).

Figures of a date use what was asked on that date, figures known at a moment what had been decided by then. The path
runs on from the original start and baseline; with a new start it runs from the day of the change.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cascade.errors import VersionMismatch
from goals import marks
from goals.models import Goal
from kpis import dated, locks
from kpis.attainment import ABSENT, KpiScore, validate
from kpis.dated import DATED, asked_on
from kpis.definitions import REFUSALS, check, milestones_of, refused, wrong_with
from kpis.models import Kpi
from kpis.paths import GoalOnPath, paths_from
from kpis.scoring import definition_of, fiscal_of, score_of, scored, values_of
from kpis.trying import with_override
from kpis.whatif import Difference, KpiOverride
from people.models import Person

CHANGEABLE = frozenset(DATED)
UNDATED = ("direction", "target_mode", "start", "due")
REFUSED = {
    "reason_required": ("reason", _("Say why it changes.")),
    "since_outside_life": ("since", _("Choose a day after the first and up to the last on which it is measured.")),
    "rebase_needs_by_due": (
        "rebase",
        _("Only a number that is to be reached by its due date has a path that can begin anew."),
    ),
    "nothing_changes": ("target", _("That is what is asked already.")),
}


def change(
    kpi: Kpi,
    since: dt.date,
    *,
    by: Person | None,
    reason: str,
    rebase: bool = False,
    version: int | None = None,
    **fields: Any,
) -> Kpi:
    """Asks for something else from a day on; `fields` are of CHANGEABLE, what is left out stays as it is on that day.

    `rebase` begins the path anew on that day, from `baseline` or from where the KPI stood the evening before; its
    earlier values count no more. `rebased_on` belongs to what was asked before and is put back. The same again changes
    nothing. Raises VersionMismatch, Conflict (locked), and ValidationError with reason_required, since_outside_life,
    rebase_needs_by_due and what is wrong with the definition.
    """
    with transaction.atomic():
        kpi = Kpi.objects.select_for_update(no_key=True, of=("self",)).get(pk=kpi.pk)
        if version is not None and version != kpi.version:
            raise VersionMismatch(kpi.version)
        if not reason.strip():
            raise refusal("reason_required")
        held = kpi.targets
        lacked = wrong_with(kpi) & ABSENT
        propose(kpi, since, rebase=rebase, **fields)
        if kpi.targets == held:
            return kpi
        locks.refuse_from(kpi, since)
        check(kpi, lacked)
        kpi.version += 1
        kpi._history_user, kpi._change_reason = by, reason
        kpi.save()
        marks.mark(kpi.organisation_id, kpis=[(kpi.pk, kpi.goal_id)])
        return kpi


def propose(kpi: Kpi, since: dt.date, *, rebase: bool = False, **fields: Any) -> None:
    """Makes the KPI ask for it from a day on; nothing is saved. Raises ValidationError as `change` does."""
    if unknown := fields.keys() - CHANGEABLE:
        raise TypeError(f"Of a KPI {', '.join(sorted(unknown))} cannot change from a day on.")
    start, due = kpi.life
    if not start < since <= due:
        raise refusal("since_outside_life")
    before = asked_on(kpi.asked, since)
    if "milestones" in fields:
        fields["milestones"] = milestones_of(fields["milestones"])
    row = {**before, **fields}
    if rebase:
        row |= anew(kpi, since, row, "baseline" in fields)
    refuse_wrong(row, kpi)
    if all(row[name] == before[name] for name in DATED) and not any(dated.since(each) == since for each in kpi.targets):
        raise refusal("nothing_changes")
    kpi.targets = dated.changed(kpi.asked, row, since)
    kpi.hold(kpi.organisation.today())


def anew(kpi: Kpi, since: dt.date, row: Mapping[str, Any], has_start: bool) -> dict[str, Any]:
    """What a path asks that begins on a day: from where it stood, by the milestones that are still to come."""
    definition = definition_of(dict(row))
    if not definition.by_due or definition.is_maintain or kpi.cadence == Kpi.Cadence.ONCE:
        raise refusal("rebase_needs_by_due")
    ahead = {first: value for first, value in row["milestones"].items() if first >= since.isoformat()}
    trajectory = row["trajectory"] if ahead else Kpi.Trajectory.LINEAR
    asking = {"rebased_on": since, "milestones": ahead, "trajectory": trajectory}
    if definition.sums or has_start:
        return asking
    return asking | {"baseline": stood(kpi, since - dt.timedelta(days=1))}


def stood(kpi: Kpi, on: dt.date) -> Decimal | None:
    """What the values that were observed by the end of a day come to; None without one."""
    organisation = kpi.organisation
    values = values_of(kpi, on)
    return score_of(organisation, asked_on(kpi.asked, on), values, on).actual


def refuse_wrong(row: Mapping[str, Any], kpi: Kpi) -> None:
    found: dict[str, list[ValidationError]] = {}
    for code in sorted(validate(definition_of(dict(row)), fiscal_of(kpi.organisation))):
        field, message = REFUSALS[code]
        found.setdefault(field, []).append(ValidationError(message, code=code))
    if found:
        raise ValidationError(found)


def refusal(code: str) -> ValidationError:
    field, message = REFUSED[code]
    return refused(field, code, message)


@dataclass(frozen=True)
class Effect:
    """What a changed target would do on the day `on`: to the KPI's score, and to the goals from its own upwards,
    `goals` those that the reader may see."""

    since: dt.date
    on: dt.date
    before: KpiScore
    after: KpiScore
    above: list[tuple[GoalOnPath, Difference]]

    @property
    def goals(self) -> list[tuple[GoalOnPath, Difference]]:
        return [(goal, moved) for goal, moved in self.above if goal.visible]

    @property
    def is_ahead(self) -> bool:
        """The day is yet to come; the effect is that of the target if it was asked today."""
        return self.since > self.on


def effect(kpi: Kpi, since: dt.date, viewer: Person, **asked: Any) -> Effect:
    """What `change` would do; nothing is saved. Raises ValidationError as it does."""
    organisation, proposed = kpi.organisation, copy(kpi)
    on = organisation.today()
    propose(proposed, since, **asked)
    row = asked_on(proposed.asked, max(on, since))
    if since > on:
        row |= {"earlier": [], "rebased_on": kpi.rebased_on}
    definition = definition_of(row)
    paths = paths_from(Goal.objects.filter(pk=kpi.goal_id), viewer)
    here = next(each for each in paths.kpis if each.id == kpi.pk)
    found = with_override(paths, here, KpiOverride(definition=definition))
    values = values_of(kpi, on)
    return Effect(
        since=since,
        on=on,
        before=score_of(organisation, asked_on(kpi.asked, on), values, on),
        after=scored(organisation, definition, values, on),
        above=[(goal, found[goal.id]) for goal in paths.up(kpi.goal_id)],
    )


@dataclass(frozen=True)
class Decision:
    """What was decided about a target: `row` has what is asked from `since` (None: the beginning) on, `holds` says
    whether that is what is asked today. `before` is what was asked there until then, None of the first."""

    version: Any
    since: dt.date | None
    row: dict[str, Any]
    before: dict[str, Any] | None
    holds: bool


def decisions(kpi: Kpi) -> list[Decision]:
    """Every decision about the target, the oldest first, in one query."""
    versions = kpi.history.select_related("history_user").order_by("history_date", "history_id")
    return decided(versions, kpi.organisation.today())


def decided(versions: Iterable[Any], on: dt.date) -> list[Decision]:
    """The decisions among the versions of a KPI, which come oldest first."""
    found: list[Decision] = []
    held: list[dict[str, Any]] = []
    undated: list[Any] = []
    for version in versions:
        asked = version.targets or [dated.kept(vars(version), None)]
        now = [getattr(version, name) for name in UNDATED]
        new = next((entry for entry in asked if entry not in held), None)
        if new is None and now != undated:
            new = asked[dated.place(asked, version.history_date.date())]
        if new is not None:
            found.append(decision(version, new, held))
        held, undated = asked, now
    return [replace(each, holds=each is in_force(found, on)) for each in found]


def decision(version: Any, entry: Mapping[str, Any], held: Sequence[dict[str, Any]]) -> Decision:
    day = dated.since(entry)
    before = dated.told(held[dated.place(held, day)]) if held else None
    row = {**{name: getattr(version, name) for name in UNDATED}, **dated.told(entry)}
    return Decision(version, None if entry["since"] is None else day, row, before, holds=False)


def in_force(found: Sequence[Decision], on: dt.date) -> Decision | None:
    """Of those that apply by a day, the last decided for the latest day."""
    applying = [(each.since or dt.date.min, number) for number, each in enumerate(found) if (each.since or on) <= on]
    return found[max(applying)[1]] if applying else None
