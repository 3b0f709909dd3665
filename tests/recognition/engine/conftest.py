"""The real engine, loaded once in the process that runs the tests marked `engine`."""

import warnings

import pytest

from recognition.engine import registry
from recognition.engine.pipeline import Engine


@pytest.fixture(scope="session")
def engine() -> Engine:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # other packages' deprecations while TensorFlow is imported
        return registry.load(threads=2)
