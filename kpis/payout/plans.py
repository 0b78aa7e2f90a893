"""Bonus plans are made, agreed, frozen and signed: the one door (docs/domain.md section 13)."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cascade import versions
from cascade.errors import Conflict
from cascade.fields import plain_or_none
from goals.kpi_source import source
from goals.nodes import stored
from goals.past import subtree_at
from kpis.models import PayItem, PayLog, PayPlan, PayResult, PaySignature
from kpis.payout import engine
from people.models import Organisation, Person
from people.notifications import notify

State, What = PayPlan.State, PayLog.What
REFUSED = {
    "dates_order": ("due", gettext_lazy("The last day lies before the first.")),
    "bonus_negative": ("bonus", gettext_lazy("A bonus is 0 or more.")),
    "threshold_range": ("threshold", gettext_lazy("The threshold and what it pays lie from 0 to 100 %.")),
    "most_range": ("most", gettext_lazy("The most lies at 100 % or above.")),
    "cap_range": ("item_cap", gettext_lazy("The cap of an item lies at 100 % or above.")),
    "weight_negative": (None, gettext_lazy("A weight is 0 or more.")),
    "no_weight": (None, gettext_lazy("At least one item needs a weight above 0.")),
    "minimum_range": (None, gettext_lazy("A minimum lies from 0 to the cap of an item.")),
    "share_range": ("position_share", gettext_lazy("A position is more than 0 and at most 100 %.")),
    "same_person": ("first_signer", gettext_lazy("Two people sign, and neither is the beneficiary.")),
    "other_organisation": ("beneficiary", gettext_lazy("They belong to another organisation.")),
}
Given = Sequence[Mapping[str, Any]]


def save(plan: PayPlan, items: Given, *, by: Person, version: int | None = None, **fields: Any) -> PayPlan:
    """A new plan, or other terms of one that is not frozen; `items` take the place of those it had.

    Raises ValidationError with the codes of REFUSED, Conflict (frozen) and VersionMismatch.
    """
    with transaction.atomic():
        is_new = plan.pk is None
        if not is_new:
            plan = versions.locked(PayPlan.objects.all(), plan.pk, version)
            refuse_frozen(plan)
        for name, value in fields.items():
            setattr(plan, name, value)
        made = [PayItem(organisation_id=plan.organisation_id, **item) for item in items]
        refuse_wrong(plan, made)
        versions.write(plan, by)
        keep(plan, made, by)
        note(plan, by, What.MADE if is_new else What.CHANGED)
        return plan


def keep(plan: PayPlan, made: Sequence[PayItem], by: Person) -> None:
    """What counts anew, is changed or counts no more; what is the same stays as it is."""
    there = {(item.kpi_id, item.goal_id): item for item in plan.items.all()}
    for item in made:
        held = there.pop((item.kpi_id, item.goal_id), None)
        if held is not None and (held.weight, held.minimum) == (item.weight, item.minimum):
            continue
        kept = held or item
        kept.plan, kept.weight, kept.minimum, kept._history_user = plan, item.weight, item.minimum, by
        kept.save()
    for item in there.values():
        item._history_user = by
        item.delete()


def refuse_wrong(plan: PayPlan, items: Sequence[PayItem]) -> None:
    counted = [engine.Item(number, item.weight, None, item.minimum) for number, item in enumerate(items)]
    codes = engine.wrong_with(terms_of(plan), counted)
    if not 0 < plan.position_share <= 1:
        codes.add("share_range")
    people = [plan.beneficiary, plan.first_signer, plan.second_signer]
    if len({person.pk for person in people}) < len(people):
        codes.add("same_person")
    about = [*people, *(item.kpi or item.goal for item in items)]
    if any(each.organisation_id != plan.organisation_id for each in about):
        codes.add("other_organisation")
    if codes:
        found: dict[str, list[ValidationError]] = {}
        for code in sorted(codes):
            name, message = REFUSED[code]
            found.setdefault(name or NON_FIELD_ERRORS, []).append(ValidationError(message, code))
        raise ValidationError(found)


def agree(plan: PayPlan, *, by: Person) -> PayPlan:
    """The beneficiary sees the plan from now on; the same again is no change. Raises Conflict (frozen)."""
    with transaction.atomic():
        plan = versions.locked(PayPlan.objects.all(), plan.pk)
        if plan.state != State.DRAFT:
            return plan
        versions.write(plan, by, state=State.AGREED)
        note(plan, by, What.AGREED)
        tell([plan.beneficiary], "pay_plan", plan, by)
        return plan


def freeze(plan: PayPlan, *, by: Person, version: int | None = None) -> PayResult:
    """Keeps what the plan came to, for two people to sign; once.

    Raises Conflict (not_agreed, not_over, blocked) and VersionMismatch.
    """
    with transaction.atomic():
        plan = versions.locked(PayPlan.objects.select_related("organisation"), plan.pk)
        if plan.state == State.FROZEN:
            return plan.result
        versions.refuse_other(plan, version)
        if plan.state != State.AGREED:
            raise Conflict("not_agreed", _("Show the plan to the beneficiary first."))
        if plan.due >= plan.organisation.today():
            raise Conflict("not_over", _("The time of the plan is not over yet."))
        found = calculated(plan)
        if found.state == engine.State.blocked:
            raise Conflict("blocked", _("Items have no data: enter their values first, or choose another rule."))
        versions.write(plan, by, state=State.FROZEN)
        result = PayResult.objects.create(
            organisation_id=plan.organisation_id,
            plan=plan,
            frozen_by=by,
            state=str(found.state),
            amount=found.amount,
            lines=[told(line) for line in found.lines],
            **{name: stored(getattr(found, name)) for name in ("attainment", "factor", "proration")},
        )
        note(plan, by, What.FROZEN)
        tell([plan.first_signer, plan.second_signer], "pay_to_sign", plan, by)
        return result


def sign(plan: PayPlan, *, by: Person) -> None:
    """One of the two signatures; the same person's second one is none. Raises Conflict (not_frozen)."""
    with transaction.atomic():
        plan = versions.locked(PayPlan.objects.all(), plan.pk)
        if plan.state != State.FROZEN:
            raise Conflict("not_frozen", _("There is no frozen result to sign yet."))
        _made, is_new = PaySignature.objects.get_or_create(
            organisation_id=plan.organisation_id, result=plan.result, person=by
        )
        if is_new:
            note(plan, by, What.SIGNED)


