"""Posting JSON to an address that somebody typed, such as a chat's, without being led into our own network.

The name is looked up once, every address it has must be public, and the connection goes to the one that was looked at.
"""

import http.client
import ipaddress
import json
import socket
import ssl
from contextlib import closing
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from cascade.errors import NotTaken

WAITS = 10  # seconds, for each step
MOST_READ = 64 * 1024
UNDECIDED = (500, 502, 504)  # it may have been taken all the same


def check(url: str) -> SplitResult:
    """The address in its parts; refuses what is not https, has a name or password in it, or a port of its own that
    leads elsewhere. ValidationError with the code `address_not_safe`."""
    message = _("It needs an address that begins with https://, as the chat shows it.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValidationError(message, code="address_not_safe") from None
    schemes = ("https", "http") if settings.PRIVATE_WEBHOOKS else ("https",)
    plain = url.isascii() and url.isprintable() and " " not in url
    if not plain or parts.scheme not in schemes or not parts.hostname or parts.username or parts.password:
        raise ValidationError(message, code="address_not_safe")
    if port not in (None, 443) and not settings.PRIVATE_WEBHOOKS:
        raise ValidationError(message, code="address_not_safe")
    return parts


def post(url: str, payload: dict[str, Any]) -> None:
    """Raises NotTaken when it surely was not taken, another OSError when nobody knows. Redirects are not followed."""
    try:
        parts = check(url)
    except ValidationError as refusal:
        raise NotTaken(refusal.messages[0]) from refusal
    body = json.dumps(payload).encode()
    with closing(connected(parts)) as line:
        path = parts.path or "/"
        path += f"?{parts.query}" if parts.query else ""
        try:
            headers = {"Content-Type": "application/json", "User-Agent": "Cascade"}
            line.request("POST", path, body, headers)
            answer = line.getresponse()
            answer.read(MOST_READ)
        except http.client.HTTPException as broken:
            raise OSError(f"no answer that can be read: {broken}") from broken
    if answer.status in UNDECIDED:
        raise OSError(f"answered {answer.status}")
    if not 200 <= answer.status < 300:
        raise NotTaken(f"answered {answer.status}")


def connected(parts: SplitResult) -> http.client.HTTPConnection:
    """A line to one of the addresses that were looked at."""
    host = parts.hostname or ""
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    try:
        place = public_addresses(host, port)[0]
        sock = socket.create_connection((place, port), WAITS)
        if secure:
            sock = ssl.create_default_context().wrap_socket(sock, server_hostname=host)
    except OSError as away:
        raise NotTaken(str(away)) from away
    line = http.client.HTTPConnection(host, port, timeout=WAITS)
    line.sock, line.default_port = sock, port
    return line


def public_addresses(host: str, port: int) -> list[str]:
    """Every address of a name; refuses it when one of them is not public."""
    found = [info[4][0] for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not settings.PRIVATE_WEBHOOKS and not all(is_public(address) for address in found):
        raise NotTaken("leads into a private network")
    return found


def is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is not None:
            return is_public(str(inner))
        if ip in ipaddress.ip_network("64:ff9b::/96"):
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
    return ip.is_global and not ip.is_multicast
