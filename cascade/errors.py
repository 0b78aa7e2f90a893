"""Refusals not about one field's shape; bad input is Django's ValidationError with a code of docs/domain.md."""

from django.utils.translation import gettext as _


class Conflict(Exception):
    """The request makes sense but not now or not here (409): `code` is stable, `str()` is for people. `errors` tell
    each row, where there are many."""

    def __init__(self, code: str, message: str, errors: list[dict] | None = None):
        super().__init__(message)
        self.code = code
        self.errors = errors or []


class VersionMismatch(Exception):
    """Somebody changed the row since it was read (412); nothing was written. `current` is the version it has now."""

    def __init__(self, current: int):
        super().__init__(_("It was changed by somebody else in the meantime."))
        self.current = current


class RowsRefused(Exception):
    """Some of many rows are wrong, so nothing was written. `errors` tell each row, `counts` how many there are."""

    def __init__(self, errors: list[dict], **counts: int):
        wrong = len({error["row"] for error in errors})
        super().__init__(f"{wrong} of the rows cannot be taken; nothing was written.")
        self.errors = errors
        self.counts = counts

    @property
    def is_forbidden(self) -> bool:
        return any(error["code"] == "forbidden" for error in self.errors)

    @property
    def status(self) -> int:
        """403 where a row may not be written, 409 where all that is wrong is that rows are locked, else 400."""
        if self.is_forbidden:
            return 403
        return 409 if all(error["code"] == "locked" for error in self.errors) else 400


class NotTaken(OSError):
    """A message surely did not reach the one it was for, so that sending it again doubles nothing."""
