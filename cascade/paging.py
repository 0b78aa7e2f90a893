"""Lists page by key, not by offset: rows that come or go between two pages make no other row missing or double."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.core import signing
from django.db.models import F, Q
from rest_framework import exceptions, serializers

from cascade.wire import Query, QueryFlag, QueryWhole, Text

PAGE_SIZE = 50
MOST = 500


class PageQuery(Query):
    page_size = QueryWhole(
        default=PAGE_SIZE, min_value=1, max_value=MOST, help_text=f"Rows a page, at most {MOST} (default {PAGE_SIZE})."
    )
    cursor = Text(required=False, max_length=2000, help_text="Where the page begins; taken from `next` or `previous`.")
    count = QueryFlag(default=True, help_text="`false` leaves out `count`, which saves counting a long list.")


@dataclass(frozen=True)
class Order:
    """One way to sort a list: the expressions that are compared, the id last. `moving` keys (places in a tree) are
    looked up again for each page, because they change when other rows come in."""

    keys: dict
    descending: bool = False
    moving: bool = False


def by(*names: str, descending: bool = False, moving: bool = False) -> Order:
    return Order({name: F(name) for name in names}, descending, moving)


class PageEnvelope(serializers.Serializer):
    """`next` and `previous` are addresses, null at the ends; `count` is left out with `count=false`."""

    count = serializers.IntegerField(required=False, help_text="Rows in the whole list.")
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


def page(request, queryset, order: Order, query: dict, ordering: str = "") -> tuple[list[int], dict]:
    """The ids of one page in order, and the envelope without its `results`."""
    total = queryset.order_by().count() if query["count"] else None
    keyed = queryset.order_by().annotate(**{f"key_{n}": key for n, key in enumerate(order.keys.values())})
    names = [f"key_{n}" for n in range(len(order.keys))] + ["pk"]
    salt = f"{request.path}?{ordering}"
    start, back = opened(query.get("cursor"), salt)
    if start and order.moving:
        start = keyed.model._default_manager.filter(pk=start[-1]).values_list(*order.keys, "pk").first() or start
    downwards = order.descending is not back
    found = keyed.filter(beyond(names, start, downwards)) if start else keyed
    found = found.order_by(*[f"-{name}" if downwards else name for name in names])
    rows = list(found.values_list(*names)[: query["page_size"] + 1])
    more, rows = len(rows) > query["page_size"], rows[: query["page_size"]]
    if back:
        rows.reverse()
    ahead, behind = (True, more) if back else (more, bool(start))
    return [row[-1] for row in rows], enveloped(request, rows, total, ahead, behind, salt)


def page_of(request, ids: list[int], query: dict, ordering: str = "") -> tuple[list[int], dict]:
    """As `page`, of ids that are computed and in order already."""
    salt = f"{request.path}?{ordering}#computed"
    start, back = opened(query.get("cursor"), salt)
    if start and start[0] not in ids:
        raise wrong_cursor()
    size = query["page_size"]
    if back:
        end = ids.index(start[0])
        begin = max(0, end - size)
    else:
        begin = ids.index(start[0]) + 1 if start else 0
        end = begin + size
    rows = [(pk,) for pk in ids[begin:end]]
    total = len(ids) if query["count"] else None
    return ids[begin:end], enveloped(request, rows, total, end < len(ids), begin > 0, salt)


def enveloped(request, rows, total: int | None, ahead: bool, behind: bool, salt: str) -> dict:
    envelope = {} if total is None else {"count": total}
    envelope["next"] = address(request, rows[-1], False, salt) if rows and ahead else None
    envelope["previous"] = address(request, rows[0], True, salt) if rows and behind else None
    return envelope


def beyond(names: list[str], values, downwards: bool) -> Q:
    """Rows after these key values: (a, b, id) > (x, y, z), written out."""
    condition, equal = Q(), {}
    for name, value in zip(names, values, strict=True):
        condition |= Q(**equal, **{f"{name}__{'lt' if downwards else 'gt'}": value})
        equal[name] = value
    return condition


def opened(cursor: str | None, salt: str):
    if not cursor:
        return None, False
    try:
        values, back = signing.loads(cursor, salt=salt)
    except (signing.BadSignature, ValueError):
        raise wrong_cursor() from None
    return values, back


def wrong_cursor() -> exceptions.ValidationError:
    found = exceptions.ErrorDetail("The cursor does not belong to this list.", "invalid_cursor")
    return exceptions.ValidationError({"cursor": [found]})


def address(request, values, back: bool, salt: str) -> str:
    kept = [(name, value) for name, value in request.query_params.items() if name != "cursor"]
    cursor = signing.dumps([[str(v) if hasattr(v, "isoformat") else v for v in values], back], salt=salt)
    return request.build_absolute_uri(f"{request.path}?{urlencode([*kept, ('cursor', cursor)])}")
