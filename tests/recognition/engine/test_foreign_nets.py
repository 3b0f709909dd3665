"""DeepFace's own nets run in the engine once their weights are there."""

from pathlib import Path

import numpy as np
import pytest

from recognition.engine import registry
from recognition.engine.pipeline import Engine
from tests.recognition.engine.photos import encoded, portrait

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("engine"), pytest.mark.timeout(300)]


@pytest.fixture
def ghostfacenet(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """GhostFaceNet with made-up weights in a folder of its own."""
    del engine  # loads deepface with its settings made
    from deepface.models.facial_recognition.tf.GhostFaceNet import GhostFaceNetV1

    weights = tmp_path / ".deepface" / "weights"
    weights.mkdir(parents=True)
    GhostFaceNetV1().save_weights(weights / "ghostfacenet_v1.h5")
    monkeypatch.setenv("DEEPFACE_HOME", str(tmp_path))
    return registry.load(model="GhostFaceNet", threads=1, calibrated=False)


def test_another_net_gives_its_own_unit_templates(ghostfacenet: Engine) -> None:
    results = list(ghostfacenet.run((str(number), encoded(portrait())) for number in range(3)))
    templates = np.stack([result.faces[0].template for result in results])
    assert templates.shape == (3, 512)
    assert np.linalg.norm(templates, axis=1) == pytest.approx(1, abs=1e-5)
    assert ghostfacenet.pipeline_id == "ghostfacenet-v1/blazeface/mesh5/mirror/1"
