"""Creating, changing and ending KPIs: the one door for page and API (docs/domain.md section 4)."""

import datetime as dt
import re
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cascade.errors import Conflict, RowsRefused, VersionMismatch
from cascade.fields import plain
from cascade.numbers import as_typed
from cascade.problems import django_errors
from goals import marks
from goals.models import Goal
from kpis import locks
from kpis.attainment import ABSENT, validate
from kpis.dated import corrected, told
from kpis.models import Kpi
from kpis.rolled import changing, graph, links
from kpis.scoring import DEFINITION, definition_of, fiscal_of
from people.models import Person

FIELDS = frozenset(
    {
        *DEFINITION,
        *changing.COMES_FROM,
        "benchmark",
        "benchmark_on",
        "benchmark_source",
        "data_owner",
        "definition",
        "external_id",
        "indicator",
        "key",
        "name",
        "source_note",
        "state",
        "unit",
    }
)
SCORED = frozenset({*DEFINITION, *changing.COMES_FROM, "state"})
KEYED_BY_VALUES = ("kind", "cadence")
BATCH = 500

# At which field a code of `kpis.attainment.validate` is to be put right, and what is wrong there.
REFUSALS = {
    "weight_negative": ("weight", gettext_lazy("A weight is 0 or more.")),
    "direction_missing": ("direction", gettext_lazy("Say whether higher, lower or a range is good.")),
    "dates_missing": ("due", gettext_lazy("Say from when to when it is measured.")),
    "dates_order": ("due", gettext_lazy("The due date must lie after the start.")),
    "target_missing": ("target", gettext_lazy("Enter the value to be reached.")),
    "baseline_equals_target": ("target", gettext_lazy("It is the same as the start: nothing is asked for.")),
    "target_wrong_side": ("target", gettext_lazy("Seen from the start, this lies in the wrong direction.")),
    "sum_baseline_not_zero": ("baseline", gettext_lazy("A sum starts at 0. Leave this empty.")),
    "sum_decrease_by_due": (
        "aggregation",
        gettext_lazy("A sum only grows. For a budget or a cap choose a target for each period instead."),
    ),
    "boolean_shape": (
        "kind",
        gettext_lazy("Something that is done or not is measured once and rises from 0 to 1 by its due date."),
    ),
    "band_order": ("upper", gettext_lazy("The upper edge lies below the lower one.")),
    "target_outside_band": ("target", gettext_lazy("The target lies outside the range.")),
    "fade_not_positive": ("fade", gettext_lazy("Enter more than 0.")),
    "maintain_sum_by_due": ("aggregation", gettext_lazy("A sum cannot stay within a range until the due date.")),
    "stretch_on_maintain": ("stretch", gettext_lazy("A range has no stretch target.")),
    "stretch_not_beyond_target": ("stretch", gettext_lazy("A stretch target lies beyond the target.")),
    "zero_at_wrong_side": (
        "zero_at",
        gettext_lazy("The value that counts as nothing lies on the worse side of the target."),
    ),
    "milestone_unknown_period": ("milestones", gettext_lazy("A milestone names a period in which it is not measured.")),
    "last_milestone_not_target": ("milestones", gettext_lazy("The milestone of the last period is the target.")),
}


def create(goal: Goal, *, by: Person | None, reason: str = "", **fields: Any) -> Kpi:
    """A new KPI of a goal. Without `key` it gets one made from its name.

    Raises ValidationError with the codes of `validate`, key_taken, bounds_order, other_organisation, and those of
    kpis/rolled/rules.py, and Conflict (locked).
    """
    kpi = Kpi(organisation_id=goal.organisation_id, goal=goal)
    with transaction.atomic(), changing.lock(kpi, fields):
        assign(kpi, fields)
        kpi.key = kpi.key or free_key(goal.organisation_id, kpi.name)
        check(kpi)
        changing.check(kpi, {}, by)
        locks.refuse_new([kpi])
        kpi._history_user, kpi._change_reason = by, reason
        kpi.save()
        if kpi.is_derived:
            graph.settle(kpi)
        marks.mark(kpi.organisation_id, kpis=[(kpi.pk, kpi.goal_id)])
        return kpi