def note(plan: PayPlan, by: Person, what: str) -> None:
    PayLog.objects.create(organisation_id=plan.organisation_id, plan=plan, person=by, what=what)


def tell(people: Sequence[Person], kind: str, plan: PayPlan, by: Person) -> None:
    url = reverse("payout:plan", args=[plan.pk])
    notify(people, kind, key=f"{kind} {plan.pk}", url=url, by=by.name, plan=plan.name)


def refuse_frozen(plan: PayPlan) -> None:
    if plan.state == State.FROZEN:
        raise Conflict("frozen", _("The result is frozen; the plan cannot change any more."))


def terms_of(plan: PayPlan) -> engine.Terms:
    names = ("bonus", "start", "due", "threshold", "threshold_factor", "most", "most_factor", "item_cap")
    return engine.Terms(**{name: getattr(plan, name) for name in names}, no_data=engine.NoData(plan.no_data))


def calculated(plan: PayPlan) -> engine.Payout:
    """What the plan comes to with all that is known now, at its last day or today."""
    on = min(plan.due, plan.organisation.today())
    items = [
        engine.Item(item.pk, item.weight, attainment, item.minimum)
        for item, attainment in attainments(plan.organisation, plan.items.select_related("kpi", "goal"), on)
    ]
    spans = [(dt.date.fromisoformat(first), dt.date.fromisoformat(last)) for first, last in plan.intervals]
    return engine.pay(terms_of(plan), items, spans or [(plan.start, plan.due)], plan.position_share)


def attainments(
    organisation: Organisation, items: Sequence[PayItem], on: dt.date
) -> list[tuple[PayItem, Decimal | None]]:
    """The raw progress of each KPI, the progress of each goal, as of a day."""
    goals = {item.kpi.goal_id for item in items if item.kpi_id}
    scores = source().at(organisation, on, None, goals).explained() if goals else {}
    found = []
    for item in items:
        if item.kpi_id:
            found.append((item, scores[item.kpi_id]["score"].raw))
        else:
            found.append((item, subtree_at(item.goal, on).figures()[item.goal_id].progress))
    return found


def told(line: engine.Line) -> dict[str, Any]:
    """A line as it is kept: numbers as texts."""
    numbers = {"weight": line.item.weight, "attainment": line.item.attainment, "minimum": line.item.minimum}
    numbers |= {"used": line.used, "share": line.share}
    return {
        "item": line.item.id,
        "below_minimum": line.below_minimum,
        **{name: plain_or_none(value) for name, value in numbers.items()},
    }
