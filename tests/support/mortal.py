"""Engines that die over certain photos, as a process does that a broken photo makes run out of memory."""

import os
import signal
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from recognition.engine import registry
from recognition.engine.pipeline import Source
from recognition.engine.types import ImageResult
from recognition.writing import EngineLike
from tests.support import fake_engine

POISON = b"this photo kills"  # stands in the comment of the photo


class Mortal:
    """An engine whose process is killed the moment it reads a poisoned photo."""

    def __init__(self, engine: EngineLike) -> None:
        self._engine = engine
        self.pipeline_id = engine.pipeline_id

    def run(
        self, images: Iterable[tuple[str, Source]], *, between_batches: Callable[[], None] | None = None
    ) -> Iterator[ImageResult]:
        """Yield what the engine finds."""
        deadly = ((key, _deadly(source)) for key, source in images)
        yield from self._engine.run(deadly, between_batches=between_batches)


def load_fake(**_: Any) -> Mortal:
    """Stand in for `recognition.engine.registry.load`, without nets."""
    return Mortal(fake_engine.load())


def load_real(**options: Any) -> Mortal:
    """Load the real engine."""
    return Mortal(registry.load(**options))


def _deadly(source: Source) -> Callable[[], bytes]:
    def read() -> bytes:
        data = source if isinstance(source, bytes) else source()
        if POISON in data:
            os.kill(os.getpid(), signal.SIGKILL)
        return data

    return read
