"""Which net, precision, detector and mode are chosen, and the name they make. Needs nothing heavy.

The web half asks it too: what a threshold means depends on the pipeline.
"""

import os
import zlib

from portal.common.errors import InvalidInput
from recognition.engine.catalog import DETECTORS, FILES, MODEL_NAME, ModelFile

DEFAULT_MODEL = MODEL_NAME
DEFAULT_DETECTOR = "blazeface"
DEFAULT_MODE, FAST = "default", "fast"
MODES = (DEFAULT_MODE, FAST)
FLOAT32, BFLOAT16 = "float32", "bfloat16"
PRECISIONS = (FLOAT32, BFLOAT16)

# Raise it when detection, landmarks, alignment or averaging change so that templates move.
_PIPELINE_VERSION = 1


def pipeline_id(
    mode: str | None = None,
    model: str | None = None,
    detector: str | None = None,
    precision: str | None = None,
) -> str:
    """Return the name under which templates are stored, e.g. `dlib-resnet-v1/blazeface/mesh5/mirror/1`.

    It names net (with its precision where that is not float32), detector, landmarks, averaging and version:
    whatever moves templates. Templates of different names are never compared, and each name has a similarity
    scale of its own.

    Raises:
        InvalidInput: `unknown_model`, `unknown_mode`, `unknown_detector`, `unknown_precision`,
            `precision_not_offered`.
    """
    averaging = "plain" if mode_name(mode) == FAST else "mirror"
    numbers = precision_name(precision, model)
    net = recognition_file(model).version + ("" if numbers == FLOAT32 else f"-{numbers}")
    return f"{net}/{detector_name(detector)}/mesh5/{averaging}/{_PIPELINE_VERSION}"


def model_version(pipeline: str) -> str:
    """Return the number that stands for a pipeline where only digits and points may stand, e.g. `1.2038374`.

    Its version, then the CRC-32 of its name: templates compare where these are equal.
    """
    version = pipeline.rpartition("/")[2]
    return f"{version if version.isdigit() else 0}.{zlib.crc32(pipeline.encode())}"


def mode_name(mode: str | None = None) -> str:
    """Return the mode that is used: the one named, the environment's COUNTENANCE_MODE, or `default`.

    Raises:
        InvalidInput: `unknown_mode`.
    """
    name = mode or os.environ.get("COUNTENANCE_MODE") or DEFAULT_MODE
    if name not in MODES:
        raise InvalidInput("unknown_mode", f"There is no engine mode {name}.", field="mode")
    return name


def precision_name(precision: str | None = None, model: str | None = None) -> str:
    """Return the numbers that the recognition net computes in.

    Args:
        precision: One of PRECISIONS; the environment's COUNTENANCE_PRECISION, else float32.
        model: Name of the net; see `recognition_file`.

    Raises:
        InvalidInput: `unknown_precision`; `precision_not_offered`, a net of others shall run in another
            precision than the one it was published in; `unknown_model`.
    """
    name = precision or os.environ.get("COUNTENANCE_PRECISION") or FLOAT32
    if name not in PRECISIONS:
        sentence = f"There is no precision {name}, only {' and '.join(PRECISIONS)}."
        raise InvalidInput("unknown_precision", sentence, field="precision")
    net = recognition_file(model).name
    if name != FLOAT32 and net != MODEL_NAME:
        sentence = f"Only {MODEL_NAME} runs in {name}; {net} runs in {FLOAT32}."
        raise InvalidInput("precision_not_offered", sentence, field="precision")
    return name


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