def create_many(
    rows: Sequence[tuple[Goal, Mapping[str, Any]]],
    *,
    by: Person | None,
    reason: str = "",
    lacked: frozenset[str] = frozenset(),
) -> list[Kpi]:
    """A new KPI for each of these goals of one organisation, with its fields, in a fixed number of queries; `lacked`
    are the codes of ABSENT that may stay.

    Raises RowsRefused with the codes of `create`, its rows counted from 1, and Conflict (locked).
    """
    if not rows:
        return []
    organisation_id, errors, made = rows[0][0].organisation_id, [], []
    with transaction.atomic():
        taken = set(Kpi.objects.filter(organisation_id=organisation_id).values_list("key", flat=True))
        for place, (goal, fields) in enumerate(rows, 1):
            kpi = Kpi(organisation=goal.organisation, goal=goal)
            try:
                assign(kpi, fields)
                kpi.key = kpi.key or unused(stem_of(kpi.name), taken)
                refuse_wrong(kpi, taken, lacked)
            except ValidationError as refusal:
                errors += [{"row": place, **told} for told in django_errors(refusal)]
            taken.add(kpi.key)
            made.append(kpi)
        if errors:
            raise RowsRefused(errors)
        locks.refuse_new(made)
        Kpi.objects.bulk_create(made, batch_size=BATCH)
        Kpi.history.bulk_history_create(made, batch_size=BATCH, default_user=by, default_change_reason=reason)
        if derived := [kpi.pk for kpi in made if kpi.is_derived]:
            graph.settle_all(organisation_id, derived)
        marks.mark(organisation_id, kpis=[(kpi.pk, kpi.goal_id) for kpi in made])
        return made


def revise(kpi: Kpi, *, by: Person | None, version: int | None = None, reason: str = "", **fields: Any) -> Kpi:
    """Changes what people decide about a KPI, with its history and its dirty mark. Returns the row as it is now.

    The change corrects what is asked today, also of the days before; `kpis.targets.change` asks for something else from
    a day on.

    Raises VersionMismatch when `version` is given and not the stored one, ValidationError as `create` does and with
    has_values for what cannot change once values exist; Conflict kpi_cycle and locked. What imported data lacks may
    stay absent, not become so.
    """
    with transaction.atomic(), changing.lock(kpi, fields):
        kpi = Kpi.objects.select_for_update(no_key=True, of=("self",)).get(pk=kpi.pk)
        if version is not None and version != kpi.version:
            raise VersionMismatch(kpi.version)
        today = kpi.organisation.today()
        kpi.hold(today)
        lacked = wrong_with(kpi) & ABSENT
        before = {name: getattr(kpi, name) for name in FIELDS}
        life = kpi.life
        assign(kpi, fields)
        kpi.targets = corrected(kpi.targets, kpi.asked, today)
        check(kpi, lacked)
        refuse_change_of_measured(kpi, before, life)
        changing.check(kpi, before, by)
        locks.refuse_revision(kpi, before, life, today, SCORED)
        kpi.version += 1
        kpi._history_user, kpi._change_reason = by, reason
        kpi.save()
        changing.follow(kpi, before, by)
        if any(getattr(kpi, name) != before[name] for name in SCORED):
            marks.mark(kpi.organisation_id, kpis=[(kpi.pk, kpi.goal_id)])
        return kpi


def archive(kpi: Kpi, *, by: Person | None, version: int | None = None, reason: str = "") -> Kpi:
    """Takes a KPI out of its goal for good; its values stay."""
    return revise(kpi, by=by, version=version, reason=reason, state=Kpi.State.ARCHIVED)


def delete(kpi: Kpi, *, by: Person | None, version: int | None = None, reason: str = "") -> None:
    """Removes a KPI that never had a value. Raises Conflict (kpi_has_values, kpi_is_source, locked) and
    VersionMismatch."""
    with transaction.atomic():
        kpi = Kpi.objects.select_for_update(of=("self",)).get(pk=kpi.pk)
        if version is not None and version != kpi.version:
            raise VersionMismatch(kpi.version)
        locks.refuse_deletion(kpi)
        if kpi.revisions.exists():
            raise Conflict("kpi_has_values", _("It has values, which are never thrown away: archive it instead."))
        if kpi.uses.exists():
            raise Conflict("kpi_is_source", _("Other KPIs are calculated from it. Take it out there first."))
        kpi._history_user, kpi._change_reason = by, reason
        marks.mark(kpi.organisation_id, [kpi.goal_id])
        kpi.delete()


def use_first_value_as_baseline(kpi: Kpi, *, by: Person | None) -> Kpi:
    """The first value becomes the start against which progress is measured (section 6.3), recorded as a change.

    Raises Conflict (has_baseline, no_value) and ValidationError when that value cannot be a start.
    """
    first = kpi.measurements.exclude(value=None).order_by("period").first()
    if kpi.baseline is not None:
        raise Conflict("has_baseline", _("Its start is %(value)s already.") % {"value": as_typed(kpi.baseline)})
    if first is None:
        raise Conflict("no_value", _("It has no value yet."))
    reason = _("First value used as start: %(date)s") % {"date": first.period.isoformat()}
    return revise(kpi, by=by, version=kpi.version, reason=reason, baseline=Decimal(plain(first.value)))


