"""Pages of bonus plans: for HR, for the beneficiary, for who signs. For everybody else they are not there."""

import csv
from dataclasses import dataclass
from decimal import Decimal

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from goals.views.editing import read_or_write
from goals.views.fetching import sent
from kpis.models import PayItem, PayPlan
from kpis.payout import access, export, late, plans, switching
from kpis.payout.engine import Payout
from kpis.payout.forms import ItemForms, PlanForm, offered
from people.models import Person

State = PayPlan.State


@dataclass
class Line:
    """An item as the page tells it; shares as shares."""

    item: PayItem
    attainment: Decimal | None
    used: Decimal | None
    share: Decimal | None
    below_minimum: bool

    @property
    def contribution(self) -> Decimal | None:
        return None if self.used is None or self.share is None else self.used * self.share


def seen(request: HttpRequest, pk: int) -> PayPlan:
    joined = ("beneficiary", "first_signer", "second_signer", "organisation")
    return get_object_or_404(PayPlan.objects.visible_to(request.user).select_related(*joined), pk=pk)


def editable(request: HttpRequest, pk: int) -> PayPlan:
    plan = seen(request, pk)
    if not access.can_edit(request.user, plan):
        raise PermissionDenied
    return plan


def managing(request: HttpRequest) -> None:
    """What only HR does is not there for others."""
    if not access.can_manage(request.user):
        raise Http404


@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    person = request.user
    if not person.organisation.pays:
        raise Http404
    rows = PayPlan.objects.visible_to(person).select_related("beneficiary", "result")
    context = {"plans": rows.prefetch_related("result__signatures"), "manages": access.can_manage(person)}
    if not context["manages"] and not rows.exists():
        raise Http404
    return render(request, "kpis/payout/list.html", context)


@require_safe
def plan(request: HttpRequest, pk: int) -> HttpResponse:
    found, person = seen(request, pk), request.user
    now = plans.calculated(found)
    result = getattr(found, "result", None)
    context = {"plan": found, "result": result, "now": now, "lines": lines(found, now)}
    context["late"] = late.changes(found) if person.pk != found.beneficiary_id else []
    context["log"] = found.log.select_related("person")
    context["edits"] = access.can_edit(person, found)
    if result is not None:
        signatures = list(result.signatures.select_related("person"))
        signed = person.pk in [each.person_id for each in signatures]
        context |= {"signatures": signatures, "signs": access.can_sign(person, found) and not signed}
        context |= {
            "frozen": frozen_lines(found),
            "differs": now.amount != result.amount,
            "change": change(now, result),
        }
    context["over"] = found.due < found.organisation.today()
    return render(request, "kpis/payout/plan.html", context)


def change(now: Payout, result) -> Decimal | None:
    return None if now.amount is None else now.amount - result.amount


def lines(plan: PayPlan, found: Payout) -> list[Line]:
    items = {item.pk: item for item in plan.items.select_related("kpi", "goal")}
    return [
        Line(items[each.item.id], each.item.attainment, each.used, each.share, each.below_minimum)
        for each in found.lines
    ]


def frozen_lines(plan: PayPlan) -> list[Line]:
    items = {item.pk: item for item in plan.items.select_related("kpi", "goal")}
    return [
        Line(
            items[each["item"]],
            *(None if each[name] is None else Decimal(each[name]) for name in ("attainment", "used", "share")),
            each["below_minimum"],
        )
        for each in plan.result.lines
    ]


@read_or_write
def new(request: HttpRequest) -> HttpResponse:
    managing(request)
    return edited(request, PayPlan(organisation=request.user.organisation))


@read_or_write
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    found = editable(request, pk)
    plans.refuse_frozen(found)
    return edited(request, found)


def edited(request: HttpRequest, found: PayPlan) -> HttpResponse:
    names = [name for name in PlanForm.base_fields if name != "version" or found.pk]
    told = {name: getattr(found, name) for name in names} if found.pk else {}
    form = PlanForm(sent(request), initial=told, person=request.user)
    there = [{"about": about(item), "weight": item.weight, "minimum": item.minimum} for item in held(found)]
    choices = offered(request.user, found)
    items = ItemForms(sent(request), initial=there, prefix="item", form_kwargs={"offered": choices})
    if form.is_valid() and items.is_valid():
        given = [each.item for each in items if each.item]
        version = form.cleaned_data.pop("version")
        try:
            kept = plans.save(found, given, by=request.user, version=version, **form.cleaned_data)
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("The plan is saved."))
            return redirect("payout:plan", kept.pk)
    wrong = form.errors or any(items.errors)
    context = {"plan": found, "form": form, "items": items}
    return render(request, "kpis/payout/form.html", context, status=422 if wrong else 200)


def held(plan: PayPlan):
    return plan.items.all() if plan.pk else ()


def about(item: PayItem) -> str:
    return f"kpi-{item.kpi_id}" if item.kpi_id else f"goal-{item.goal_id}"


@require_POST
def agree(request: HttpRequest, pk: int) -> HttpResponse:
    plans.agree(editable(request, pk), by=request.user)
    return redirect("payout:plan", pk)


@require_POST
def freeze(request: HttpRequest, pk: int) -> HttpResponse:
    plans.freeze(editable(request, pk), by=request.user)
    messages.success(request, _("The result is frozen. Two people sign it now."))
    return redirect("payout:plan", pk)


@require_POST
def sign(request: HttpRequest, pk: int) -> HttpResponse:
    found = seen(request, pk)
    if not access.can_sign(request.user, found):
        raise PermissionDenied
    plans.sign(found, by=request.user)
    messages.success(request, _("You have signed."))
    return redirect("payout:plan", pk)


@require_POST
def payroll(request: HttpRequest) -> HttpResponse:
    """Signed results as CSV; who takes them out is noted, so it is no link."""
    managing(request)
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="payroll.csv"'
    csv.writer(answer).writerows(export.rows(request.user))
    return answer


@read_or_write
def switch(request: HttpRequest) -> HttpResponse:
    """Whether there are bonus plans at all."""
    person: Person = request.user
    if not access.can_switch(person):
        raise PermissionDenied
    if request.method == "POST":
        switching.turn(person, on=request.POST.get("pays") == "on")
        messages.success(request, _("Saved."))
        return redirect("payout:switch")
    return render(request, "kpis/payout/switch.html", {"pays": person.organisation.pays})
