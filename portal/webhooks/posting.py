"""One request to an address that was judged: pinned, bounded in time, no redirect, no proxy, no body read.

What the environment says of proxies does not count: urllib3's connections, unlike its callers, read none.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPException

from django.conf import settings
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, SSLError

from portal.webhooks.reach import Address
from portal.webhooks.targets import Target

SECONDS = 15.0  # for all of it, from the first packet to the status line; the specification advises 15 to 30
CONNECT_SECONDS = 5.0
MOST_ADDRESSES = 3  # of one name, tried one after the other until one accepts
_GONE = 410
_DECIMAL_DIGITS = 6  # of a Retry-After in seconds; a date in it is not read


@dataclass(frozen=True)
class Answer:
    """What came of a request.

    Attributes:
        reason: Empty for a 2xx, else why it does not count: `status`, `redirect`, `gone`, `timeout`,
            `connection`, `tls`, `bad_answer`.
        status: The status code, where one came.
        retry_after: Seconds that the receiver asked to wait, where it did.
    """

    reason: str
    status: int | None = None
    retry_after: int = 0

    @property
    def is_success(self) -> bool:
        """Whether the receiver took it."""
        return not self.reason


def post(
    target: Target,
    addresses: Sequence[Address],
    *,
    body: bytes,
    headers: Mapping[str, str],
    seconds: float = SECONDS,
) -> Answer:
    """Send one request and return what came of it; never raises for what the other side does.

    Args:
        target: Where to.
        addresses: Of the target, judged; the connection goes to these and to nothing else.
        body: What is sent.
        headers: Besides Host and Content-Length.
        seconds: For all of it.
    """
    until = time.monotonic() + seconds
    try:
        connection = _connected(target, addresses, until)
        with _ended_at(until, connection), _closed_after(connection):
            sent = {"Host": target.authority, **headers}
            connection.request("POST", target.path, body=body, headers=sent, preload_content=False)
            response = connection.getresponse()
            if time.monotonic() < until:  # cut off, its headers would look as if they ended there
                return _answer(response.status, response.headers.get("Retry-After", ""))
            return Answer("timeout")
    except (OSError, HTTPError, HTTPException) as error:
        return Answer("timeout" if time.monotonic() >= until else _reason(error))


def _connected(target: Target, addresses: Sequence[Address], until: float) -> HTTPConnection:
    """Return an open connection to the first address that accepts one.

    Raises:
        OSError: None does in time; likewise urllib3's errors.
    """
    *others, last = addresses[:MOST_ADDRESSES]
    for address in others:
        with suppress(OSError, HTTPError):
            return _open(target, address, until)
    return _open(target, last, until)


def _open(target: Target, address: Address, until: float) -> HTTPConnection:
    connection = _connection(target, str(address), max(0.001, min(CONNECT_SECONDS, until - time.monotonic())))
    try:
        connection.connect()
    except BaseException:
        connection.close()
        raise
    return connection


def _connection(target: Target, address: str, seconds: float) -> HTTPConnection:
    if target.scheme == "http":
        return HTTPConnection(address, target.port, timeout=seconds)
    return HTTPSConnection(
        address,
        target.port,
        timeout=seconds,
        ssl_context=_trust(),
        server_hostname=target.host,  # asked for, and what the certificate has to be for
    )


def _trust() -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=settings.WEBHOOKS_CA_FILE or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


@contextmanager
def _ended_at(until: float, connection: HTTPConnection) -> Iterator[None]:
    """End a connection at a moment, whoever trickles: a timeout of a socket begins anew with every byte."""
    left = max(0.001, until - time.monotonic())
    raw = connection.sock
    raw.settimeout(left)
    # `socket.shutdown` itself: that of a TLS socket first drops what another thread still reads through.
    timer = threading.Timer(left, _shut, [raw])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _shut(raw: socket.socket) -> None:
    with suppress(OSError):
        socket.socket.shutdown(raw, socket.SHUT_RDWR)


@contextmanager
def _closed_after(connection: HTTPConnection) -> Iterator[None]:
    """Close a connection at the end, whatever state it is in."""
    try:
        yield
    finally:
        with suppress(OSError, HTTPException):
            connection.close()


def _answer(status: int, retry_after: str) -> Answer:
    in_seconds = retry_after.isascii() and retry_after.isdigit() and len(retry_after) <= _DECIMAL_DIGITS
    return Answer(_reason_of_status(status), status, int(retry_after) if in_seconds else 0)


def _reason_of_status(status: int) -> str:
    reason = {2: "", 3: "redirect"}.get(status // 100, "status")
    return "gone" if status == _GONE else reason


def _reason(error: Exception) -> str:
    if isinstance(error, SSLError | ssl.SSLError):
        return "tls"
    if isinstance(error, TimeoutError) or "Timeout" in type(error).__name__:
        return "timeout"
    return "bad_answer" if isinstance(error, HTTPException) else "connection"