def assign(kpi: Kpi, fields: Mapping[str, Any]) -> None:
    if unknown := fields.keys() - FIELDS:
        raise TypeError(f"A KPI has no {', '.join(sorted(unknown))} to decide about.")
    for name, value in fields.items():
        setattr(kpi, name, KEPT_AS[name](value) if name in KEPT_AS else value)
    changing.tidy(kpi)


def milestones_of(given: Mapping[Any, Any]) -> dict[str, str]:
    """Values by the first day of their period as they are stored: texts in plain notation, in order."""
    found = {}
    for day, value in given.items():
        try:
            first = day if isinstance(day, dt.date) else dt.date.fromisoformat(str(day))
        except ValueError:
            raise refused(
                "milestones", "milestone_unknown_period", _("%(text)s is not a date.") % {"text": day}
            ) from None
        try:
            number = Decimal(str(value))
        except InvalidOperation:
            raise refused("milestones", "not_a_number", _("%(text)s is not a number.") % {"text": value}) from None
        if not number.is_finite():
            raise refused("milestones", "not_a_number", _("%(text)s is not a number.") % {"text": value})
        found[first.isoformat()] = plain(number)
    return dict(sorted(found.items()))


def check(kpi: Kpi, lacked: frozenset[str] | set[str] = frozenset()) -> None:
    """Refuses a definition that cannot be scored; `lacked` are the codes of ABSENT that may stay."""
    same = Kpi.objects.filter(organisation_id=kpi.organisation_id, key=kpi.key).exclude(pk=kpi.pk)
    refuse_wrong(kpi, {kpi.key} if same.exists() else set(), lacked)


def refuse_wrong(kpi: Kpi, taken: Collection[str], lacked: frozenset[str] | set[str] = frozenset()) -> None:
    """`check` where the keys of the other KPIs are known."""
    kpi.full_clean(exclude=["organisation", "goal"], validate_unique=False, validate_constraints=False)
    found = {}
    for code in sorted(wrong_with(kpi) - lacked):
        field, message = REFUSALS[code]
        found.setdefault(field, []).append(ValidationError(message, code=code))
    if kpi.min_value is not None and kpi.max_value is not None and kpi.min_value > kpi.max_value:
        found["max_value"] = ValidationError(_("It lies below the lowest possible value."), code="bounds_order")
    if kpi.data_owner_id and kpi.data_owner.organisation_id != kpi.organisation_id:
        found["data_owner"] = ValidationError(
            _("This person belongs to another organisation."), code="other_organisation"
        )
    if kpi.key in taken:
        found["key"] = ValidationError(_("Another KPI has this key."), code="key_taken")
    if found:
        raise ValidationError(found)


def wrong_with(kpi: Kpi) -> set[str]:
    """The codes of what is wrong with what it asks, now or at any other time."""
    row, fiscal = kpi.asked, fiscal_of(kpi.organisation)
    rows = [{**row, **told(entry)} for entry in kpi.targets] or [row]
    return set().union(*(validate(definition_of(each), fiscal) for each in rows))


def refuse_change_of_measured(kpi: Kpi, before: Mapping[str, Any], life: tuple[dt.date, dt.date]) -> None:
    """Values belong to periods: what decides the periods and the kind of value is fixed by the first value."""
    changed = [name for name in KEYED_BY_VALUES if getattr(kpi, name) != before[name]]
    if kpi.cadence == Kpi.Cadence.ONCE and kpi.life[0] != life[0]:
        changed.append("start")
    if changed and kpi.revisions.exists():
        message = _("It has values already. End this KPI and add another one to measure differently.")
        raise ValidationError({name: ValidationError(message, code="has_values") for name in changed})


def free_key(organisation_id: int, name: str) -> str:
    """A key nobody has, from the name: letters and digits of the Latin alphabet, or `kpi`."""
    stem = stem_of(name)
    taken = set(Kpi.objects.filter(organisation_id=organisation_id, key__startswith=stem).values_list("key", flat=True))
    return unused(stem, taken)


def stem_of(name: str) -> str:
    stem = re.sub(r"[^a-z0-9]+", "_", slugify(name)).strip("_")[:80]
    return stem if stem[:1].isalpha() else f"kpi_{stem}".rstrip("_")


def unused(stem: str, taken: Collection[str]) -> str:
    return next(key for number in range(1, len(taken) + 2) if (key := keyed(stem, number)) not in taken)


def keyed(stem: str, number: int) -> str:
    return stem if number == 1 else f"{stem}_{number}"


def refused(field: str, code: str, message: str) -> ValidationError:
    return ValidationError({field: ValidationError(message, code=code)})


KEPT_AS = {"milestones": milestones_of, "links": links.kept}
