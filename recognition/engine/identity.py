"""Which net, detector and mode are chosen, and the name of the pipeline they make. Needs nothing heavy.

The web half asks it too: what a threshold means depends on the pipeline.
"""

import os
import zlib

from portal.common.errors import InvalidInput
from recognition.engine.catalog import DETECTORS, FILES, MODEL_NAME, ModelFile

DEFAULT_MODEL = MODEL_NAME
DEFAULT_DETECTOR = "blazeface"
MODES = ("default", "fast")

# Raise it when detection, landmarks, alignment or averaging change so that templates move.
_PIPELINE_VERSION = 1


def pipeline_id(mode: str = "default", model: str | None = None, detector: str | None = None) -> str:
    """Return the name under which templates are stored, e.g. `dlib-resnet-v1/blazeface/mesh5/mirror/1`.

    It names net, detector, landmarks, averaging and version: whatever moves templates. Templates of different
    names are never compared, and each name has a similarity scale of its own.

    Raises:
        InvalidInput: `unknown_model`, `unknown_mode` or `unknown_detector`.
    """
    if mode not in MODES:
        raise InvalidInput("unknown_mode", f"There is no engine mode {mode}.", field="mode")
    averaging = "plain" if mode == "fast" else "mirror"
    version = recognition_file(model).version
    return f"{version}/{detector_name(detector)}/mesh5/{averaging}/{_PIPELINE_VERSION}"


def model_version(pipeline: str) -> str:
    """Return the number that stands for a pipeline where only digits and points may stand, e.g. `1.2038374`.

    Its version, then the CRC-32 of its name: templates compare where these are equal.
    """
    version = pipeline.rpartition("/")[2]
    return f"{version if version.isdigit() else 0}.{zlib.crc32(pipeline.encode())}"


def detector_name(detector: str | None = None) -> str:
    """Return the detector that is used: the one named, the environment's COUNTENANCE_DETECTOR, or BlazeFace.

    Raises:
        InvalidInput: `unknown_detector`.
    """
    name = detector or os.environ.get("COUNTENANCE_DETECTOR") or DEFAULT_DETECTOR
    if name not in DETECTORS:
        known = ", ".join(DETECTORS)
        raise InvalidInput("unknown_detector", f"{name} is none of {known}.", field="detector")
    return name


def recognition_file(model: str | None) -> ModelFile:
    """Return the recognition net that is used: the one named, the environment's COUNTENANCE_MODEL, or ours.

    Raises:
        InvalidInput: `unknown_model`.
    """
    name = model or os.environ.get("COUNTENANCE_MODEL") or DEFAULT_MODEL
    for file in FILES:
        if file.name == name and file.role == "recognition":
            return file
    raise InvalidInput("unknown_model", f"There is no recognition net {name}.", field="model")
