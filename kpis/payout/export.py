"""Results for payroll: those that two people have signed."""

from collections.abc import Iterator

from django.db import transaction
from django.db.models import Count

from cascade.fields import plain
from kpis.models import PayLog, PayPlan
from kpis.payout import plans
from people.models import Person

COLUMNS = (
    "plan",
    "name",
    "email",
    "external_id",
    "period",
    "start",
    "due",
    "state",
    "attainment",
    "factor",
    "proration",
    "amount",
    "currency",
    "signed_by",
)
SIGNATURES = 2
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def rows(by: Person) -> Iterator[list[str]]:
    """The header and a row for each signed result that the person may see, but for their own; each is noted."""
    found = PayPlan.objects.visible_to(by).exclude(beneficiary=by).select_related("beneficiary", "result")
    signed = found.annotate(signatures=Count("result__signatures")).filter(signatures__gte=SIGNATURES)
    with transaction.atomic():
        told = [row(plan) for plan in signed.prefetch_related("result__signatures__person").order_by("due", "pk")]
        for plan in signed:
            plans.note(plan, by, PayLog.What.EXPORTED)
    yield list(COLUMNS)
    yield from told


def row(plan: PayPlan) -> list[str]:
    result, person = plan.result, plan.beneficiary
    figures = [plain(getattr(result, name)) for name in ("attainment", "factor", "proration")]
    signers = ", ".join(each.person.name for each in result.signatures.all())
    days = [plan.start.isoformat(), plan.due.isoformat()]
    amount = format(result.amount, ".2f")
    texts = [str(plan.pk), safe(person.name), safe(person.email), safe(person.external_id), safe(plan.name)]
    return [*texts, *days, result.state, *figures, amount, plan.currency, safe(signers)]


def safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) else text
