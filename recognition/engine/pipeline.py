"""Photos in, faces with templates out: decode, detect and align in threads, embed in batches."""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Protocol

import numpy as np

from portal.common.errors import InvalidInput
from recognition.engine.align import CHIP_SIDE, chip
from recognition.engine.decode import Photo, decode_photo
from recognition.engine.quality import measure, reason_against
from recognition.engine.types import (
    FACE_TOO_SMALL,
    LOW_QUALITY,
    NO_FACE,
    POISON,
    Box,
    DetectedFace,
    Float32,
    Found,
    ImageResult,
    Pixels,
    Quality,
)

Source = bytes | Callable[[], bytes]

logger = logging.getLogger(__name__)

# Photos in work or waiting for their batch: enough to keep the threads busy during one batch, few enough
# that memory stays flat (a prepared photo keeps only its 68 KB chips).
_AHEAD = 48


class Detects(Protocol):
    """What the pipeline needs of a detector."""

    def __call__(self, pixels: Pixels) -> list[Found]:
        """Return the faces of an upright RGB photo, largest first."""


class Embeds(Protocol):
    """What the pipeline needs of an embedder."""

    @property
    def batch(self) -> int:
        """How many chips are best embedded at once."""

    def __call__(self, chips: Pixels) -> Float32:
        """Return unit-length templates (N, D) for chips (N, 150, 150, 3)."""


@dataclass(frozen=True, slots=True, eq=False)
class _Face:
    box: Box
    landmarks: Float32
    quality: Quality
    chip: Pixels
    reason: str | None


@dataclass(frozen=True, slots=True, eq=False)
class _Prepared:
    key: str
    width: int
    height: int
    faces: tuple[_Face, ...]
    reason: str | None

    @property
    def chips(self) -> list[Pixels]:
        return [face.chip for face in self.faces if face.reason is None]


class Engine:
    """Recognizes faces. One engine serves one run at a time, and `analyze` beside it."""

    def __init__(self, embed: Embeds, detectors: Sequence[Detects], pipeline_id: str) -> None:
        """Join the parts.

        Args:
            embed: Turns chips into templates.
            detectors: One for each thread that shall detect.
            pipeline_id: Names net, landmarks, averaging and version. Templates of different pipelines are
                never compared.
        """
        self.pipeline_id = pipeline_id
        self._embed = embed
        self._threads = len(detectors)
        self._detectors: SimpleQueue[Detects] = SimpleQueue()
        for detector in detectors:
            self._detectors.put(detector)

    def analyze(self, data: bytes) -> ImageResult:
        """Return all faces of one photo; what is wrong with it stands in the result's reason."""
        prepared = self._prepare("", data)
        return _result(prepared, self._templates(prepared.chips))

    def run(
        self,
        images: Iterable[tuple[str, Source]],
        between_batches: Callable[[], None] | None = None,
    ) -> Iterator[ImageResult]:
        """Return the faces of many photos, in their order.

        Args:
            images: Keys with bytes, or with functions that fetch them (in a thread, when needed: then only
                a few photos are in memory at once).
            between_batches: Called before each batch is embedded. Its exception ends the run: results not
                yet handed out are discarded, and it rises to the caller.

        A photo that cannot be read, or that breaks the engine, gets a reason; the others go on.
        """
        with ThreadPoolExecutor(self._threads, thread_name_prefix="faces") as pool:
            futures = self._submitted(pool, images)
            try:
                for group in _batches(futures, self._embed.batch):
                    if between_batches is not None:
                        between_batches()
                    yield from self._finish(group)
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    def _submitted(
        self, pool: ThreadPoolExecutor, images: Iterable[tuple[str, Source]]
    ) -> Iterator[_Prepared]:
        """Keep a bounded number of photos in work and hand them on in order."""
        waiting: deque[Future[_Prepared]] = deque()
        for key, source in images:
            waiting.append(pool.submit(self._prepare, key, source))
            if len(waiting) >= _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def _prepare(self, key: str, source: Source) -> _Prepared:
        try:
            return self._faces(key, source if isinstance(source, bytes) else source())
        except InvalidInput as error:
            return _Prepared(key, 0, 0, (), error.code)
        except Exception:
            # Whatever one photo does to a decoder or a net must not stop the thousand others.
            logger.exception("A photo broke the engine", extra={"key": key})
            return _Prepared(key, 0, 0, (), POISON)

    def _faces(self, key: str, data: bytes) -> _Prepared:
        photo = decode_photo(data, reduced=True)
        detector = self._detectors.get()
        try:
            found = detector(photo.pixels)
        finally:
            self._detectors.put(detector)
        sharp = _sharpest(photo, found, data)
        faces = tuple(_cut(face, photo, sharp) for face in found)
        return _Prepared(key, photo.width, photo.height, faces, None if faces else NO_FACE)

    def _finish(self, group: list[_Prepared]) -> Iterator[ImageResult]:
        templates = self._templates([chip for prepared in group for chip in prepared.chips])
        start = 0
        for prepared in group:
            end = start + len(prepared.chips)
            yield _result(prepared, templates[start:end])
            start = end

    def _templates(self, chips: list[Pixels]) -> Float32:
        empty = np.empty((0, CHIP_SIDE, CHIP_SIDE, 3), dtype=np.uint8)
        return self._embed(np.stack(chips) if chips else empty)


