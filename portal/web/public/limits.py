"""How often one address may write to us, or read the log, without an account: counted under a hash."""

from __future__ import annotations

import ipaddress
import logging
import time
from typing import Final

from django.core.cache import cache
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from redis.exceptions import RedisError

from portal.common.addresses import client_address

logger = logging.getLogger(__name__)
PER_HOUR: Final = 5  # messages
READS_PER_MINUTE: Final = 600  # of the published log; a page of it holds a thousand entries
_HOUR: Final = 3600
_MINUTE: Final = 60
_IPV6: Final = 6


def _sender(address: str) -> str:
    """Return what one sender has: an address, or of IPv6 the /64 that a household or server gets."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == _IPV6 else address


def is_allowed(request: HttpRequest) -> bool:
    """Count one message of an address, and tell whether it is one of the first in this hour.

    While the counter is away messages are taken uncounted: a report that is lost does more harm than one
    too many.
    """
    return _count(request, "outside", _HOUR) <= PER_HOUR


def wait_seconds(request: HttpRequest) -> int:
    """Count one reading of the log, and return how long to wait where it is one too many, else 0."""
    if _count(request, "evidence", _MINUTE) <= READS_PER_MINUTE:
        return 0
    return _MINUTE - int(time.time()) % _MINUTE


def _count(request: HttpRequest, what: str, seconds: int) -> int:
    """Return how often an address did something in this stretch of time; 0 while the counter is away."""
    stretch = int(time.time()) // seconds
    sender = _sender(client_address(request.META))
    address = salted_hmac("portal.outside", f"{stretch}:{sender}", algorithm="sha256")
    name = f"{what}:{address.hexdigest()}"
    try:
        cache.add(name, 0, 2 * seconds)
        return int(cache.incr(name))
    except (RedisError, ValueError):  # away, or the count was dropped to make room
        logger.warning("What comes from outside is not counted: the counter does not answer.")
        return 0
