"""What logs must not keep."""

import re

SECRET_PATHS = re.compile(r"(/record/|calendar\.ics\?token=)[^/\s\"'&]+")


def without_secrets(logger, name, event: dict) -> dict:
    """A link that acts or shows something without signing in is a secret; of its address only the kind is logged."""
    return {key: SECRET_PATHS.sub(r"\1...", value) if isinstance(value, str) else value for key, value in event.items()}