def _batches(prepared: Iterable[_Prepared], size: int) -> Iterator[list[_Prepared]]:
    """Group photos until their chips fill a batch, or so many are faceless that results would stall."""
    group: list[_Prepared] = []
    chips = 0
    for one in prepared:
        group.append(one)
        chips += len(one.chips)
        if chips >= size or len(group) >= 2 * size:
            yield group
            group, chips = [], 0
    if group:
        yield group


def _sharpest(photo: Photo, found: list[Found], data: bytes) -> Photo:
    """Decode at full size only if a face is so small that the reduced photo would blur its chip."""
    if photo.scale <= 1 or not any(_chip_scale(face) > 1 for face in found):
        return photo
    return decode_photo(data, reduced=False)


def _chip_scale(face: Found) -> float:
    """Return chip pixels per decoded pixel; eyes lie 53 pixels apart in a chip."""
    return 53.2 / max(float(np.linalg.norm(face.landmarks[1] - face.landmarks[0])), 1.0)


def _cut(face: Found, photo: Photo, sharp: Photo) -> _Face:
    landmarks = face.landmarks * photo.scale
    cut = chip(sharp.pixels, landmarks / sharp.scale)
    quality = measure(face, cut, photo.scale)
    left, top, right, bottom = (float(edge) for edge in face.box * photo.scale)
    return _Face(Box(left, top, right - left, bottom - top), landmarks, quality, cut, reason_against(quality))


def _result(prepared: _Prepared, templates: Float32) -> ImageResult:
    remaining = iter(templates)
    faces = tuple(
        _detected(index, face, None if face.reason else next(remaining))
        for index, face in enumerate(prepared.faces)
    )
    reason = prepared.reason or _reason(faces)
    return ImageResult(prepared.key, prepared.width, prepared.height, faces, reason)


def _detected(index: int, face: _Face, template: Float32 | None) -> DetectedFace:
    reason = face.reason
    if template is not None and not np.isfinite(template).all():
        template, reason = None, POISON
    return DetectedFace(index, face.box, face.landmarks, face.quality, template, reason)


def _reason(faces: tuple[DetectedFace, ...]) -> str | None:
    """Return None if a face can be compared, else the reason that is most useful to whoever sent it."""
    reasons = {face.reason for face in faces}
    if None in reasons:
        return None
    return next(reason for reason in (LOW_QUALITY, FACE_TOO_SMALL, POISON) if reason in reasons)
