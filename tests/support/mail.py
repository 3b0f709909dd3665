"""A real mail server on the loopback: it takes what it is sent and keeps it in memory."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

_ANSWERS = {
    "HELO": "250 sink",
    "EHLO": "250 sink",
    "MAIL": "250 OK",
    "RCPT": "250 OK",
    "RSET": "250 OK",
    "NOOP": "250 OK",
    "DATA": "354 go on",
    "QUIT": "221 bye",
}


@dataclass
class Sink:
    """What was received, and where to send it.

    Attributes:
        refuses: A reply to give to every RCPT in place of OK, such as `450 try later`.
    """

    port: int = 0
    messages: list[EmailMessage] = field(default_factory=list)
    envelopes: list[list[str]] = field(default_factory=list)
    refuses: str = ""


@contextmanager
def sink() -> Iterator[Sink]:
    """Run the server until the block ends."""
    kept = Sink()

    class Handler(_Handler):
        sink = kept

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        kept.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield kept
        finally:
            server.shutdown()
            thread.join()


class _Handler(socketserver.StreamRequestHandler):
    sink: Sink

    def handle(self) -> None:
        self._say("220 sink")
        receivers: list[str] = []
        for line in self.rfile:
            verb = line[:4].decode("ascii").upper()
            if verb == "RCPT" and self.sink.refuses:
                self._say(self.sink.refuses)
                continue
            if verb == "RCPT":
                receivers.append(line.decode().partition("<")[2].partition(">")[0])
            self._say(_ANSWERS.get(verb, "500 unknown"))
            if verb == "DATA":
                self._keep(receivers)
                receivers = []
            if verb == "QUIT":
                return

    def _keep(self, receivers: list[str]) -> None:
        lines: list[bytes] = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b"..") else line)
        parsed: Any = message_from_bytes(b"".join(lines), policy=policy.default)
        self.sink.messages.append(parsed)
        self.sink.envelopes.append(receivers)
        self._say("250 kept")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode("ascii"))
