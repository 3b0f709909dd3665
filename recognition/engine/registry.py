"""The engine's front door: which nets there are, and an engine ready to run.

Importing this module loads no TensorFlow: the command line lists nets, and workers fork, before that.
"""

import os

from portal.common.errors import InvalidInput
from recognition.engine.catalog import FILES, MODEL_NAME, ModelFile, ModelInfo, file_of, models, verify
from recognition.engine.pipeline import Engine

__all__ = ["DEFAULT_MODEL", "MODES", "Engine", "ModelInfo", "load", "models", "pipeline_id", "verify"]

DEFAULT_MODEL = MODEL_NAME
MODES = ("default", "fast")

# Raise it when detection, landmarks, alignment or averaging change so that templates move.
_PIPELINE_VERSION = 1


def pipeline_id(mode: str = "default", model: str | None = None) -> str:
    """Return the name under which templates are stored, e.g. `dlib-resnet-v1/mesh5/mirror/1`.

    Raises:
        InvalidInput: `unknown_model` or `unknown_mode`.
    """
    if mode not in MODES:
        raise InvalidInput("unknown_mode", f"There is no engine mode {mode}.", field="mode")
    averaging = "plain" if mode == "fast" else "mirror"
    return f"{_recognition_file(model).version}/mesh5/{averaging}/{_PIPELINE_VERSION}"


def load(mode: str = "default", model: str | None = None, threads: int | None = None) -> Engine:
    """Return an engine that is warmed up and ready.

    Args:
        mode: `default`, or `fast`: half the time, no mirrored chips, no search for small faces.
        model: Name of a recognition net; the environment's COUNTENANCE_MODEL, else the built-in one.
        threads: How many photos are decoded and searched at once; one per processor by default.

    Raises:
        InvalidInput: `unknown_model`, `unknown_mode` or `model_not_ready`.
    """
    identity = pipeline_id(mode, model)
    file = _recognition_file(model)
    if not file_of(file).is_file():
        raise InvalidInput(
            "model_not_ready", f"The weights of {file.name} are not at {file_of(file)}.", field="model"
        )
    # Loads TensorFlow and deepface, 10 seconds and 0.6 GB: only a process that recognizes pays for it.
    from recognition.engine.assembly import assemble  # noqa: PLC0415

    return assemble(file.name, mode=mode, identity=identity, threads=threads or os.cpu_count() or 1)


def _recognition_file(model: str | None) -> ModelFile:
    name = model or os.environ.get("COUNTENANCE_MODEL") or DEFAULT_MODEL
    for file in FILES:
        if file.name == name and file.role == "recognition":
            return file
    raise InvalidInput("unknown_model", f"There is no recognition net {name}.", field="model")
