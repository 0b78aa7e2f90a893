from decimal import Decimal

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.utils import translation

from cascade.numbers import NumberField, typed


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", "12"),
        ("12.5", "12.5"),
        ("12,5", "12.5"),
        (" 12,5 ", "12.5"),
        ("-3", "-3"),
        ("−3,25", "-3.25"),
        ("+3", "3"),
        (",5", "0.5"),
        (".5", "0.5"),
        ("1.234", "1.234"),
        ("0,125", "0.125"),
        ("1234,567", "1234.567"),
        ("1,2345", "1.2345"),
        ("000000000000000000012", "12"),
        ("123456789012345678.0123456789", "123456789012345678.0123456789"),
        ("4.4 h", "4.4"),
        ("4.4h", "4.4"),
        ("１２.５", "12.5"),
    ],
)
def test_a_number_is_read_as_typed(text, number):
    assert typed(text, "h") == Decimal(number)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1,234", "ambiguous_number"),
        ("-12,500", "ambiguous_number"),
        ("1,234.5", "ambiguous_number"),
        ("1.234,5", "ambiguous_number"),
        ("1.234.567", "ambiguous_number"),
        ("12 %", "not_a_number"),
        ("1 234", "ambiguous_number"),
        ("1\N{NO-BREAK SPACE}234,5", "ambiguous_number"),
        ("1e5", "not_a_number"),
        ("NaN", "not_a_number"),
        ("Infinity", "not_a_number"),
        ("=1+1", "not_a_number"),
        ("--1", "not_a_number"),
        ("-", "not_a_number"),
        ("١٢", "not_a_number"),
        ("twelve", "not_a_number"),
        ("1234567890123456789", "too_many_digits"),
        ("0.12345678901", "too_many_digits"),
    ],
)
def test_what_could_be_misread_is_refused(text, code):
    with pytest.raises(ValidationError) as refused:
        typed(text, "h")
    assert refused.value.code == code


def test_an_ambiguous_number_is_answered_with_both_readings():
    with pytest.raises(ValidationError, match=r"Is that 1234 or 1\.234\?"):
        typed("1,234")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12,5", "12.5"),
        ("12.5", "12.5"),
        ("1,234", "1.234"),
        ("0.125", "0.125"),
        ("1 234", "1234"),
        ("1\N{NO-BREAK SPACE}234\N{NARROW NO-BREAK SPACE}567,5", "1234567.5"),
        ("−12 000", "-12000"),
    ],
)
def test_a_norwegian_reads_a_comma_as_decimals_and_spaces_between_thousands(text, number):
    with translation.override("nb"):
        assert typed(text) == Decimal(number)


@pytest.mark.parametrize("text", ["1.234", "-12.500", "1.234,5", "1,234.5", "1.234.567", "12 34", "1 234.5"])
def test_what_a_norwegian_could_mean_in_two_ways_is_refused(text):
    with translation.override("nb"), pytest.raises(ValidationError):
        typed(text)


def test_a_norwegian_is_answered_with_both_readings_as_they_are_written_there():
    with translation.override("nb"), pytest.raises(ValidationError, match=r"1234 .*1,234\?"):
        typed("1.234")


@pytest.mark.parametrize("language", ["en", "nb"])
@pytest.mark.parametrize("number", ["1.234", "1234.5", "-0.125", "1000", "123456789012345678.0123456789"])
def test_what_a_field_shows_is_read_as_the_same_number(language, number):
    with translation.override(language):
        shown = NumberField().prepare_value(Decimal(number))
        assert typed(shown) == Decimal(number)
    assert language == "en" or "." not in shown


class Form(forms.Form):
    value = NumberField(unit="h", required=False)


def test_a_field_shows_numbers_without_separators_and_keeps_what_was_typed():
    assert 'value="1234.5"' in str(Form(initial={"value": Decimal("1234.5000")})["value"])
    refused = Form({"value": "1,234"})
    assert refused.errors.as_data()["value"][0].code == "ambiguous_number"
    assert 'value="1,234"' in str(refused["value"])


@pytest.mark.parametrize(("text", "number"), [("", None), ("  ", None), ("44 h", Decimal(44))])
def test_a_field_cleans_to_a_number_or_nothing(text, number):
    form = Form({"value": text})
    assert form.is_valid()
    assert form.cleaned_data["value"] == number
