"""What measurements of a face say: the reasons it is not compared for, and grades from 0 to 100.

The reasons are Rekognition's codes, so that its wire API can hand them out; a face may have several. What an
item or a face is ended with stays one of our own codes (`face_too_small`, `low_quality`). Plain Python.
"""

from recognition.engine.types import FACE_TOO_SMALL, LOW_QUALITY, Quality

EXTREME_POSE = "EXTREME_POSE"
LOW_SHARPNESS = "LOW_SHARPNESS"
LOW_BRIGHTNESS = "LOW_BRIGHTNESS"
LOW_CONFIDENCE = "LOW_CONFIDENCE"
LOW_FACE_QUALITY = "LOW_FACE_QUALITY"
SMALL_BOUNDING_BOX = "SMALL_BOUNDING_BOX"
EXCEEDS_MAX_FACES = "EXCEEDS_MAX_FACES"  # not of the face: another one of its photo was enrolled

# Shorter side of the face box in pixels of the full-resolution photo. Below it the chip is mostly
# interpolation; docs/decisions/0001-engine-pipeline.md has the misses by size.
LEAST_SIZE_PX = 24
LEAST_MESH_CONFIDENCE = 0.9
MOST_YAW_DEGREES = 65.0
# From here on a mesh that does not fit means a head turned away, not a doubtful find.
_PROFILE_YAW_DEGREES = 45.0
LEAST_SHARPNESS = 2.0
BRIGHTNESS_RANGE = (12.0, 245.0)

# What a caller may ask for beyond what every comparison needs: least size in pixels, least sharpness as
# graded here, most degrees that a head may be turned aside. Rekognition's words; the numbers are ours.
BARS = {"NONE": (0.0, 0.0, 180.0), "LOW": (30.0, 20.0, 60.0), "MEDIUM": (48.0, 50.0, 40.0)}
BARS |= {"HIGH": (80.0, 75.0, 25.0)}

# Variance of the Laplacian that is graded 50. Of 2,567 press photos (LFW) 99 in 100 lie above.
_HALF_SHARP = 10.0
_WHITE = 255.0


def reasons(quality: Quality) -> tuple[str, ...]:
    """Return every reason code that keeps a face from being compared; empty when it can be.

    `LOW_FACE_QUALITY` stands for glare, which Rekognition has no code for. A profile that the landmark net
    cannot fit is `EXTREME_POSE`; a face it cannot fit for no visible cause, `LOW_CONFIDENCE`.
    """
    yaw = abs(quality.pose.yaw) if quality.pose else 0.0
    unfit = quality.mesh_confidence < LEAST_MESH_CONFIDENCE
    turned = yaw > MOST_YAW_DEGREES or (unfit and yaw > _PROFILE_YAW_DEGREES)
    dark, glaring = BRIGHTNESS_RANGE
    applies = {
        SMALL_BOUNDING_BOX: quality.size_px < LEAST_SIZE_PX,
        EXTREME_POSE: turned,
        LOW_CONFIDENCE: unfit and not turned,
        LOW_SHARPNESS: quality.sharpness < LEAST_SHARPNESS,
        LOW_BRIGHTNESS: quality.brightness < dark,
        LOW_FACE_QUALITY: quality.brightness > glaring,
    }
    return tuple(code for code, does in applies.items() if does)


def reason_against(quality: Quality) -> str | None:
    """Return our reason code that keeps a face from being compared, or None when it can be.

    A profile counts as `low_quality`: the mesh does not fit it, and a template would not be reliable.
    """
    codes = reasons(quality)
    if SMALL_BOUNDING_BOX in codes:
        return FACE_TOO_SMALL
    return LOW_QUALITY if codes else None


def below(quality: Quality, bar: str) -> tuple[str, ...]:
    """Return the reason codes for which a face is not as good as a caller asks for.

    Args:
        quality: Of the face.
        bar: One of `BARS`.
    """
    size, sharp, turned = BARS[bar]
    yaw = abs(quality.pose.yaw) if quality.pose else 0.0
    applies = {
        SMALL_BOUNDING_BOX: quality.size_px < size,
        EXTREME_POSE: yaw > turned,
        LOW_SHARPNESS: sharpness(quality) < sharp,
    }
    return tuple(code for code, does in applies.items() if does)


def passes(quality: Quality, bar: str) -> bool:
    """Say whether a face can be compared and is as good as a caller asks for."""
    return not below(quality, bar) and reason_against(quality) is None


def sharpness(quality: Quality) -> float:
    """Return the sharpness from 0 to 100, rising with the variance v of the Laplacian: 100 v / (v + 10)."""
    return round(100 * quality.sharpness / (quality.sharpness + _HALF_SHARP), 1)


def brightness(quality: Quality) -> float:
    """Return the brightness from 0 (black) to 100 (white), in step with the mean luminance."""
    return round(100 * min(quality.brightness / _WHITE, 1.0), 1)
