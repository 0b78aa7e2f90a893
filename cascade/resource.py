"""The base of every resource of the REST API: one declaration of an operation checks requests and documents them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from django.db import transaction
from django.shortcuts import get_object_or_404
from rest_framework import exceptions, viewsets
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.response import Response

from cascade import idempotency, paging, versions, waiting
from cascade.schema import Schema
from cascade.wire import Query, Row


@dataclass(frozen=True)
class Operation:
    """What an operation takes and answers. `page`: a page of a list; `many`: a plain array; `also`: another status with
    the same answer; `versioned`: it honours If-Match; `refuses`: status codes beyond those that every operation may
    answer."""

    query: type[Query] = Query
    body: type | dict | None = None
    answer: type | None = None
    page: bool = False
    many: bool = False
    status: int = 200
    also: int | None = None
    versioned: bool = False
    refuses: tuple[int, ...] = ()
    examples: tuple = field(default=())


def operation(**told) -> Callable:
    """Declares what a viewset's method takes and answers."""

    def declare(method):
        method.operation = Operation(**told)
        return method

    return declare


class AlwaysJson(BaseContentNegotiation):
    """Every answer is JSON; what a client says it would rather have changes nothing."""

    def select_parser(self, request, parsers):
        asked = (request.content_type or "").split(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == asked), None)

    def select_renderer(self, request, renderers, format_suffix=None):
        return renderers[0], renderers[0].media_type


class Resource(viewsets.ViewSet):
    """Rows are fetched through `visible_to` (404), acts ask one predicate (403), writes call the model's methods."""

    lookup_value_regex = "[0-9]{1,18}"
    content_negotiation_class = AlwaysJson
    schema = Schema()
    secret: tuple[str, ...] = ()

    def operation_of(self, action: str | None) -> Operation | None:
        return getattr(getattr(self, action, None), "operation", None) if action else None

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        self.person = request.user
        self.declared = self.operation_of(self.action)
        if self.declared is None:
            return
        self.query = self.read_query(request)
        method = request.method.lower()
        handler = getattr(self, method)
        if method == "post" and "Idempotency-Key" in request.headers:
            handler = partial(self.once, handler)
        if seconds := waiting.asked(request):
            wait = self.before_roll_up if method in ("get", "head") else self.after_roll_up
            handler = partial(wait, handler, seconds)
        setattr(self, method, handler)

    def read_query(self, request) -> dict:
        given = dict(request.query_params.lists())
        if double := [name for name, values in given.items() if len(values) > 1]:
            refuse(double[0], "given_twice", "It is given more than once.")
        query = self.declared.query(data={name: values[0] for name, values in given.items()}, context=self.context)
        query.is_valid(raise_exception=True)
        return query.validated_data

    @property
    def context(self) -> dict:
        return {"person": self.request.user, "request": self.request}

    def body(self, partial: bool = False) -> dict:
        """The request's body, checked."""
        shape = self.declared.body(data=self.request.data, partial=partial, context=self.context)
        shape.is_valid(raise_exception=True)
        return shape.validated_data

    def may(self, allowed: bool, message: str = "You may not do this.") -> None:
        if not allowed:
            raise exceptions.PermissionDenied(message)

    def once(self, handler, request, *args, **kwargs):
        return idempotency.once(partial(handler, request, *args, **kwargs), request, self.secret)

    def before_roll_up(self, handler, seconds, request, *args, **kwargs):
        waited = waiting.for_roll_up(self.person.organisation, seconds)
        return self.preferred(handler(request, *args, **kwargs), waited, seconds)

    def after_roll_up(self, handler, seconds, request, *args, **kwargs):
        response = handler(request, *args, **kwargs)
        waited = waiting.for_roll_up(self.person.organisation, seconds)
        if response.data is not None:
            response.data = self.again(response.data)
        return self.preferred(response, waited, seconds)

    def preferred(self, response, waited: bool, seconds: int):
        if waited:
            response.headers["Preference-Applied"] = f"wait={seconds}"
        return response

    def again(self, data):
        """An answer read again once the figures have arrived."""
        return data

    def finalize_response(self, request, response, *args, **kwargs):
        data = getattr(response, "data", None)
        if isinstance(data, dict) and isinstance(data.get("version"), int):
            response.headers["ETag"] = versions.etag(data["version"])
        return super().finalize_response(request, response, *args, **kwargs)

    def paged(self, rows, order: paging.Order, fill: Callable[[list[int]], list[dict]]) -> Response:
        """A page of `rows`; `fill` turns the ids of the page into what is answered, in that order."""
        ids, envelope = paging.page(self.request, rows, order, self.query, self.query.get("ordering", ""))
        return Response({**envelope, "results": fill(ids)})

    def paged_computed(self, ids: list[int], fill: Callable[[list[int]], list[dict]]) -> Response:
        """As `paged`, of ids that are computed and in order already."""
        page, envelope = paging.page_of(self.request, ids, self.query, self.query.get("ordering", ""))
        return Response({**envelope, "results": fill(page)})


