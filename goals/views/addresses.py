"""What the address of a page says about a tree of rows: which are open, and how many come before."""

from django.http import HttpRequest

EVERYTHING = "all"  # of what may be open


def ids(text: str | None, most: int = 20_000) -> list[int] | None:
    """Ids separated by commas; what is none is left out. None when nothing was asked."""
    if text is None:
        return None
    return [int(part) for part in text.split(",") if part.isdecimal() and len(part) < 19][:most]


def skip(request: HttpRequest) -> int:
    text = request.GET.get("skip", "")
    return int(text) if text.isdecimal() and len(text) < 9 else 0
