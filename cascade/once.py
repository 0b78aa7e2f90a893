"""A page's form that is sent twice, by a double click or with Back, makes one row."""

import uuid
from collections.abc import Callable

from django.db import IntegrityError, transaction
from django.db.models import Model

from people.models import Person


def new_key() -> str:
    """For the form's hidden field."""
    return str(uuid.uuid4())


def make_once(person: Person, key: str, make: Callable[[], Model]) -> int:
    """The id of the row that `make` makes, or made when this form was sent before. A refusal leaves nothing behind; a
    duplicate at the same time waits for the first."""
    forms = person.idempotencykey_set
    with transaction.atomic():
        try:
            with transaction.atomic():
                kept = forms.create(key=f"form {key}", request_hash="form")
        except IntegrityError:
            return forms.get(key=f"form {key}").body["made"]
        kept.body = {"made": make().pk}
        kept.save(update_fields=["body"])
        return kept.body["made"]
