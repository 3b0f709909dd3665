"""The recognition net in bfloat16: where a machine computes in it, and what happens where it does not."""

import os

import numpy as np
import pytest

from portal.common.errors import InvalidInput
from recognition.engine import processors, registry
from recognition.engine.pipeline import Engine
from tests.recognition.engine.photos import encoded, portrait

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("engine"), pytest.mark.timeout(300)]

native = pytest.mark.skipif(
    not processors.have_bfloat16() or os.environ.get("TF_ENABLE_ONEDNN_OPTS") == "0",
    reason="the processors do not compute in bfloat16",
)


@pytest.fixture(scope="module")
def narrow_engine(engine: Engine) -> Engine:
    del engine  # loads TensorFlow without its warnings
    return registry.load(precision="bfloat16", threads=1)


def test_a_machine_that_would_only_imitate_it_is_refused(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    del engine  # has loaded TensorFlow, which does not look at its switch again
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    with pytest.raises(InvalidInput, match="does not compute in bfloat16") as caught:
        registry.load(precision="bfloat16")
    assert caught.value.code == "precision_not_native"


@native
def test_its_templates_have_a_name_of_their_own_and_unit_length(narrow_engine: Engine) -> None:
    assert narrow_engine.pipeline_id == "dlib-resnet-v1-bfloat16/blazeface/mesh5/mirror/1"
    (face,) = narrow_engine.analyze(encoded(portrait())).faces
    assert face.template.dtype == np.float32
    assert np.linalg.norm(face.template) == pytest.approx(1, abs=1e-6)


@native
def test_its_templates_are_close_to_those_of_float32_and_not_equal(
    engine: Engine, narrow_engine: Engine
) -> None:
    ((wide,), (narrow,)) = (one.analyze(encoded(portrait())).usable for one in (engine, narrow_engine))
    assert 0 < np.linalg.norm(wide.template - narrow.template) < 0.03


@native
def test_templates_of_a_batch_are_those_of_single_photos(narrow_engine: Engine) -> None:
    photos = [encoded(portrait(0.6 + 0.02 * step)) for step in range(17)]
    together = list(narrow_engine.run((str(number), photo) for number, photo in enumerate(photos)))
    for number in (0, 16):
        (alone,) = narrow_engine.analyze(photos[number]).usable
        assert np.linalg.norm(together[number].usable[0].template - alone.template) < 0.01


@native
def test_a_device_whose_templates_deviate_is_refused(engine: Engine) -> None:
    del engine
    from recognition.engine import deepface_backend, dlib_net, narrow

    with pytest.raises(InvalidInput) as caught:
        narrow.check(deepface_backend.build("CountenanceDlib").model, dlib_net.build())
    assert caught.value.code == "precision_deviates"
