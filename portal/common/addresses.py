"""Where a request comes from, kept only as a keyed hash of its network."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

from django.conf import settings
from django.utils.crypto import salted_hmac

# A provider's customers share about so much; a train ride stays inside it, another country does not.
_PREFIX = {4: 16, 6: 32}


def client_address(meta: Mapping[str, str]) -> str:
    """Return the address a request came from: the proxy's word where there is a trusted one, else the peer's.

    Args:
        meta: `request.META`.
    """
    if settings.BEHIND_PROXY and (told := meta.get("HTTP_X_FORWARDED_FOR")):
        return told.rpartition(",")[2].strip()  # the last entry is the one that our own proxy wrote
    return meta.get("REMOTE_ADDR", "")


def network_hash(address: str) -> str:
    """Return a keyed hash of the network of an address, 32 hex digits; nothing for what is no address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    network = ipaddress.ip_network((parsed, _PREFIX[parsed.version]), strict=False)
    return salted_hmac("portal.network", str(network), algorithm="sha256").hexdigest()[:32]
