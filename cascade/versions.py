"""Lost updates are prevented: a row's `version` is its ETag, `If-Match` names the version a change is meant for."""

import re

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
