"""Forms that somebody is still writing."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError


def readable(form: forms.Form) -> dict[str, Any]:
    """The value of each field that can be read by itself, of a form that was sent or only shown; nothing is checked
    across fields."""
    found = {}
    for name, field in form.fields.items():
        try:
            found[name] = field.clean(form[name].value())
        except ValidationError:
            continue
    return found
