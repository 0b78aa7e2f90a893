"""Changing the settings of an organisation: the one door for page and API."""

from typing import Any

from cascade.versions import refuse_other
from goals import marks, structure
from people.models import Organisation, Person


def revise(by: Person, version: int | None, **fields: Any) -> Organisation:
    """The settings of the person's organisation, changed with their history; every figure is calculated again.

    Raises VersionMismatch when `version` is given and not the stored one, ValidationError with the codes of
    `Organisation.clean` and of its fields.
    """
    with structure.lock(by.organisation_id) as organisation:
        refuse_other(organisation, version)
        for name, value in fields.items():
            setattr(organisation, name, value)
        organisation.full_clean(validate_unique=False, validate_constraints=False)
        organisation.version += 1
        organisation._history_user = by
        organisation.save()
        marks.mark_everything(organisation)
        return organisation
