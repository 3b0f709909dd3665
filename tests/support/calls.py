"""Synchronous calls in tests: a counter as engine workers have it, in this process, any engine behind it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from portal.common.clock import database_now
from recognition.actions.orders import Order
from recognition.counter import Counter
from recognition.models import Heartbeat, JobKind
from tests.support.fake_engine import FakeEngine
from tests.support.jobs import FACTS, Desk

NAME = "test:counter"


@contextmanager
def serving(engine: Any = None) -> Iterator[None]:
    """Serve calls for as long as the block lasts."""
    counter = Counter(engine or FakeEngine(), worker=NAME, listen_seconds=0.05)
    with alive():
        counter.begin()
        try:
            yield
        finally:
            counter.end()


@contextmanager
def alive() -> Iterator[None]:
    """Let a worker seem to live, whoever serves."""
    later = database_now() + timedelta(hours=1)  # a loaded machine may take longer than a beat
    values = {"pipeline": FakeEngine.pipeline_id, "beat_at": later}
    Heartbeat.objects.update_or_create(worker=NAME, defaults=values)
    try:
        yield
    finally:
        Heartbeat.objects.filter(worker=NAME).delete()


def asked(desk: Desk, kind: str = "search", **changes: Any) -> dict[str, Any]:
    """What a call of a desk is made with."""
    of_gallery = kind in ("search", "enroll")
    values = {
        "kind": JobKind(kind),
        "gallery": desk.gallery if of_gallery else None,
        "purpose": "find_missing_child",
        "end_user_id": desk.tenant.itself.pk,
        "facts": FACTS | ({"probe_source": None} if kind == "enroll" else {}),
    }
    by = changes.pop("by", desk.by)
    return {"organization": desk.tenant.organization, "order": Order(**values | changes), "by": by}
