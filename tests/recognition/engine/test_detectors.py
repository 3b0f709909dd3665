"""Every detector finds the faces of the same photos, and the default finds those that lie on their side."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from portal.common.errors import InvalidInput
from recognition.engine import registry
from recognition.engine.catalog import YUNET
from recognition.engine.geometry import turned_back
from recognition.engine.pipeline import Engine
from recognition.engine.types import Detections, Found
from tests.recognition.engine.photos import crowd, empty_scene, portrait

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("engine"), pytest.mark.timeout(300)]

WEIGHTS = Path(__file__).parents[4] / "shared" / "data" / "weights" / YUNET.file


@pytest.fixture
def detect(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Return what looks at a photo with a detector by name; YuNet's file lies where its owner put it."""
    del engine  # loads TensorFlow with its settings made
    from recognition.engine.detect import Detector

    def look(name: str, pixels: np.ndarray, mode: str = "default") -> list[Found]:
        if name == "yunet":
            if not WEIGHTS.is_file():
                pytest.skip("YuNet: its file is not on this machine")
            home = tmp_path / ".deepface" / "weights"
            home.mkdir(parents=True)
            (home / YUNET.file).symlink_to(WEIGHTS)
            monkeypatch.setenv("DEEPFACE_HOME", str(tmp_path))
        return Detector(mode, name)(pixels)

    return look


def in_large_photo(face_px: int) -> np.ndarray:
    """A photo of 1920 x 1080 with the astronaut's face at that width, off the middle."""
    factor = face_px / 95
    small = cv2.resize(portrait()[10:200, 130:320], None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    scene = np.full((1080, 1920, 3), 128, np.uint8)
    scene[700 : 700 + small.shape[0], 1300 : 1300 + small.shape[1]] = small
    return scene


@pytest.mark.parametrize("name", list(registry.DETECTORS))
def test_every_detector_finds_a_crowd_with_the_same_landmarks(detect, name: str) -> None:
    faces = detect(name, crowd(64))
    assert len(faces) == 20
    eyes = np.array([np.linalg.norm(face.landmarks[1] - face.landmarks[0]) for face in faces])
    assert eyes == pytest.approx(eyes.mean(), rel=0.1)


@pytest.mark.parametrize("name", list(registry.DETECTORS))
def test_no_detector_sees_a_face_where_none_is(detect, name: str) -> None:
    assert detect(name, empty_scene()) == []


def test_a_face_of_40_pixels_in_a_photo_of_1920_by_1080_is_found(detect) -> None:
    (face,) = detect("blazeface", in_large_photo(40))
    middle = (face.box[:2] + face.box[2:]) / 2
    assert middle == pytest.approx([1340, 740], abs=12)
    assert face.mesh_confidence >= 0.9


def test_fast_mode_misses_small_faces_that_default_mode_finds(detect) -> None:
    scene = in_large_photo(40)
    scene[:1080, :1080] = portrait(1080 / 512)
    assert [len(detect("blazeface", scene, mode)) for mode in ("fast", "default")] == [1, 2]


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_face_that_lies_on_its_side_is_found_where_it_is(detect, turns: int) -> None:
    (straight,) = detect("blazeface", portrait())
    (turned,) = detect("blazeface", np.ascontiguousarray(np.rot90(portrait(), turns)))
    back = turned_back(Detections(turned.box[None], turned.landmarks[None], np.ones(1)), turns, (512, 512))
    assert back.points[0] == pytest.approx(straight.landmarks, abs=5)


def test_a_changed_file_of_a_detector_is_refused(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del engine
    from recognition.engine.finders import finder

    home = tmp_path / ".deepface" / "weights"
    home.mkdir(parents=True)
    (home / YUNET.file).write_bytes(b"something else")
    monkeypatch.setenv("DEEPFACE_HOME", str(tmp_path))
    with pytest.raises(InvalidInput) as caught:
        finder("yunet", "default")
    assert caught.value.code == "model_changed"
