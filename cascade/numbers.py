"""Numbers as people type them into a page: a decimal comma or point, never a guess at thousands separators."""

import re
import unicodedata
from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cascade.fields import plain

SIGNS = {"en": (",", "."), "nb": ("\N{NO-BREAK SPACE}", ",")}  # between thousands, before decimals
NUMBER = re.compile(r"[+-]?(\d+([.,]\d+)?|[.,]\d+)", re.ASCII)
GROUPED = re.compile(r"[+-]?\d{1,3}([.,' ]\d{3})+([.,]\d+)?", re.ASCII)
THOUSANDS_OR_DECIMALS = {
    "en": re.compile(r"([+-]?[1-9]\d{0,2}),(\d{3})", re.ASCII),
    "nb": re.compile(r"([+-]?[1-9]\d{0,2})\.(\d{3})", re.ASCII),
}
SPACED = re.compile(r"[+-]?\d{1,3}( \d{3})+(,\d+)?", re.ASCII)  # how pages write in Norwegian, and nothing else
WHOLE_DIGITS, DECIMALS = 18, 10


def typed(text: str, unit: str = "") -> Decimal:
    """The number in a text, which may end with `unit`.

    Pages write 1,234.5 in English, so "1,234" may mean 1234 or 1.234 there: it is refused with both ways to say it. In
    Norwegian, 1.234 is the doubtful one and 1 234,5 is read as pages write it. Raises ValidationError (not_a_number,
    ambiguous_number, too_many_digits).
    """
    language = get_language()
    text = unicodedata.normalize("NFKC", text).strip().replace("\N{MINUS SIGN}", "-")
    text = text.removesuffix(unicodedata.normalize("NFKC", unit).strip()).strip()
    if language == "nb" and SPACED.fullmatch(text):
        text = text.replace(" ", "")
    if found := THOUSANDS_OR_DECIMALS[language].fullmatch(text):
        whole, rest = found.groups()
        readings = {"one": whole + rest, "other": whole + SIGNS[language][1] + rest}
        raise ValidationError(_("Is that %(one)s or %(other)s? Write one of the two.") % readings, "ambiguous_number")
    if not NUMBER.fullmatch(text):
        if GROUPED.fullmatch(text):
            raise ValidationError(_("Leave out the separators between thousands."), "ambiguous_number")
        raise ValidationError(_("Enter a number, such as 12.5."), "not_a_number")
    whole, _sign, decimals = text.lstrip("+-").replace(",", ".").partition(".")
    if len(whole.lstrip("0")) > WHOLE_DIGITS or len(decimals.rstrip("0")) > DECIMALS:
        raise ValidationError(_("At most 18 digits before and 10 after the point."), "too_many_digits")
    return Decimal(text.replace(",", "."))


def as_typed(value: Decimal) -> str:
    """The number as its reader would type it: every decimal, nothing between thousands."""
    return plain(value).replace(".", SIGNS[get_language()][1])


class NumberField(forms.CharField):
    """An exact number; `unit` may be typed behind it."""

    def __init__(self, *, unit: str = "", **options):
        super().__init__(**{"max_length": 100, **options})
        self.unit = unit
        self.widget.attrs |= {"inputmode": "decimal", "autocomplete": "off"}

    def to_python(self, value):
        text = super().to_python(value)
        return typed(text, self.unit) if text else None

    def run_validators(self, value):
        """`typed` has checked the text; what is left is a number, which has no length."""

    def prepare_value(self, value):
        return as_typed(value) if isinstance(value, Decimal) else value
