"""Lost updates are prevented: a row's `version` is its ETag, `If-Match` names the version a change is meant for."""

import re

from django.shortcuts import get_object_or_404

from cascade.errors import VersionMismatch

TAG = re.compile(r'(?:W/)?"?(\d{1,18})"?', re.ASCII)


def etag(version: int) -> str:
    return f'"{version}"'


def expected(request, current: int) -> int | None:
    """The version the client means; None when it does not say or says `*`. Raises VersionMismatch.

    The answer still has to be compared under the row's lock, by the model method that writes.
    """
    header = request.headers.get("If-Match", "").strip()
    if header in ("", "*"):
        return None
    tags = [TAG.fullmatch(tag.strip()) for tag in header.split(",")]
    if str(current) not in [tag.group(1) for tag in tags if tag]:
        raise VersionMismatch(current)
    return current


def refuse_other(row, version: int | None) -> None:
    """Under the row's lock: nobody changed it since the client read it."""
    if version is not None and row.version != version:
        raise VersionMismatch(row.version)


def locked(rows, pk: int, version: int | None = None):
    """One of the rows as it is now, held until the transaction ends. Raises Http404 and VersionMismatch."""
    row = get_object_or_404(rows.select_for_update(no_key=True, of=("self",)), pk=pk)
    refuse_other(row, version)
    return row


def write(row, by, reason: str = "", **fields) -> None:
    """Checks and saves a row with these fields, its next version, and a history that says who and why."""
    for name, value in fields.items():
        setattr(row, name, value)
    row.full_clean(validate_unique=False, validate_constraints=False)
    row.version += 0 if row._state.adding else 1
    row._history_user, row._change_reason = by, reason
    row.save()
