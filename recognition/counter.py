"""Where synchronous calls are served: one thread of an engine worker, beside the shards under way.

Celery's one task a process would keep people waiting for a turn of five seconds. This thread waits on the
line itself, and the engine serves several runs at a time. It writes nothing: what it finds goes back to the
caller, whose transaction decides whether an answer leaves.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from uuid import UUID

import numpy as np
from django.db import close_old_connections, connection
from redis.exceptions import RedisError

from compliance.actions import gate as gates
from compliance.actions.gate import Epochs
from portal.common.envelope import DataKey
from portal.common.errors import InvalidInput
from portal.tenancy import secrets
from portal.tenancy.scope import tenant_scope
from recognition import ends, line, parcels, search
from recognition.engine import grades, scale
from recognition.engine.types import DetectedFace, ImageResult
from recognition.hits import Hit
from recognition.models import Gallery, JobKind
from recognition.parcels import BROKE, MOST_COMPARED, STOPPED, Answer, Ask
from recognition.sketches import sketch
from recognition.writing import EngineLike

_LISTEN_SECONDS = 1.0
_PAUSE_SECONDS = 1.0  # after Redis was away
logger = logging.getLogger(__name__)


class Counter:
    """Serves calls one after the other. Made after the fork, once the model is loaded."""

    def __init__(self, engine: EngineLike, *, worker: str, listen_seconds: float = _LISTEN_SECONDS) -> None:
        """Open the counter.

        Args:
            engine: Serves several runs at a time.
            worker: Name of its process: should it die over a call, the caller is told by `line.lost`.
            listen_seconds: How long it waits for a call before it looks whether it is to end.
        """
        self._engine, self._worker, self._listen_seconds = engine, worker, listen_seconds
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="calls", daemon=True)

    def begin(self) -> None:
        """Serve calls from now on."""
        self._thread.start()

    def end(self, seconds: float = 10.0) -> None:
        """Take no further call, and let the one under way be answered."""
        self._ended.set()
        self._thread.join(timeout=seconds)

    def _serve(self) -> None:
        while not self._ended.is_set():
            try:
                self.serve_next(self._listen_seconds)
            except RedisError:
                self._ended.wait(_PAUSE_SECONDS)
            except Exception:  # one call must not end the serving of all others; its caller is told in time
                logger.exception("A call was lost")
        connection.close()  # the thread's own

    def serve_next(self, seconds: float) -> bool:
        """Serve the call whose turn it is; False where none came in time.

        Raises:
            RedisError: The line is away.
        """
        taken = line.next_call(seconds, worker=self._worker)
        if taken is None:
            return False
        began = time.monotonic()
        close_old_connections()  # the database may have restarted since the last call
        key = secrets.data_key(parcels.owner_of(taken.packed))
        packed = parcels.pack_answer(self._answer(taken.packed, taken.call, key), taken.call, key)
        line.answer(taken, packed, worker=self._worker, seconds=time.monotonic() - began)
        return True

    def _answer(self, packed: bytes, call: UUID, key: DataKey) -> Answer:
        try:
            ask, photos = parcels.unpack(packed, call, key)
            if gates.current_epochs(ask.organization) != Epochs(ask.policy_epoch, ask.organization_epoch):
                return Answer(problem=STOPPED)
            return _SERVED[JobKind(ask.kind)](ask, self._look(photos), key, self._engine.pipeline_id)
        except InvalidInput as error:  # the pipeline was never calibrated: no similarity can be said
            return Answer(problem=error.code)
        except Exception:
            logger.exception("A call broke")
            return Answer(problem=BROKE)

    def _look(self, photos: Sequence[bytes]) -> list[ImageResult]:
        return list(self._engine.run((str(place), _reader(photo)) for place, photo in enumerate(photos)))


def _reader(photo: bytes) -> Callable[[], bytes]:
    return lambda: photo


def _detect(ask: Ask, photos: list[ImageResult], key: DataKey, pipeline: str) -> Answer:
    return Answer(pipeline, _bare(photos))


def _enroll(ask: Ask, photos: list[ImageResult], key: DataKey, pipeline: str) -> Answer:
    return Answer(pipeline, tuple(photos))


def _compare(ask: Ask, photos: list[ImageResult], key: DataKey, pipeline: str) -> Answer:
    """Compare the largest face of the first photo with those of the second."""
    first, second = (_chosen(photo, ask) for photo in photos)
    others = second[:MOST_COMPARED]
    if not first or not others:
        return Answer(pipeline, _bare(photos))
    probe = first[0].template
    distances = np.stack([np.linalg.norm(face.template - probe) for face in others])  # type: ignore[operator]
    values = scale.similarities(distances, pipeline)
    similarities = {face.index: round(float(s), 3) for face, s in zip(others, values, strict=True)}
    sketches = _sketches(first[0], others[0], ask.sketches_under) if ask.sketches_under else ()
    return Answer(pipeline, _bare(photos), similarities=similarities, sketches=sketches)


def _sketches(first: DetectedFace, second: DetectedFace, secret: str) -> tuple[bytes, ...]:
    both = (face.template for face in (first, second))
    return tuple(sketch(template, bytes.fromhex(secret)) for template in both if template is not None)


def _search(ask: Ask, photos: list[ImageResult], key: DataKey, pipeline: str) -> Answer:
    [photo] = photos
    chosen = _chosen(photo, ask)[: 1 if ask.only_largest else None]
    with tenant_scope(ask.organization):
        gallery: Gallery = Gallery.objects.get(pk=str(ask.gallery))
        if gallery.pipeline not in ("", pipeline):  # templates of two models say nothing about each other
            return Answer(pipeline, _bare(photos), problem=ends.MODEL_MISMATCH)
        hits = _hits(gallery, ask, replace(photo, faces=tuple(chosen)), key)
        if not Gallery.objects.filter(pk=gallery.pk, pipeline=gallery.pipeline).exists():
            return Answer(problem=STOPPED)  # it went to another pipeline meanwhile: none may have been seen
    return Answer(pipeline, _bare(photos), hits=hits)


def _hits(gallery: Gallery, ask: Ask, photo: ImageResult, key: DataKey) -> dict[int, list[Hit]]:
    [hits] = search.of_photos(gallery, key, [photo], threshold=ask.threshold, most=ask.most)
    return hits


def _chosen(photo: ImageResult, ask: Ask) -> list[DetectedFace]:
    """Return the faces that may be compared and are as good as the caller asks for, largest first."""
    return [face for face in photo.usable if grades.passes(face.quality, ask.bar)]


def _bare(photos: Sequence[ImageResult]) -> tuple[ImageResult, ...]:
    return tuple(parcels.without_templates(photo) for photo in photos)


_SERVED: dict[JobKind, Callable[[Ask, list[ImageResult], DataKey, str], Answer]] = {
    JobKind.DETECT: _detect,
    JobKind.ENROLL: _enroll,
    JobKind.COMPARE: _compare,
    JobKind.SEARCH: _search,
}
