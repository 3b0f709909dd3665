"""How often one address may write to us without an account: counted under a hash, for an hour."""

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
PER_HOUR: Final = 5
_HOUR: Final = 3600
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
    hour = int(time.time()) // _HOUR
    sender = _sender(client_address(request.META))
    address = salted_hmac("portal.outside", f"{hour}:{sender}", algorithm="sha256")
    name = f"outside:{address.hexdigest()}"
    try:
        cache.add(name, 0, 2 * _HOUR)
        return int(cache.incr(name)) <= PER_HOUR
    except (RedisError, ValueError):  # away, or the count was dropped to make room
        logger.warning("Messages from outside are not counted: the counter does not answer.")
        return True
