"""The one file that imports deepface: our net and detector in its registry, its nets for the engine.

`DeepFace.represent(..., model_name="CountenanceDlib", detector_backend="countenance")` and `DeepFace.verify`
run what is registered here. The engine itself asks the same registry for its net and then runs batches.
"""

from typing import Any

from recognition.engine import runtime  # noqa: F401 - makes settings that deepface reads when it is imported

# isort: split

import numpy as np
from deepface import DeepFace
from deepface.config.threshold import thresholds
from deepface.models.Detector import Detector as DeepFaceDetector
from deepface.models.Detector import FacialAreaRegion
from deepface.models.FacialRecognition import FacialRecognition
from deepface.modules.modeling import ANY, AVAILABLE_MODELS
from numpy.typing import NDArray

from recognition.engine import dlib_net
from recognition.engine.align import CHIP_SIDE, MESH_TEMPLATE
from recognition.engine.catalog import DETECTOR_NAME, DLIB, MODEL_NAME, digest, file_of
from recognition.engine.detect import Detector
from recognition.engine.types import TEMPLATE_DIMENSIONS, Found, Pixels

# Where the accuracy on LFW pairs is best without mirrored chips; only DeepFace.verify reads it.
_THRESHOLDS = {"cosine": 0.088, "euclidean": 0.6, "euclidean_l2": 0.42, "angular": 0.134}


class CountenanceDlibClient(FacialRecognition):
    """dlib's face ResNet as a Keras net, the way DeepFace wants a recognition model."""

    def __init__(self) -> None:
        """Read the weights from the package that carries them, after a check of their digest.

        Raises:
            ValueError: The file is not the one that was measured.
        """
        path = file_of(DLIB)
        if digest(path) != DLIB.sha256:
            raise ValueError(f"{path} is not the published file; its sha256 differs.")
        self.model = dlib_net.load(path)
        self.model_name = MODEL_NAME
        self.input_shape = (CHIP_SIDE, CHIP_SIDE)
        self.output_shape = TEMPLATE_DIMENSIONS

    def forward(self, img: NDArray[Any]) -> Any:
        """Return one template or a list of them for DeepFace's BGR pictures in 0 to 1."""
        batch = img if img.ndim == 4 else img[None]  # noqa: PLR2004 - (N, rows, columns, 3)
        return super().forward(np.ascontiguousarray(batch[..., ::-1]) * 255)


class CountenanceDetector(DeepFaceDetector):
    """Our detector, the way DeepFace wants one."""

    def __init__(self) -> None:
        """Load the nets."""
        self._detector = Detector()

    def detect_faces(self, img: NDArray[Any]) -> list[FacialAreaRegion]:
        """Return the faces of a BGR picture.

        The area given is the square our own chip covers, not the face box: DeepFace levels the eyes and
        cuts exactly there, which brings its crop as close to our alignment as its registry allows.
        """
        pixels: Pixels = np.ascontiguousarray(img[..., ::-1]).astype(np.uint8)
        return [_region(face) for face in self._detector(pixels)]


__all__ = ["CountenanceDetector", "CountenanceDlibClient", "DeepFace", "build"]


def build(model: str) -> Any:
    """Return a recognition model from DeepFace's registry, built once per process.

    Raises:
        ValueError: The registry has no such model, or its weights are not the expected ones.
    """
    return DeepFace.build_model(model)


def _region(face: Found) -> FacialAreaRegion:
    eyes, template_eyes = face.landmarks[:2], MESH_TEMPLATE[:2]
    scale = float(np.linalg.norm(eyes[1] - eyes[0]) / (template_eyes[1] - template_eyes[0])[0])
    lean = np.radians(face.pose.roll)
    turn = np.array([[np.cos(lean), -np.sin(lean)], [np.sin(lean), np.cos(lean)]])
    middle = eyes.mean(axis=0) + turn @ (CHIP_SIDE / 2 - template_eyes.mean(axis=0)) * scale
    side = CHIP_SIDE * scale
    left, top = middle - side / 2
    points = [(int(x), int(y)) for x, y in face.landmarks.round()]
    return FacialAreaRegion(
        x=round(float(left)),
        y=round(float(top)),
        w=round(side),
        h=round(side),
        # DeepFace names the eyes from the person's side, we from the viewer's.
        left_eye=points[1],
        right_eye=points[0],
        confidence=face.confidence,
        nose=points[2],
        mouth_right=points[3],
        mouth_left=points[4],
    )


def _register() -> None:
    """Enter our classes where DeepFace looks models up: task, name, and a dotted path it imports."""
    AVAILABLE_MODELS["facial_recognition"][MODEL_NAME] = {ANY: f"{__name__}.CountenanceDlibClient"}
    AVAILABLE_MODELS["face_detector"][DETECTOR_NAME] = {ANY: f"{__name__}.CountenanceDetector"}
    thresholds[MODEL_NAME] = _THRESHOLDS


_register()
