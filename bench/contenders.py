"""Ways to turn photo files into candidates of a gallery of 10,000: ours, DeepFace called directly, dlib."""

import importlib.util
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from recognition.engine import registry
from recognition.engine.deepface_backend import DeepFace
from recognition.engine.identity import BFLOAT16, FLOAT32
from recognition.engine.pipeline import Engine
from recognition.engine.runtime import computes_bfloat16
from recognition.engine.types import Float32, Pixels

NET = "CountenanceDlib"
FAST, DEFAULT = "Countenance, fast mode", "Countenance, default mode"
FAST_NARROW, DEFAULT_NARROW = f"{FAST}, bfloat16", f"{DEFAULT}, bfloat16"
GALLERY, CANDIDATES = 10_000, 10
TOGETHER = 64  # photos of a shard


@dataclass(frozen=True)
class Contender:
    """A way from files to candidates.

    Attributes:
        name: For the table.
        photos: How many a round of it takes.
        run: Does it; returns the number of faces that were searched.
        goal: How many times slower than our fast mode it shall be at least; 0 where nothing was set. It was
            set for float32.
    """

    name: str
    photos: int
    run: Callable[[list[Path]], int]
    goal: float = 0.0


def contenders() -> list[Contender]:
    """Return all that can run here, ours first."""
    return [
        *_ours(),
        Contender("DeepFace, list, our detector", 32, _as_list, 2.4),
        Contender("DeepFace, one by one, our detector", 32, _one_by_one("countenance"), 9.0),
        Contender("DeepFace, one by one, MTCNN", 12, _one_by_one("mtcnn"), 25.0),
        *_dlib(),
    ]


def _ours() -> Iterator[Contender]:
    names = {FAST: ("fast", FLOAT32), DEFAULT: ("default", FLOAT32)}
    if computes_bfloat16():
        names |= {FAST_NARROW: ("fast", BFLOAT16), DEFAULT_NARROW: ("default", BFLOAT16)}
    else:
        print("Left out: bfloat16, since this machine does not compute in it.")
    for name, (mode, precision) in names.items():
        yield Contender(name, 256, partial(_recognized, registry.load(mode, precision=precision)))


def searched(templates: Float32) -> int:
    """Search the gallery for templates (N, D): multiply, then take the best; return how many there were."""
    if len(templates):
        np.argpartition(-(templates @ _gallery().T), CANDIDATES, axis=1)[:, :CANDIDATES]
    return len(templates)


def _gallery(kept: list[Float32] = []) -> Float32:  # noqa: B006 - made once
    if not kept:
        drawn = np.random.default_rng(1).standard_normal((GALLERY, 128)).astype(np.float32)
        kept.append(drawn / np.linalg.norm(drawn, axis=1, keepdims=True))
    return kept[0]


def _recognized(engine: Engine, paths: list[Path]) -> int:
    """Do what a worker does: read in its threads, search a shard at a time."""
    results = engine.run((path.name, path.read_bytes) for path in paths)
    found = 0
    while shard := list(islice(results, TOGETHER)):
        found += searched(_stacked(face.template for result in shard for face in result.usable))
    return found


def _as_list(paths: list[Path]) -> int:
    answers = _represented([_bgr(path) for path in paths], "countenance")
    return searched(_templates(face for faces in answers for face in faces))


def _one_by_one(detector: str) -> Callable[[list[Path]], int]:
    return lambda paths: sum(searched(_templates(_represented(_bgr(path), detector))) for path in paths)


def _represented(photos: Any, detector: str) -> list[Any]:
    found: list[Any] = DeepFace.represent(
        photos, model_name=NET, detector_backend=detector, enforce_detection=False
    )
    return found


def _templates(faces: Iterable[dict[str, Any]]) -> Float32:
    return _stacked(np.asarray(face["embedding"], dtype=np.float32) for face in faces)


def _stacked(templates: Iterable[Float32 | None]) -> Float32:
    return np.asarray([template for template in templates if template is not None], dtype=np.float32)


def _rgb(path: Path) -> Pixels:
    return np.asarray(Image.open(io.BytesIO(path.read_bytes())).convert("RGB"))


def _bgr(path: Path) -> Pixels:
    return np.ascontiguousarray(_rgb(path)[..., ::-1])


def _dlib() -> Iterator[Contender]:
    """Yield dlib's own loop where the package `dlib` is installed; it is no dependency of ours.

    Its frontal detector, its five points and its net with the same weights, a photo after the other on one
    core, as its users write it.
    """
    if importlib.util.find_spec("dlib") is None:
        print("Left out: a dlib loop, since the package dlib is not installed.")
        return
    import dlib  # noqa: PLC0415 - not a dependency
    import face_recognition_models as files  # noqa: PLC0415

    detector = dlib.get_frontal_face_detector()
    points = dlib.shape_predictor(files.pose_predictor_five_point_model_location())
    net = dlib.face_recognition_model_v1(files.face_recognition_model_location())

    def run(paths: list[Path]) -> int:
        found = 0
        for path in paths:
            pixels = np.ascontiguousarray(_rgb(path))
            faces = [points(pixels, box) for box in detector(pixels, 1)]
            described = (np.asarray(net.compute_face_descriptor(pixels, face)) for face in faces)
            found += searched(_stacked(one.astype(np.float32) for one in described))
        return found

    yield Contender("dlib, a loop on one core", 12, run, 16.0)
