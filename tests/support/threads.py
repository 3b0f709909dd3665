"""Steps taken at the same instant, each over a database connection of its own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connection

from portal.common.errors import DomainError


def together(*steps: Callable[[], Any]) -> list[Any]:
    """Take steps at once; return what each came to: its value, or the error's code."""
    barrier = Barrier(len(steps))

    def take(step: Callable[[], Any]) -> Any:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=10)
            return step()
        except DomainError as error:
            return error.code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(steps)) as pool:
        return [future.result(timeout=30) for future in [pool.submit(take, step) for step in steps]]
