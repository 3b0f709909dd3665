"""Photos in, faces with templates out: read ahead, decode, detect and align in threads, embed in batches."""

import logging
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Protocol

import numpy as np

from portal.common.errors import InvalidInput
from recognition.engine.align import chip
from recognition.engine.decode import Photo, decode_photo
from recognition.engine.flow import Source, Threads, Turnstile
from recognition.engine.grades import reason_against
from recognition.engine.quality import measure
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

__all__ = ["Detects", "Embeds", "Engine", "Source"]

logger = logging.getLogger(__name__)

# Photos in work or waiting for their batch: enough to keep the threads busy during one batch, few enough
# that memory stays flat (a prepared photo keeps only its 68 KB chips).
_LEAST_AHEAD = 48


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
    """Recognizes faces. Several runs may go on at once, and `analyze` beside them; they share the threads."""

    def __init__(
        self, embed: Embeds, detectors: Sequence[Detects], pipeline_id: str, *, in_turn: bool = False
    ) -> None:
        """Join the parts.

        Args:
            embed: Turns chips into templates.
            detectors: One for each thread that shall detect.
            pipeline_id: Names net, landmarks, averaging and version. Templates of different pipelines are
                never compared.
            in_turn: Let the detectors rest while a batch is embedded: for processors that do both.
        """
        self.pipeline_id = pipeline_id
        self._embed = embed
        self._turns = Turnstile() if in_turn else None
        self._threads = Threads(self._prepare, len(detectors))
        self._detectors: SimpleQueue[Detects] = SimpleQueue()
        for detector in detectors:
            self._detectors.put(detector)

    def analyze(self, data: bytes) -> ImageResult:
        """Return all faces of one photo; what is wrong with it stands in the result's reason."""
        prepared = self._prepare("", data)
        return _result(prepared, list(self._templates(prepared.chips)))

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
        line, look = _Line(), between_batches or _nothing
        with closing(self._prepared(images)) as prepared:
            for one in prepared:
                line.join(one)
                while line.fills(self._embed.batch):
                    look()
                    line.serve(self._templates(line.next(self._embed.batch)))
                    yield from line.served()
        if line.photos:
            look()
            line.serve(self._templates(line.next(len(line.chips))))
            yield from line.served()

    def _prepared(self, images: Iterable[tuple[str, Source]]) -> Generator[_Prepared, None, None]:
        """Keep a bounded number of photos in work and hand them on in order."""
        waiting: deque[Future[_Prepared]] = deque()
        ahead = max(_LEAST_AHEAD, self._embed.batch)
        try:
            for key, source in images:
                waiting.append(self._threads.begin(key, source))
                if len(waiting) >= ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()

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
        with self._turns.beside() if self._turns else nullcontext():
            photo = decode_photo(data, reduced=True)
            found = self._found(photo.pixels)
            sharp = _sharpest(photo, found, data)
            faces = tuple(_cut(face, photo, sharp) for face in found)
        return _Prepared(key, photo.width, photo.height, faces, None if faces else NO_FACE)

    def _found(self, pixels: Pixels) -> list[Found]:
        detector = self._detectors.get()
        try:
            return detector(pixels)
        finally:
            self._detectors.put(detector)

    def _templates(self, chips: list[Pixels]) -> Float32:
        if not chips:
            return np.empty((0, 0), dtype=np.float32)
        stacked = np.stack(chips)
        if self._turns is None:
            return self._embed(stacked)
        with self._turns.alone():
            return self._embed(stacked)


@dataclass(slots=True)
class _Line:
    """Photos in order, whose chips are served in batches that need not end where a photo ends."""

    photos: deque[_Prepared] = field(default_factory=deque)
    chips: deque[Pixels] = field(default_factory=deque)
    templates: deque[Float32] = field(default_factory=deque)

    def join(self, photo: _Prepared) -> None:
        self.photos.append(photo)
        self.chips.extend(photo.chips)

    def fills(self, size: int) -> bool:
        """Say whether chips fill a batch, or so many photos are faceless that results would stall."""
        return len(self.chips) >= size or len(self.photos) >= 2 * size

    def next(self, count: int) -> list[Pixels]:
        """Take the next chips off the line, at most so many."""
        return [self.chips.popleft() for _ in range(min(count, len(self.chips)))]

    def serve(self, templates: Float32) -> None:
        self.templates.extend(templates)

    def served(self) -> Iterator[ImageResult]:
        """Take off the photos whose chips were all served."""
        while self.photos and len(self.photos[0].chips) <= len(self.templates):
            photo = self.photos.popleft()
            yield _result(photo, [self.templates.popleft() for _ in photo.chips])


def _nothing() -> None:
    """Look at nothing between batches."""


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


def _result(prepared: _Prepared, templates: list[Float32]) -> ImageResult:
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
