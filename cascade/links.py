"""Addresses that people type: only of kinds that are safe to follow, and made clickable inside of plain text."""

import re
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

SAFE = ("http", "https", "mailto")
ADDRESS = re.compile(r"(?:https?://|mailto:)[^\s<>\"'\x00-\x1f\x7f]+", re.IGNORECASE)
AFTER = ".,:;!?)]}…»”’"


def check_link(url: str) -> None:
    """Refuses (link_not_safe) what is no http, https or mailto address."""
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = None
    is_web = parts is not None and parts.scheme.lower() in ("http", "https") and parts.netloc
    is_mail = parts is not None and parts.scheme.lower() == "mailto" and parts.path
    if not (is_web or is_mail) or re.search(r"[\s\x00-\x1f\x7f]", url):
        raise ValidationError(_("Use an address that begins with https://, http:// or mailto:."), "link_not_safe")


def linked(text: str) -> SafeString:
    """Plain text, escaped, with its addresses as links."""
    found, end = [], 0
    for match in ADDRESS.finditer(text):
        address = match.group().rstrip(AFTER)
        if not is_link(address):
            continue
        found.append(format_html("{}", text[end : match.start()]))
        found.append(format_html('<a class="link" href="{}" rel="noopener nofollow ugc">{}</a>', address, address))
        end = match.start() + len(address)
    return mark_safe("".join([*found, format_html("{}", text[end:])]))  # noqa: S308  every piece is escaped above


def is_link(address: str) -> bool:
    try:
        check_link(address)
    except ValidationError:
        return False
    return True
