"""No test talks to the world: a connection to anything but this machine is an error."""

from __future__ import annotations

import ipaddress
import sys
from typing import Any


class OutsideConnection(RuntimeError):
    """A test tried to reach another machine."""


def stay_inside() -> None:
    """Refuse, from now on and in this process, every connection that leaves the machine."""
    sys.addaudithook(_check)


def _check(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect" and isinstance(arguments[1], tuple) and not _is_here(arguments[1][0]):
        raise OutsideConnection(f"A test tried to connect to {arguments[1][0]}.")


def _is_here(host: str) -> bool:
    if host in {"", "localhost"}:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
