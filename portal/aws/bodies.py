"""Bodies of calls: how long one may be, where it lies while its signature is checked, how many are parsed.

A body lies in memory while it is small and in a file without a name else, so that who has not proven
anything, or sends slowly, takes no memory. Parsed, it takes three times its size: of large ones a process
parses three at once (docs/decisions/0144).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from threading import BoundedSemaphore
from typing import IO, Any

from django.http import HttpRequest

from portal.aws.sigv4 import Rejected

LONGEST = 14_100_000  # bytes: two images of 5 MiB in base64, and some words
LARGE = 1_000_000
LARGE_AT_ONCE = 3
WAIT_SECONDS = 5.0
_PIECE = 1 << 16
_rooms = BoundedSemaphore(LARGE_AT_ONCE)


@dataclass(frozen=True)
class Body:
    """What was received, whole.

    Attributes:
        size: In bytes.
        hash: SHA-256, 64 hex digits.
    """

    size: int
    hash: str
    _file: IO[bytes]

    def text(self) -> str:
        """Return it as text.

        Raises:
            UnicodeDecodeError: It is no UTF-8.
        """
        self._file.seek(0)
        return self._file.read().decode()

    @contextmanager
    def room(self) -> Iterator[None]:
        """Wait for a turn to parse it; large bodies take turns.

        Raises:
            Rejected: `ThrottlingException`, after five seconds.
        """
        if self.size < LARGE:
            yield
            return
        if not _rooms.acquire(timeout=WAIT_SECONDS):
            raise Rejected("ThrottlingException", "Too many large images at once. Try your call again.")
        try:
            yield
        finally:
            _rooms.release()


def refuse_longer(headers: dict[str, str]) -> None:
    """Refuse a body by the length it says to have, before any of it is read.

    Raises:
        Rejected: `ImageTooLargeException`.
    """
    if int(headers.get("content-length") or 0) > LONGEST:
        raise _too_long()


@contextmanager
def received(request: HttpRequest) -> Iterator[Body]:
    """Read the body of a request, also one that came in chunks and did not say how long it is.

    Raises:
        Rejected: `ImageTooLargeException`, at the first byte too many; `RequestTimeoutException`, where it
            ends before its end.
    """
    source: Any = request.META["wsgi.input"] if "HTTP_TRANSFER_ENCODING" in request.META else request
    with tempfile.SpooledTemporaryFile(max_size=LARGE) as file:
        size, digest = 0, sha256()
        try:
            while piece := source.read(_PIECE):
                size += len(piece)
                if size > LONGEST:
                    raise _too_long()
                digest.update(piece)
                file.write(piece)
        except OSError as error:
            raise Rejected("RequestTimeoutException", "The body did not arrive whole.") from error
        yield Body(size, digest.hexdigest(), file)


def _too_long() -> Rejected:
    sentence = f"The request is larger than {LONGEST:,} bytes. Images sent as bytes have at most 5 MiB each."
    return Rejected("ImageTooLargeException", sentence)
