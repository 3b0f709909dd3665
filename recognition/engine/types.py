"""What the engine hands out: boxes, qualities, faces and results. Needs numpy only."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Pixels: TypeAlias = NDArray[np.uint8]
Float32: TypeAlias = NDArray[np.float32]

TEMPLATE_DIMENSIONS = 128

NO_FACE = "no_face"
FACE_TOO_SMALL = "face_too_small"
LOW_QUALITY = "low_quality"
POISON = "poison"


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """What a detector found, several finds for one face allowed, in pixels of what it looked at.

    Attributes:
        boxes: Shape (N, 4): left, top, right, bottom.
        points: Shape (N, P, 2): eye on the left, other eye, nose tip, then what the detector knows: BlazeFace
            mouth and both ears, others the mouth's corners.
        scores: Shape (N,), 0 to 1.
    """

    boxes: Float32
    points: Float32
    scores: Float32


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels of the upright photo at full resolution. It may reach past the edge."""

    left: float
    top: float
    width: float
    height: float

    @property
    def size(self) -> float:
        """The shorter side in pixels."""
        return min(self.width, self.height)

    def contains(self, x: float, y: float) -> bool:
        """Say whether a point in pixels lies inside."""
        return self.left <= x <= self.left + self.width and self.top <= y <= self.top + self.height


@dataclass(frozen=True, slots=True)
class Pose:
    """How a head is turned, in degrees; zero is a frontal, upright face.

    Yaw is positive when the face looks toward the right edge of the photo, pitch when it looks down,
    roll when the head leans clockwise.
    """

    yaw: float
    pitch: float
    roll: float


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A face in the pixels that were searched.

    Attributes:
        box: Shape (4,): left, top, right, bottom.
        landmarks: Shape (5, 2): eye on the left, other eye, nose tip, mouth corner left, other corner.
        confidence: Detector's score, 0 to 1.
        mesh_confidence: Landmark net's score, 0 to 1.
        pose: Head pose in degrees, as the mesh shows it.
    """

    box: Float32
    landmarks: Float32
    confidence: float
    mesh_confidence: float
    pose: Pose


@dataclass(frozen=True, slots=True)
class Quality:
    """What can be said about a face before it is compared.

    Attributes:
        confidence: Detector's score that this is a face, 0 to 1.
        mesh_confidence: Landmark net's score that its points fit, 0 to 1; low for profiles.
        size_px: Shorter side of the face box, pixels of the full-resolution photo.
        pose: Head pose, None where no landmarks were fitted.
        sharpness: Variance of the Laplacian over the aligned chip, 0 and up.
        brightness: Mean luminance of the aligned chip, 0 to 255.
    """

    confidence: float
    mesh_confidence: float
    size_px: float
    pose: Pose | None
    sharpness: float
    brightness: float


@dataclass(frozen=True, slots=True, eq=False)
class DetectedFace:
    """One face of a photo, usable or not.

    Attributes:
        index: Place in the photo's list, largest face first, from 0.
        box: Where it is.
        landmarks: Shape (5, 2): eye on the left of the photo, other eye, nose tip, mouth corner on the
            left, other mouth corner, in pixels like the box.
        quality: Measurements.
        template: Shape (128,), unit length; None exactly when there is a reason.
        reason: Why no template was made (`face_too_small`, `low_quality`, `poison`), else None.
    """

    index: int
    box: Box
    landmarks: Float32
    quality: Quality
    template: Float32 | None
    reason: str | None


@dataclass(frozen=True, slots=True, eq=False)
class ImageResult:
    """All faces of one photo.

    Attributes:
        key: The caller's name for the photo.
        width: Pixels of the upright photo; 0 when it could not be read.
        height: Pixels of the upright photo; 0 when it could not be read.
        faces: Every face found, usable or not, largest first.
        reason: Why the photo gave no template, a reason code; None when at least one face did.
    """

    key: str
    width: int
    height: int
    faces: tuple[DetectedFace, ...]
    reason: str | None

    @property
    def usable(self) -> tuple[DetectedFace, ...]:
        """The faces that have a template."""
        return tuple(face for face in self.faces if face.template is not None)
