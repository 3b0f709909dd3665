"""DeepFace runs our net and detector under their own names."""

import numpy as np
import pytest

from recognition.engine.pipeline import Engine
from tests.recognition.engine.photos import encoded, portrait

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("engine"), pytest.mark.timeout(300)]

OURS = {"model_name": "CountenanceDlib", "detector_backend": "countenance"}


@pytest.fixture(scope="module")
def deepface(engine: Engine) -> object:
    del engine  # loads deepface with its settings made
    from deepface import DeepFace

    return DeepFace


def test_the_net_is_a_keras_net_with_dlibs_parameters(deepface: object) -> None:
    from tensorflow.keras import Model

    net = deepface.build_model("CountenanceDlib").model
    assert isinstance(net, Model)
    assert net.count_params() == 5_607_488


def test_represent_gives_nearly_the_engines_template(deepface: object, engine: Engine) -> None:
    (face,) = deepface.represent(portrait()[..., ::-1], l2_normalize=True, **OURS)
    (ours,) = engine.analyze(encoded(portrait(), "PNG")).faces
    assert np.linalg.norm(np.array(face["embedding"]) - ours.template) < 0.2


def test_verify_says_that_a_person_is_the_same(deepface: object) -> None:
    photo = portrait()[..., ::-1]
    answer = deepface.verify(photo, np.ascontiguousarray(photo[:, ::-1]), **OURS)
    assert answer["verified"]