def refuse(field: str, code: str, message: str):
    raise exceptions.ValidationError({field: [exceptions.ErrorDetail(message, code)]})


class Rows(Resource):
    """The rows of one plain table of an organisation: list, read, create, change, delete.

    A subclass names the model, the shapes, the orders and the filters (parameter: lookup), and who may write.
    """

    model: type
    row: type[Row]
    new: type
    change: type
    listed: type[Query]
    orders: dict[str, paging.Order]
    filters: dict[str, str] = {"external_id": "external_id"}

    def operation_of(self, action):
        return {
            "list": Operation(query=self.listed, answer=self.row, page=True),
            "retrieve": Operation(answer=self.row),
            "create": Operation(body=self.new, answer=self.row, status=201),
            "partial_update": Operation(body=self.change, answer=self.row, versioned=True),
            "destroy": Operation(status=204, versioned=True),
        }.get(action) or super().operation_of(action)

    def may_write(self) -> bool:
        raise NotImplementedError

    def may_change(self, row) -> bool:
        return self.may_write()

    def visible(self):
        return self.model.objects.visible_to(self.person)

    def found(self, pk: str):
        return get_object_or_404(self.visible(), pk=int(pk))

    def filled(self, ids: list[int]) -> list[dict]:
        shape = self.row()
        rows = {row["id"]: row for row in self.visible().filter(pk__in=ids).values(*self.row.columns())}
        return [shape.to_representation(rows[pk]) for pk in ids if pk in rows]

    def shown(self, row, status: int = 200) -> Response:
        return Response(self.filled([row.pk])[0], status)

    def list(self, request):
        rows = self.visible()
        for name, lookup in self.filters.items():
            if name in self.query:
                value = self.query[name]
                rows = rows.filter(**{lookup: None if value == "none" else value})
        return self.paged(rows, self.orders[self.query["ordering"]], self.filled)

    def retrieve(self, request, pk):
        return self.shown(self.found(pk))

    def create(self, request):
        self.may(self.may_write())
        fields = self.body()
        with transaction.atomic():
            return self.shown(self.add(fields), 201)

    def partial_update(self, request, pk):
        row = self.found(pk)
        self.may(self.may_change(row))
        version = versions.expected(request, row.version)
        fields = self.body(partial=True)
        with transaction.atomic():
            row = self.locked(row, version)
            self.alter(row, fields)
            return self.shown(row)

    def destroy(self, request, pk):
        row = self.found(pk)
        self.may(self.may_change(row))
        version = versions.expected(request, row.version)
        with transaction.atomic():
            self.remove(self.locked(row, version))
        return Response(status=204)

    def locked(self, row, version: int | None):
        """The row as it is now, held until the transaction ends. Administration waits for the organisation's lock."""
        type(self.person.organisation).objects.select_for_update(no_key=True).get(pk=self.person.organisation_id)
        row = get_object_or_404(self.visible().select_for_update(no_key=True, of=("self",)), pk=row.pk)
        versions.refuse_other(row, version)
        return row

    def add(self, fields: dict):
        row = self.model(organisation=self.person.organisation, **fields)
        row.full_clean(validate_unique=False, validate_constraints=False)
        row.save()
        return row

    def alter(self, row, fields: dict) -> None:
        for name, value in fields.items():
            setattr(row, name, value)
        row.full_clean(validate_unique=False, validate_constraints=False)
        row.version += 1
        row.save()

    def remove(self, row) -> None:
        row.delete()


class OwnedRows(Rows):
    """Rows about which somebody decides who edits what they belong to: the right is asked of each row, a change locks
    that row alone, and its history says who made it."""

    def may_add(self, fields: dict) -> bool:
        raise NotImplementedError

    def create(self, request):
        fields = self.body()
        self.may(self.may_add(fields))
        with transaction.atomic():
            return self.shown(self.add(fields), 201)

    def locked(self, row, version: int | None):
        return versions.locked(self.visible(), row.pk, version)
