"""Making a draft's changes so: all of them in one transaction, or none (docs/domain.md section 9).

Each goes through the door that everybody uses, with the right to do it asked for. What opens goals comes first, then
moves in the order of the draft, then what else is decided, and goals end last, the lowest first; so a goal is closed
with the figures that the rest of the draft gives it.
"""

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from decimal import Decimal

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from cascade.errors import Conflict, RowsRefused
from cascade.problems import django_errors, field_error
from goals import lifecycle, structure, tree, undo
from goals.access import Rights
from goals.drafts import Line
from goals.models import Draft, Goal
from kpis import access, definitions, recording
from kpis.draft_effects import kept
from kpis.draft_lines import ENDED, MESSAGES, applicable, shown
from kpis.models import Kpi
from kpis.supposing import decimal, trial
from people.models import Person

Placed = tuple[int, Line]


def apply(draft: Draft, *, by: Person, reason: str, version: int | None = None, record_values: bool = False) -> Draft:
    """Every change of the draft, or none. `record_values`: the supposed values of periods were really measured.

    Raises ValidationError (reason_required), Conflict (draft_applied, draft_not_open, nothing_to_apply, cannot_apply
    with the lines that no longer fit), RowsRefused with the lines that are refused, and VersionMismatch.
    """
    if not reason.strip():
        raise ValidationError({"reason": ValidationError(_("Say why."), code="reason_required")})
    with structure.lock(draft.organisation_id) as organisation:
        draft = draft.locked(version)
        if not draft.is_open:
            raise Conflict("draft_not_open", _("The draft was discarded. Take it up again first."))
        placed = [(place, applicable(line, record_values)) for place, line in enumerate(draft.changes, 1)]
        placed = [(place, line) for place, line in placed if line["set"]]
        if not placed:
            raise Conflict("nothing_to_apply", _("Nothing in this draft can be applied."))
        refuse_outdated(by, placed)
        promised = trial(organisation, [line for _place, line in placed])
        with taken_back_together(by, draft, placed):
            Applying(by, reason, placed).run()
        draft.state, draft.applied_by, draft.applied_at, draft.reason = (
            Draft.State.APPLIED,
            by,
            timezone.now(),
            reason.strip(),
        )
        draft.effects = kept(promised.found)
        draft.version += 1
        draft.save()
        return draft


def taken_back_together(by: Person, draft: Draft, placed: list[Placed]) -> AbstractContextManager:
    """A draft of goals alone can be taken back as one act. What was decided about KPIs cannot, so there nothing is."""
    if any(line["kind"] == "kpi" for _place, line in placed):
        return nullcontext()
    name = Truncator(draft.name).chars(undo.LONGEST)
    return undo.act(by, _("Draft “%(draft)s” applied") % {"draft": name})


def refuse_outdated(by: Person, placed: list[Placed]) -> None:
    errors = []
    for (place, _line), each in zip(placed, shown(by, [line for _place, line in placed]), strict=True):
        errors += [{"row": place, **field_error(*problem)} for problem in each.problems()]
    if errors:
        message = _("Something changed since this was drafted. Nothing was applied: look at the marked lines first.")
        raise Conflict("cannot_apply", message, errors)


