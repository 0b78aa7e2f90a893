"""Exact decimals on every database."""

from decimal import Decimal

from django.db import models


class ExactDecimalField(models.DecimalField):
    """A decimal that keeps every digit: `numeric` on PostgreSQL, text on SQLite.

    SQLite's numeric columns keep only 15 significant digits, which would break "stored equals computed from
    scratch". The text has no exponent and no trailing zeros, so equal numbers are equal texts. Text sorts as
    text: order by `Cast(field, FloatField())`.
    """

    def get_internal_type(self):
        return "ExactDecimalField"

    def db_type(self, connection):
        if connection.vendor == "sqlite":
            return "text"
        return f"numeric({self.max_digits}, {self.decimal_places})"

    def rel_db_type(self, connection):
        return self.db_type(connection)

    def get_db_prep_value(self, value, connection, prepared=False):
        if not prepared:
            value = self.get_prep_value(value)
        if value is None or connection.vendor != "sqlite" or not isinstance(value, Decimal):
            return value
        return plain(value)

    def get_db_prep_save(self, value, connection):
        if hasattr(value, "as_sql"):
            return value
        return self.get_db_prep_value(value, connection)

    def from_db_value(self, value, expression, connection):
        return Decimal(value) if isinstance(value, str) else value


def plain(value: Decimal) -> str:
    """A decimal as people write it: no exponent, no trailing zeros, no negative zero."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def plain_or_none(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)


def figure_field(**options) -> ExactDecimalField:
    """A derived figure: 18 decimals, absent when there is no data."""
    return ExactDecimalField(max_digits=48, decimal_places=18, null=True, blank=True, **options)


def value_field(**options) -> ExactDecimalField:
    """A number people enter: at most 18 digits before and 10 after the point."""
    return ExactDecimalField(max_digits=28, decimal_places=10, **options)


def weight_field(**options) -> ExactDecimalField:
    """A relative weight, at least 0, at most 6 decimals."""
    return ExactDecimalField(max_digits=18, decimal_places=6, default=Decimal(1), **options)
