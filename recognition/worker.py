"""What lives as long as an engine worker's process: its model and its heartbeat."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from datetime import timedelta
from typing import cast

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models.functions import Now
from django.utils.module_loading import import_string

from portal.common.clock import database_now
from recognition.models import Heartbeat
from recognition.writing import EngineLike

BEAT_SECONDS = 1.0
FORGET_AFTER = timedelta(hours=1)
log = logging.getLogger(__name__)


class Worker:
    """One engine process. Made after the fork: a model loaded before it would hang the child."""

    def __init__(self) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}:{time.time_ns()}"
        self._engine: EngineLike | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def begin(self) -> None:
        """Give signs of life from now on, and load the model."""
        self._thread.start()
        self.engine  # noqa: B018 - loads it

    def end(self) -> None:
        """Stop the signs of life in a way that is seen, so that leases end at once."""
        self._ended.set()
        self._thread.join(timeout=2 * BEAT_SECONDS)
        Heartbeat.objects.filter(pk=self.name).update(beat_at=database_now() - FORGET_AFTER / 2)

    @property
    def engine(self) -> EngineLike:
        """The engine, loaded once."""
        if self._engine is None:
            load = import_string(settings.COUNTENANCE_ENGINE)
            self._engine = cast(EngineLike, load())
        return self._engine

    def _beat(self) -> None:
        while not self._ended.wait(BEAT_SECONDS):
            try:
                self._write()
            except DatabaseError as error:  # the database restarts: the next beat tells it again
                log.warning("heartbeat not written: %s", type(error).__name__)
                connection.close()
        connection.close()  # the thread's own

    def _write(self) -> None:
        pipeline = self._engine.pipeline_id if self._engine else ""
        Heartbeat.objects.update_or_create(
            worker=self.name, defaults={"pipeline": pipeline, "beat_at": Now()}
        )


def forget_dead() -> None:
    """Delete heartbeats of processes long gone."""
    Heartbeat.objects.filter(beat_at__lt=database_now() - FORGET_AFTER).delete()
