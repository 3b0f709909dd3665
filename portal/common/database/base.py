"""The connection to PostgreSQL; the name of this module is Django's."""

from __future__ import annotations

import select

from django.db.backends.postgresql import base
from psycopg import Cursor
from psycopg.pq import TransactionStatus


class DatabaseWrapper(base.DatabaseWrapper):
    """Tells without a question whether the server still holds a connection.

    Django asks `SELECT 1` at the start of every request. A server that ends a connection says so on it, and
    one that was not asked has nothing else to say: what can be read there means that it is over. A server
    that vanished without a word answers no question either.

    And keeps one of psycopg's own cursors open, which may prepare statements as Django's cursors never do: to
    make one takes as long as to ask.
    """

    _kept: Cursor | None = None

    def kept_cursor(self) -> Cursor:
        """Return that cursor, on an open connection; each answer is fetched before the next question."""
        self.close_if_health_check_failed()
        self.ensure_connection()
        if self._kept is None or self._kept.connection is not self.connection:
            self._kept = Cursor(self.connection)
        return self._kept

    def is_usable(self) -> bool:
        """Tell whether statements can be sent."""
        if self.connection is None or self.connection.closed:
            return False
        link = self.connection.pgconn
        # TLS has messages of its own, that come unasked; a statement that was broken off may run, or have
        # left its transaction open. Only a question tells then.
        if link.ssl_in_use or link.transaction_status != TransactionStatus.IDLE:
            return bool(super().is_usable())
        waiting = select.poll()
        waiting.register(self.connection.fileno(), select.POLLIN)
        return not waiting.poll(0)
