"""Where events may be sent: addresses are read strictly, resolved by us and judged every time.

A name can point elsewhere a minute later (DNS rebinding). So it is looked up and judged both when it is given
and before each delivery, every answer of the resolver has to be public, and the connection then goes to an
address that was judged, not to the name again.
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from portal.common.errors import InvalidInput
from portal.webhooks import reach
from portal.webhooks.reach import Address

LONGEST = 500
LOOKUP_SECONDS = 5.0  # a resolver that does not answer holds nobody up for longer
FIRST_FREE_PORT = 1024  # below it only 443: no request of ours knocks at a mail server's door
_HTTPS, _HTTP = 443, 80
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PLAIN = re.compile(r"[!#-;=?-\[\]_a-z~]+", re.IGNORECASE)  # printable ASCII but for " < > \ ^ ` { | }
_LONGEST_HOST = 253

Lookup = Callable[[str, int], Sequence[str]]


@dataclass(frozen=True)
class Target:
    """An address as it was understood, nothing looked up yet."""

    scheme: str
    host: str  # a name in lower case, or an address without brackets
    port: int
    path: str  # with its query

    @property
    def authority(self) -> str:
        """What the Host header says."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        usual = _HTTPS if self.scheme == "https" else _HTTP
        return name if self.port == usual else f"{name}:{self.port}"


def read(url: str) -> Target:
    """Return what an address says.

    Raises:
        InvalidInput: `target`, with the reason in its sentence.
    """
    if len(url) > LONGEST or not _PLAIN.fullmatch(url):
        raise _no(
            f"An address has at most {LONGEST} letters, all of them ASCII; write a foreign host as xn--…"
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _no("This is not an address. It looks like https://hooks.example.org/countenance.") from None
    if parts.username is not None or parts.password is not None:
        raise _no("Leave name and password out of the address: deliveries are signed instead.")
    if parts.fragment or url.endswith("#"):
        raise _no("Leave out what follows the #: it is never sent.")
    return Target(_scheme(parts), _host(parts), _port(parts, port), _path(parts))


def addresses(target: Target, lookup: Lookup | None = None) -> list[Address]:
    """Resolve a target and return its addresses, each of them judged.

    Args:
        target: From `read`.
        lookup: Resolver, host and port to addresses as text; the system's unless given.

    Raises:
        InvalidInput: `target_unresolved`; `target_forbidden`, where one of them is not public.
    """
    literal = _literal(target.host)
    found = [literal] if literal else _looked_up(target, lookup or system_lookup)
    for address in found:
        if not _may_be_reached(address, target):
            raise InvalidInput("target_forbidden", _forbidden(address, target), field="url")
    return found


def system_lookup(host: str, port: int) -> list[str]:
    """Ask the system's resolver, and wait for it no longer than `LOOKUP_SECONDS`.

    Raises:
        OSError: It knows no such host, or does not answer in time.
    """
    answers: list[list[str] | OSError] = []

    def ask() -> None:
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.append([str(row[4][0]) for row in rows])
        except OSError as error:
            answers.append(error)

    asking = threading.Thread(target=ask, name="lookup", daemon=True)
    asking.start()
    asking.join(LOOKUP_SECONDS)
    if not answers:
        raise TimeoutError("The resolver does not answer.")
    if isinstance(answers[0], OSError):
        raise answers[0]
    return answers[0]


def _scheme(parts: SplitResult) -> str:
    allowed = {"https", "http"} if settings.WEBHOOKS_TO_LOOPBACK else {"https"}
    if parts.scheme not in allowed:
        raise _no("An address begins with https://.")
    return parts.scheme


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").removesuffix(".")
    if _literal(host):
        if parts.netloc.startswith("[") or ":" not in host:
            return host
        raise _no("Write an IPv6 address in brackets.")
    labels = host.split(".")
    if not host or len(host) > _LONGEST_HOST or not all(_LABEL.fullmatch(label) for label in labels):
        raise _no("This is not the name of a host.")
    if _NUMBER.fullmatch(labels[-1]):  # 2130706433, 127.1, 0x7f.1: a number that some read as an address
        raise _no("Write an IPv4 address as four plain numbers, or better use a name.")
    if len(labels) == 1 and not (settings.WEBHOOKS_TO_LOOPBACK and host == "localhost"):
        raise _no("Give the full name of the host.")
    return host


def _port(parts: SplitResult, port: int | None) -> int:
    usual = _HTTPS if parts.scheme == "https" else _HTTP
    if port is None or port == usual:
        return usual
    if port < FIRST_FREE_PORT:
        raise _no(f"Events are sent to port {usual}, or to one from {FIRST_FREE_PORT} on.")
    return port


def _path(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _literal(host: str) -> Address | None:
    try:
        return reach.parsed(host)
    except ValueError:
        return None


def _looked_up(target: Target, lookup: Lookup) -> list[Address]:
    try:
        found = list(dict.fromkeys(reach.parsed(text) for text in lookup(target.host, target.port)))
    except (OSError, ValueError):
        found = []
    if not found:
        sentence = f"{target.host} has no address at the moment. Check its name."
        raise InvalidInput("target_unresolved", sentence, field="url")
    return found


def _may_be_reached(address: Address, target: Target) -> bool:
    if settings.WEBHOOKS_TO_LOOPBACK and reach.is_loopback(address):
        return True
    if target.scheme != "https":
        return False
    return reach.is_public(address, closed=[ip_network(text) for text in settings.WEBHOOKS_CLOSED_NETWORKS])


def _forbidden(address: Address, target: Target) -> str:
    if target.scheme != "https" and not reach.is_loopback(address):
        return "Over http events go to this machine alone. An address elsewhere begins with https://."
    return f"{target.host} is not on the public internet, where alone events are sent."


def _no(sentence: str) -> InvalidInput:
    return InvalidInput("target", sentence, field="url")