class Applying:
    """The acts of one draft, each in its own savepoint, so that every refused line is told; the caller's transaction is
    undone when one was."""

    def __init__(self, by: Person, reason: str, placed: list[Placed]) -> None:
        self.by, self.reason, self.placed = by, reason, placed
        self.errors: list[dict] = []
        self.conflicts = False

    def run(self) -> None:
        goals = [(place, line) for place, line in self.placed if line["kind"] == "goal"]
        kpis = sorted((each for each in self.placed if each[1]["kind"] == "kpi"), key=lambda each: each[1]["id"])
        rows = Kpi.objects.filter(organisation_id=self.by.organisation_id, pk__in=[line["id"] for _place, line in kpis])
        list(rows.order_by("pk").select_for_update(no_key=True).values_list("pk"))  # as recording does, in this order
        opening = [each for each in goals if each[1]["set"].get("state", Goal.State.CLOSED) not in ENDED]
        self.each(self.change_state, opening)
        self.each(self.move, [each for each in goals if "parent" in each[1]["set"]])
        self.each(self.decide, goals)
        self.each(self.redefine, kpis)
        self.each(self.record, [each for each in kpis if "values" in each[1]["set"]])
        ending = [each for each in goals if each[1]["set"].get("state") in ENDED]
        depths = dict(Goal.objects.filter(pk__in=[line["id"] for _place, line in ending]).values_list("pk", "depth"))
        self.each(self.change_state, sorted(ending, key=lambda each: -depths[each[1]["id"]]))
        if self.errors:
            self.refuse()

    def each(self, act: Callable[[Line], None], placed: list[Placed]) -> None:
        for place, line in placed:
            try:
                with transaction.atomic():
                    act(line)
            except PermissionDenied as refusal:
                self.errors.append({"row": place, **field_error("", "forbidden", str(refusal))})
            except Conflict as refusal:
                self.conflicts = True
                self.errors.append({"row": place, **field_error("", refusal.code, str(refusal))})
            except ValidationError as refusal:
                self.errors += [{"row": place, **told} for told in django_errors(refusal)]

    def refuse(self) -> None:
        errors = sorted(self.errors, key=lambda error: error["row"])
        refused = RowsRefused(errors, rejected=len({error["row"] for error in errors}))
        if self.conflicts and not refused.is_forbidden:
            raise Conflict("cannot_apply", str(refused), errors)
        raise refused

    def goal(self, pk: int | None) -> Goal | None:
        """The goal as it is by now."""
        return None if pk is None else Goal.objects.select_related("unit", "owner__unit").get(pk=pk)

    def move(self, line: Line) -> None:
        goal = self.goal(line["id"])
        seen = Goal.objects.visible_to(self.by).filter(pk=line["set"]["parent"]).exists()
        if line["set"]["parent"] is not None and not seen:
            raise Conflict("does_not_exist", str(MESSAGES["does_not_exist"]))
        parent = self.goal(line["set"]["parent"])
        if not Rights.of(self.by).can_move(goal, parent):
            raise PermissionDenied(_("You may not move this goal there."))
        before = Goal.objects.filter(pk=line["set"].get("before"), parent=parent).first()
        tree.move(goal, parent, before=before, by=self.by, reason=self.reason)

    def change_state(self, line: Line) -> None:
        goal = self.goal(line["id"])
        if not Rights.of(self.by).can_end(goal, with_descendants=False):
            raise PermissionDenied(_("You may not change this goal."))
        lifecycle.change_state(goal, line["set"]["state"], by=self.by, reason=self.reason)

    def decide(self, line: Line) -> None:
        given = {name: line["set"][name] for name in ("weight", "rollup_method") if name in line["set"]}
        if not given:
            return
        goal = self.goal(line["id"])
        if not Rights.of(self.by).can_edit(goal):
            raise PermissionDenied(_("You may not change this goal."))
        if "weight" in given:
            given["weight"] = Decimal(given["weight"])
        goal.revise(by=self.by, reason=self.reason, **given)

    def redefine(self, line: Line) -> None:
        given = {name: line["set"][name] for name in ("target", "weight", "state") if name in line["set"]}
        if not given:
            return
        kpi = self.kpi(line)
        if not access.can_edit(self.by, kpi):
            raise PermissionDenied(_("You may not change this KPI."))
        numbers = {name: Decimal(value) for name, value in given.items() if name != "state"}
        definitions.revise(kpi, by=self.by, reason=self.reason, **given | numbers)

    def record(self, line: Line) -> None:
        kpi = self.kpi(line)
        if not access.can_record(self.by, kpi):
            raise PermissionDenied(_("You may not record values of this KPI."))
        entries = [
            recording.Entry(kpi.pk, dt.date.fromisoformat(day), decimal(value), note=self.reason)
            for day, value in line["set"]["values"].items()
        ]
        recording.raise_first(recording.record(kpi.organisation, entries, by=self.by).refusals)

    def kpi(self, line: Line) -> Kpi:
        related = ("organisation", "goal__cycle", "goal__unit", "goal__owner__unit")
        return Kpi.objects.select_related(*related).get(pk=line["id"])
