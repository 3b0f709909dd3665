"""Receivers of webhooks for benchmarks: one port that answers at once, one that never does; prints both."""

from __future__ import annotations

import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Answering(BaseHTTPRequestHandler):
    """Takes everything and says so."""

    def do_POST(self) -> None:
        """Read and answer."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class Hanging(Answering):
    """Takes everything and never says so."""

    def do_POST(self) -> None:
        """Read and wait."""
        threading.Event().wait()


class Server(ThreadingHTTPServer):
    """Takes many connections at once."""

    daemon_threads = True
    request_queue_size = 128


def main() -> None:
    """Serve until the end of our input."""
    servers = [Server(("127.0.0.1", 0), handler) for handler in (Answering, Hanging)]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    print(*(server.server_address[1] for server in servers), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
