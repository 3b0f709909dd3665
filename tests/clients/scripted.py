"""A server that answers what it is told to, one answer a call, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LOST = object()  # the connection is closed without an answer


@dataclass
class Asked:
    """One call that came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Script:
    """Answers in order: LOST, or status, headers, body (JSON, or bytes sent as one chunk and cut off)."""

    answers: list[Any]
    asked: list[Asked] = field(default_factory=list)
    url: str = ""


@contextmanager
def scripted(*answers: Any) -> Iterator[Script]:
    """Serve a script for as long as the block lasts."""
    script = Script(list(answers))
    handler = type("Handler", (_Handler,), {"script": script})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    script.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    script: Script

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.script.asked.append(Asked(self.command, self.path, dict(self.headers), body))
        answer = self.script.answers.pop(0)
        if answer is LOST:
            self.close_connection = True
            return
        status, headers, value = answer
        self.send_response(status)
        if isinstance(value, bytes):
            self._cut_off(value)
            return
        data = b"" if value is None else json.dumps(value).encode()
        for name, text in {**headers, "Content-Length": str(len(data))}.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(data)

    def _cut_off(self, value: bytes) -> None:
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(value), value))
        self.close_connection = True  # the last chunk never comes

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()
