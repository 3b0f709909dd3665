"""The one door through which the engine gets TensorFlow, so that its settings are made before it loads."""

import os

from recognition.engine import processors
from recognition.engine.catalog import models_home

# deepface needs Keras 2 and sets the same; whichever module loads TensorFlow first decides for all.
os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ["DEEPFACE_BACKEND_ENGINE"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# Without it deepface makes a folder in the home directory of whoever runs it.
os.environ["DEEPFACE_HOME"] = str(models_home())

import cv2
import tensorflow as tf

_BFLOAT16_GPU = (8, 0)  # compute capability

cv2.setNumThreads(1)  # the pipeline has threads of its own

for _gpu in tf.config.list_physical_devices("GPU"):
    tf.config.experimental.set_memory_growth(_gpu, True)


def has_gpu() -> bool:
    """Say whether TensorFlow runs on a GPU in this process."""
    return bool(tf.config.list_physical_devices("GPU"))


def computes_bfloat16() -> bool:
    """Say whether what TensorFlow runs on in this process multiplies bfloat16 natively.

    GPUs do from compute capability 8.0 on (NVIDIA: tensor cores of Ampere); processors as `processors` says,
    by oneDNN, which an environment can switch off.
    """
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        told = (tf.config.experimental.get_device_details(gpu) for gpu in gpus)
        return all(details.get("compute_capability", (0, 0)) >= _BFLOAT16_GPU for details in told)
    return os.environ.get("TF_ENABLE_ONEDNN_OPTS") != "0" and processors.have_bfloat16()
