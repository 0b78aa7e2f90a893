"""Limits on how often somebody calls: per token or person, and per address for tokens that are wrong."""

import ipaddress
import time

import structlog
from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError
from rest_framework.exceptions import Throttled
from rest_framework.throttling import BaseThrottle

log = structlog.get_logger(__name__)

WINDOW = 60


class CallerThrottle(BaseThrottle):
    """`API_REQUESTS_PER_MINUTE` for each token, or for each person in a browser session."""

    def allow_request(self, request, view):
        if not request.user.is_authenticated:
            return True
        token = getattr(request.auth, "pk", None)
        caller = f"token:{token}" if token else f"person:{request.user.pk}"
        return counted(caller) <= settings.API_REQUESTS_PER_MINUTE

    def wait(self):
        return left()


def count_wrong_token(request) -> None:
    """Above `API_WRONG_TOKENS_PER_MINUTE` from one address a wrong token is answered with 429. A right one is never
    held up, so that nobody is locked out by a neighbour."""
    if counted(f"wrong:{address(request)}") > settings.API_WRONG_TOKENS_PER_MINUTE:
        raise Throttled(left())


def counted(what: str) -> int:
    """How often this happened in the current minute, with this time. Without the cache nothing is limited."""
    try:
        cache.add(key(what), 0, WINDOW * 2)
        return cache.incr(key(what))
    except ValueError:  # it expired between the two calls
        return 1
    except RedisError:
        log.warning("limits_not_counted")
        return 0


def key(what: str) -> str:
    return f"limit:{what}:{int(time.time()) // WINDOW}"


def left() -> int:
    return WINDOW - int(time.time()) % WINDOW


def address(request) -> str:
    """Where a request comes from; an IPv6 customer's /64 counts as one. Proxies are believed only as configured."""
    proxies = getattr(settings, "ALLAUTH_TRUSTED_PROXY_COUNT", 0)
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    found = hops[-proxies] if proxies and len(hops) >= proxies else request.META.get("REMOTE_ADDR", "")
    try:
        ip = ipaddress.ip_address(found)
    except ValueError:
        return "unknown"
    if ip.version == 6 and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return str(ip if ip.version == 4 else ipaddress.ip_network((ip, 64), strict=False))
