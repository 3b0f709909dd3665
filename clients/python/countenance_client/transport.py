"""Calls over HTTP: the key, one connection a thread, and repeating what can be repeated without harm."""

from __future__ import annotations

import http.client
import json
import random
import ssl
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode, urlsplit

from countenance_client.errors import ApiError, Conflict, Throttled, Unavailable, Unreachable, error_of
from countenance_client.forms import Body

_FIRST_ERROR = 400
_FIRST_WAIT, _DOUBLINGS = 0.5, 6  # seconds before the second try; doubled as often as this at most
_IN_FLIGHT = "idempotency_in_flight"


class Transport:
    """Sends calls to one address with one key.

    Every POST that leaves something behind carries an `Idempotency-Key`, so that a call whose answer was lost
    can be sent again: the platform does it once and gives the same answer twice.
    """

    def __init__(self, url: str, key: str, *, timeout: float, tries: int, longest_wait: float) -> None:
        parts = urlsplit(url if "//" in url else f"https://{url}")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url} is no address of a portal.")
        self._host, self._port, self._path = parts.hostname, parts.port, parts.path.rstrip("/")
        self._context = ssl.create_default_context() if parts.scheme == "https" else None
        self._key, self._timeout, self._tries, self._longest_wait = key, timeout, tries, longest_wait
        self._local = threading.local()

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Body | None = None,
        once: bool = True,
    ) -> Any:
        """Return the answer's JSON; None where it has none.

        Args:
            method: `GET`, `POST`, …
            path: On the server.
            query: Of the address.
            body: Sent again with every try.
            once: Whether it matters that a POST is done once. What is only looked at is looked at again: the
                platform keeps no face for an answer that is repeated.

        Raises:
            ApiError: The answer is an error, after as many tries as make sense.
        """
        with self.stream(method, path, query=query, body=body, once=once) as answer:
            data = answer.read()
        return json.loads(data) if data else None

    @contextmanager
    def stream(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Body | None = None,
        once: bool = True,
    ) -> Iterator[http.client.HTTPResponse]:
        """Open an answer to be read piece by piece; raises like `call`."""
        headers = {"Authorization": f"Bearer {self._key}", "Accept": "application/json"}
        if method == "POST" and once:
            headers["Idempotency-Key"] = uuid.uuid4().hex
        if body is not None:
            headers |= {"Content-Type": body.content_type, "Content-Length": str(body.length)}
        address = self._path + path + (f"?{urlencode(query)}" if query else "")
        answer = self._answered(method, address, headers, body)
        try:
            yield answer
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Unreachable(f"The answer broke off: {error!r}") from error
        finally:
            if not answer.isclosed():  # left before its end: what is still on the way is not the next answer
                self.close()

    def close(self) -> None:
        """Close this thread's connection; the next call opens another."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
        self._local.connection = None

    def _answered(
        self, method: str, address: str, headers: dict[str, str], body: Body | None
    ) -> http.client.HTTPResponse:
        for attempt in range(1, self._tries + 1):
            try:
                return self._once(method, address, headers, body)
            except (Unreachable, Throttled, Unavailable, Conflict) as error:
                wait = _wait_before_next(error, attempt)
                if attempt == self._tries or wait is None or wait > self._longest_wait:
                    raise
                time.sleep(wait)
        raise AssertionError("There is at least one try.")

    def _once(
        self, method: str, address: str, headers: dict[str, str], body: Body | None
    ) -> http.client.HTTPResponse:
        connection = self._connection()
        try:
            connection.request(method, address, body.pieces if body else None, headers)
            answer = connection.getresponse()
            if answer.status < _FIRST_ERROR:
                return answer
            problem = _problem(answer.read())
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Unreachable(f"{self._host} gave no answer: {error!r}") from error
        raised = error_of(answer.status, problem)
        raised.retry_after = _seconds(answer.headers.get("Retry-After"))
        raise raised

    def _connection(self) -> http.client.HTTPConnection:
        connection: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if connection is None:
            if self._context:
                connection = http.client.HTTPSConnection(
                    self._host, self._port, timeout=self._timeout, context=self._context
                )
            else:
                connection = http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)
            self._local.connection = connection
        return connection


def _problem(data: bytes) -> dict[str, Any]:
    """Return a problem document; what is none (a proxy's page, say) is not shown as one."""
    try:
        found = json.loads(data)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _wait_before_next(error: ApiError, attempt: int) -> float | None:
    """Return the seconds until the call may be repeated; None where repeating is of no use."""
    if isinstance(error, Conflict) and error.code != _IN_FLIGHT:
        return None
    if error.retry_after is not None:
        return error.retry_after
    longest: float = _FIRST_WAIT * 2 ** min(attempt - 1, _DOUBLINGS)
    return longest * random.uniform(0.5, 1)  # noqa: S311 - no secret


def _seconds(text: str | None) -> float | None:
    return float(text) if text and text.isdecimal() else None
