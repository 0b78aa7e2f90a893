"""How values look on the wire: strict input fields, rows as they are answered, the JSON parser.

Decimals travel as strings in plain notation, dates as YYYY-MM-DD, moments in RFC 3339 with an offset. Input is taken
literally: a number is no text, `"true"` is no boolean, `20260101` is no date.
"""

import datetime as dt
import json
import re
from decimal import Decimal, InvalidOperation

from django.utils.dateparse import parse_datetime
from drf_spectacular.utils import extend_schema_field
from rest_framework import exceptions, parsers, serializers
from rest_framework.fields import empty

from cascade.fields import plain

LARGEST_ID = 2**63 - 1
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)
DECIMAL = re.compile(r"-?\d{1,18}(\.\d{1,18})?", re.ASCII)
MOST_ROWS = 1000
EARLIEST = dt.date(1800, 1, 1)


def figure(value: Decimal | None) -> str | None:
    """A derived figure: all its decimals, at least 6; null when there is none."""
    if value is None:
        return None
    whole, _, decimals = plain(value).partition(".")
    return f"{whole}.{decimals:0<6}"


def moment(value: dt.datetime | None) -> str | None:
    return None if value is None else value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


def written(value):
    """A value of a row as JSON takes it."""
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, dt.datetime):
        return moment(value)
    if isinstance(value, dt.time):
        return f"{value:%H:%M}"
    return value.isoformat() if isinstance(value, dt.date) else value


class Text(serializers.CharField):
    """Text, kept as sent but for white space around it."""

    def to_internal_value(self, data):
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Flag(serializers.BooleanField):
    def to_internal_value(self, data):
        if data is True or data is False:
            return data
        return self.fail("invalid", input=data)


class Whole(serializers.IntegerField):
    def to_internal_value(self, data):
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return super().to_internal_value(data)


class Day(serializers.DateField):
    """A date within reach of calendar arithmetic: the days before `EARLIEST` are refused."""

    default_error_messages = {"out_of_range": f"Dates begin with {EARLIEST}."}

    def to_internal_value(self, value):
        if not isinstance(value, str) or not DAY.fullmatch(value):
            self.fail("invalid", format="YYYY-MM-DD")
        found = super().to_internal_value(value)
        return self.fail("out_of_range") if found < EARLIEST else found


class Moment(serializers.DateTimeField):
    def to_internal_value(self, value):
        try:
            found = parse_datetime(value) if isinstance(value, str) and MOMENT.fullmatch(value) else None
        except ValueError:
            found = None
        if found is None or not dt.datetime.min.year + 1 < found.year < dt.datetime.max.year:
            self.fail("invalid", format="RFC 3339 with an offset, such as 2026-03-31T22:00:00Z")
        return found.astimezone(dt.UTC)  # no database takes every offset


@extend_schema_field({"type": "string", "pattern": r"^-?\d{1,18}(\.\d{1,10})?$", "examples": ["12.5"]})
class Exact(serializers.DecimalField):
    """A decimal people enter: at most 18 digits before the point, `decimal_places` after it; more are refused."""

    def __init__(self, max_digits=28, decimal_places=10, **options):
        super().__init__(max_digits=max_digits, decimal_places=decimal_places, **options)

    def to_internal_value(self, data):
        if isinstance(data, bool) or not isinstance(data, str | int | Decimal):
            self.fail("invalid")
        if isinstance(data, str) and not DECIMAL.fullmatch(data):
            self.fail("invalid")
        return super().to_internal_value(data)


@extend_schema_field({"type": "string", "pattern": r"^-?\d+\.\d{6,}$", "examples": ["0.547333"]})
class Figure(serializers.Field):
    """A derived figure in an answer, at least 6 decimals."""

    def to_representation(self, value):
        return figure(value)


class Choice(serializers.ChoiceField):
    def to_internal_value(self, data):
        if not isinstance(data, str):
            self.fail("invalid_choice", input="that")
        return super().to_internal_value(data)


