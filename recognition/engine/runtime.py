"""The one door through which the engine gets TensorFlow, so that its settings are made before it loads."""

import os

from recognition.engine.catalog import models_home

# deepface needs Keras 2 and sets the same; whichever module loads TensorFlow first decides for all.
os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ["DEEPFACE_BACKEND_ENGINE"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# Without it deepface makes a folder in the home directory of whoever runs it.
os.environ["DEEPFACE_HOME"] = str(models_home())

import cv2
import tensorflow as tf

cv2.setNumThreads(1)  # the pipeline has threads of its own

for _gpu in tf.config.list_physical_devices("GPU"):
    tf.config.experimental.set_memory_growth(_gpu, True)


def has_gpu() -> bool:
    """Say whether TensorFlow runs on a GPU in this process."""
    return bool(tf.config.list_physical_devices("GPU"))
