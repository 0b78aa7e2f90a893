"""Bonus plans are off until an administrator turns them on. Turned off they are there for nobody; nothing is lost."""

from django.db import transaction

from cascade import versions
from people.models import Organisation, Person


@transaction.atomic
def turn(by: Person, *, on: bool) -> None:
    """The same again is no change."""
    organisation = versions.locked(Organisation.objects.all(), by.organisation_id)
    if organisation.pays != on:
        versions.write(organisation, by, pays=on)