@extend_schema_field({"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "minLength": 1}]})
class Reference(serializers.Field):
    """Another row, by id (a number) or external id (a string). What the person may not see does not exist.

    `rows` is a function of the person that gives the queryset to look in. Rows already fetched for many references
    are taken from the context's `fetched`.
    """

    default_error_messages = {
        "invalid": "Use an id (a number) or an external id (a string).",
        "does_not_exist": "There is no such row, or you may not see it.",
    }

    def __init__(self, rows, **options):
        self.rows = rows
        super().__init__(**options)

    def to_internal_value(self, data):
        column = self.column(data)
        fetched = self.context.get("fetched", {}).get(self.field_name)
        if fetched is not None:
            row = fetched.get((column, data))
        else:
            row = self.rows(self.context["person"]).filter(**{column: data}).first()
        return self.fail("does_not_exist") if row is None else row

    def column(self, data) -> str:
        if isinstance(data, str) and data:
            return "external_id"
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        if not 0 < data <= LARGEST_ID:
            self.fail("does_not_exist")
        return "id"

    def fetch(self, person, wanted) -> dict:
        """All of these references in at most two queries, by (column, value)."""
        ids = [one for one in wanted if type(one) is int and 0 < one <= LARGEST_ID]
        names = [one for one in wanted if isinstance(one, str) and one]
        found = {}
        for column, values in (("id", ids), ("external_id", names)):
            if values:
                rows = self.rows(person).filter(**{f"{column}__in": values})
                found |= {(column, getattr(row, column)): row for row in rows}
        return found

    def to_representation(self, value):
        return value


@extend_schema_field({"type": "integer", "minimum": 1})
class IdReference(Reference):
    """Another row that has no external id."""

    default_error_messages = {"invalid": "Use an id (a number)."}

    def column(self, data) -> str:
        return super().column(data) if not isinstance(data, str) else self.fail("invalid")


class References(serializers.ListField):
    """A list of other rows, each named once."""

    def __init__(self, rows, **options):
        super().__init__(child=Reference(rows), max_length=MOST_ROWS, **options)

    def to_internal_value(self, data):
        if isinstance(data, list) and len(data) > 1 and "fetched" not in self.context:
            wanted = [one for one in data if isinstance(one, int | str)]
            self.context["fetched"] = {"": self.child.fetch(self.context["person"], wanted)}
            try:
                return super().to_internal_value(data)
            finally:
                del self.context["fetched"]
        return super().to_internal_value(data)


class Row(serializers.Serializer):
    """What is answered for one row, declared once: the document describes it, `.values()` rows fill it.

    A field's `source` names the column when it is called otherwise.
    """

    @classmethod
    def columns(cls) -> list[str]:
        return [field.source or name for name, field in cls._declared_fields.items()]

    @classmethod
    def filled(cls, queryset, ids: list[int]) -> list[dict]:
        """What is answered for these rows, in this order."""
        shape, rows = cls(), {row["pk"]: row for row in queryset.filter(pk__in=ids).values("pk", *cls.columns())}
        return [shape.to_representation(rows[pk]) for pk in ids if pk in rows]

    def to_representation(self, row):
        return {
            name: figure(row[field.source or name]) if isinstance(field, Figure) else written(row[field.source or name])
            for name, field in self._declared_fields.items()
        }


class Query(serializers.Serializer):
    """The query parameters of one operation; anything else in the address is refused."""

    def __init__(self, instance=None, data=empty, **options):
        super().__init__(instance, data, **options)

    def to_internal_value(self, data):
        errors = {name: self.unknown(name) for name in data if name not in self.fields}
        errors |= {name: self.not_text(name) for name, value in data.items() if "\x00" in value}
        if errors:
            raise serializers.ValidationError(errors)
        return super().to_internal_value(data)

    @staticmethod
    def unknown(name):
        return [serializers.ErrorDetail(f"There is no parameter {name} here.".replace("\x00", ""), "unknown_parameter")]

    @staticmethod
    def not_text(name):
        return [serializers.ErrorDetail("A NUL character is no text.", "null_characters_not_allowed")]


class AsOfQuery(Query):
    """The world on a date, and what had been recorded by a moment; without them now."""

    as_of = Day(required=False, help_text="What the world was like on this date; not after today.")
    known = Moment(required=False, help_text="Only what had been recorded by this moment.")

    def validate_as_of(self, on):
        if on > self.context["person"].organisation.today():
            raise serializers.ValidationError("That day has not come yet.", "in_future")
        return on


class QueryWhole(serializers.IntegerField):
    """A whole number in an address."""

    def to_internal_value(self, data):
        if not re.fullmatch(r"-?\d{1,18}", data, re.ASCII):
            self.fail("invalid")
        return int(data)


@extend_schema_field({"type": "integer", "minimum": 1})
class QueryReference(Reference):
    """Another row in an address, by id; `none`, where allowed, asks for rows without one."""

    def __init__(self, rows, none: bool = False, **options):
        self.none = none
        super().__init__(rows, required=False, **options)

    def to_internal_value(self, data):
        if self.none and data == "none":
            return "none"
        if not re.fullmatch(r"\d{1,19}", data, re.ASCII):
            self.fail("invalid")
        return super().to_internal_value(int(data))


@extend_schema_field({"type": "boolean"})
class QueryFlag(serializers.Field):
    default_error_messages = {"invalid": "Use true or false."}

    def to_internal_value(self, data):
        if data not in ("true", "false"):
            self.fail("invalid")
        return data == "true"


@extend_schema_field({"type": "string"})
class Several(serializers.Field):
    """Values separated by commas."""

    def __init__(self, child, most: int = 500, **options):
        self.child, self.most = child, most
        super().__init__(required=False, **options)

    default_error_messages = {"too_many": "At most {most} values."}

    def to_internal_value(self, data):
        parts = data.split(",")
        if len(parts) > self.most:
            self.fail("too_many", most=self.most)
        return [self.child.run_validation(part) for part in parts]


class JSONParser(parsers.BaseParser):
    """JSON in UTF-8 with exact decimals. Anything that is not is bad input, however odd."""

    media_type = "application/json"

    def parse(self, stream, media_type=None, parser_context=None):
        raw = stream.body if hasattr(stream, "body") else stream.read()
        try:
            data = json.loads(raw.decode("utf-8"), parse_float=finite, parse_constant=refuse_constant)
        except (ValueError, RecursionError, InvalidOperation) as error:
            raise exceptions.ParseError(f"The body is not JSON in UTF-8: {told(error)}", "not_json") from None
        if b"\\u" in raw and not clean(data):
            raise exceptions.ParseError("The body holds NUL or half a surrogate pair.", "characters_not_allowed")
        return data


def told(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return str(error)
    return {UnicodeDecodeError: "bytes that are not UTF-8", RecursionError: "nested too deeply"}.get(
        type(error), "a number that cannot be read"
    )


def finite(text: str) -> Decimal:
    value = Decimal(text)
    if value.is_zero():
        return Decimal(0)
    if abs(value.adjusted()) > 40:
        raise ValueError("out of range")
    return value


def refuse_constant(name: str):
    raise ValueError(f"{name} is no number")


def clean(data) -> bool:
    if isinstance(data, str):
        return not re.search("[\x00\ud800-\udfff]", data)
    if isinstance(data, dict):
        return all(clean(key) and clean(value) for key, value in data.items())
    return all(clean(item) for item in data) if isinstance(data, list) else True
