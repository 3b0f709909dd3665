"""A second engine of another pipeline, for tests of galleries that go from one to the other."""

from __future__ import annotations

from collections.abc import Container, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.db.models.functions import Now

from recognition import ledger, runner
from recognition.engine.scale import DEFAULT_PIPELINE
from recognition.engine.types import DetectedFace, ImageResult
from recognition.models import Heartbeat, Shard
from tests.support.fake_engine import FakeEngine

NEXT = "dlib-resnet-v1/yunet/mesh5/mirror/1"


class NextEngine(FakeEngine):
    """Sees the same faces as the fake engine, by templates that are nothing like its."""

    pipeline_id = NEXT

    def run(self, images: Any, between_batches: Any = None) -> Iterator[ImageResult]:
        for found in super().run(images, between_batches):
            yield replace(found, faces=tuple(_other(face) for face in found.faces))


class Blind(NextEngine):
    """Sees no face in some photos, or in none at all."""

    def __init__(self, photos: Container[str] | None = None) -> None:
        self.photos = photos

    def run(self, images: Any, between_batches: Any = None) -> Iterator[ImageResult]:
        for found in super().run(images, between_batches):
            seen = self.photos is not None and found.key not in self.photos
            yield found if seen else replace(found, faces=(), reason="no_face")


def _other(face: DetectedFace) -> DetectedFace:
    return replace(face, template=None if face.template is None else face.template[::-1].copy())


@contextmanager
def workers() -> Iterator[None]:
    """Let a worker of either pipeline give signs of life; other tests know of none."""
    for worker, pipeline in (("test:old", DEFAULT_PIPELINE), ("test:next", NEXT)):
        values = {"pipeline": pipeline, "beat_at": Now() + timedelta(minutes=5)}
        Heartbeat.objects.update_or_create(worker=worker, defaults=values)
    try:
        work_old()  # what other tests left
        work_next()
        yield
    finally:
        Heartbeat.objects.filter(pk__in=("test:old", "test:next")).delete()
        Shard.objects.filter(state="ready").update(state="cancelled")


def work_old() -> None:
    """Do what a worker of the old pipeline does, until nothing is ready for it."""
    while claim := ledger.claim("test:old"):
        runner.run(claim, FakeEngine())


def work_next(engine: FakeEngine | None = None) -> None:
    """Do what a worker of the next pipeline does, until nothing is ready for it."""
    while claim := ledger.claim("test:next"):
        runner.run(claim, engine or NextEngine())
