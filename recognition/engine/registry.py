"""The engine's front door: which nets and detectors there are, and an engine ready to run.

Importing this module loads no TensorFlow: the command line lists nets, and workers fork, before that.
"""

import os

from portal.common.errors import InvalidInput
from recognition.engine.catalog import DETECTORS, ModelFile, ModelInfo, file_of, models, verify
from recognition.engine.identity import (
    DEFAULT_MODEL,
    MODES,
    PRECISIONS,
    detector_name,
    mode_name,
    pipeline_id,
    precision_name,
    recognition_file,
)
from recognition.engine.pipeline import Engine
from recognition.engine.scale import scale_of

__all__ = [
    "DEFAULT_MODEL",
    "DETECTORS",
    "MODES",
    "PRECISIONS",
    "Engine",
    "ModelInfo",
    "detector_name",
    "load",
    "mode_name",
    "models",
    "pipeline_id",
    "precision_name",
    "verify",
]


def load(
    mode: str | None = None,
    model: str | None = None,
    threads: int | None = None,
    detector: str | None = None,
    *,
    precision: str | None = None,
    calibrated: bool = True,
) -> Engine:
    """Return an engine that is warmed up and ready.

    Args:
        mode: `default`, or `fast`: less time, no mirrored chips, no search for small faces; the
            environment's COUNTENANCE_MODE, else `default`.
        model: Name of a recognition net; the environment's COUNTENANCE_MODEL, else the built-in one.
        threads: How many photos are decoded and searched at once; one per processor by default.
        detector: One of DETECTORS; the environment's COUNTENANCE_DETECTOR, else BlazeFace.
        precision: One of PRECISIONS; the environment's COUNTENANCE_PRECISION, else float32.
        calibrated: Refuse a pipeline that has no similarity scale. Only calibrating does without.

    Raises:
        InvalidInput: `unknown_model`, `unknown_mode`, `unknown_detector`, `unknown_precision`,
            `precision_not_offered`, `precision_not_native`, `precision_deviates`, `model_not_ready`,
            `model_changed`, `no_scale`: a pipeline without a similarity scale makes no templates.
    """
    identity = pipeline_id(mode, model, detector, precision)
    file = recognition_file(model)
    finder = detector_name(detector)
    _check_ready(file, *DETECTORS[finder])
    if calibrated:
        scale_of(identity)
    # Loads TensorFlow and deepface, 10 seconds and 0.6 GB: only a process that recognizes pays for it.
    from recognition.engine.assembly import assemble  # noqa: PLC0415

    return assemble(
        file.name,
        mode=mode_name(mode),
        detector=finder,
        precision=precision_name(precision, model),
        identity=identity,
        threads=threads or os.cpu_count() or 1,
    )


def _check_ready(*files: ModelFile) -> None:
    for file in files:
        if not file_of(file).is_file():
            raise InvalidInput(
                "model_not_ready", f"The weights of {file.name} are not at {file_of(file)}.", field="model"
            )
