"""The real engine on real photos."""

from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from recognition.engine import registry
from recognition.engine.pipeline import Engine
from recognition.engine.types import DetectedFace, Float32
from tests.recognition.engine.photos import crowd, empty_scene, encoded, portrait

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("engine"), pytest.mark.timeout(300)]


def only(engine: Engine, data: bytes) -> DetectedFace:
    (face,) = engine.analyze(data).faces
    return face


def template(engine: Engine, data: bytes) -> Float32:
    found = only(engine, data).template
    assert found is not None
    return found


def distance(one: Float32, other: Float32) -> float:
    return float(np.linalg.norm(one - other))


def test_a_portrait_has_one_face_with_a_unit_template(engine: Engine) -> None:
    face = only(engine, encoded(portrait()))
    assert face.box.contains(224, 110)
    assert face.template is not None
    assert face.template.dtype == np.float32
    assert np.linalg.norm(face.template) == pytest.approx(1, abs=1e-6)


def test_landmarks_are_eyes_nose_and_mouth_from_the_viewers_left(engine: Engine) -> None:
    left_eye, right_eye, nose, mouth_left, mouth_right = only(engine, encoded(portrait())).landmarks
    assert left_eye[0] < nose[0] < right_eye[0]
    assert mouth_left[0] < mouth_right[0]
    assert left_eye[1] < nose[1] < mouth_left[1]


def test_quality_describes_the_face(engine: Engine) -> None:
    quality = only(engine, encoded(portrait())).quality
    assert quality.confidence > 0.8
    assert quality.size_px == pytest.approx(95, abs=20)
    assert quality.pose is not None
    assert abs(quality.pose.yaw) < 30
    assert 60 < quality.brightness < 200


@pytest.mark.parametrize("face_px", [48, 64, 96])
def test_every_face_of_a_crowd_is_found(engine: Engine, face_px: int) -> None:
    result = engine.analyze(encoded(crowd(face_px)))
    assert len(result.usable) == 20


def test_a_face_too_small_to_compare_is_named_and_kept(engine: Engine) -> None:
    result = engine.analyze(encoded(portrait(0.18)))
    assert [face.reason for face in result.faces] == ["face_too_small"]
    assert result.reason == "face_too_small"
    assert result.faces[0].template is None


def test_a_photo_without_a_face_says_so(engine: Engine) -> None:
    result = engine.analyze(encoded(empty_scene()))
    assert (result.faces, result.reason) == ((), "no_face")


@pytest.mark.parametrize("orientation", range(2, 9))
def test_a_turned_camera_changes_neither_box_nor_template(engine: Engine, orientation: int) -> None:
    stored = Image.fromarray(portrait())
    for step in BACK[orientation]:
        stored = stored.transpose(step)
    exif = Image.Exif()
    exif[0x0112] = orientation
    turned = only(engine, encoded(np.asarray(stored), "PNG", exif=exif))
    straight = only(engine, encoded(portrait(), "PNG"))
    assert turned.box.left == pytest.approx(straight.box.left, abs=1)
    assert turned.template is not None
    assert straight.template is not None
    assert distance(turned.template, straight.template) < 1e-3


BACK = {
    2: [Image.Transpose.FLIP_LEFT_RIGHT],
    3: [Image.Transpose.ROTATE_180],
    4: [Image.Transpose.FLIP_TOP_BOTTOM],
    5: [Image.Transpose.TRANSPOSE],
    6: [Image.Transpose.ROTATE_90],
    7: [Image.Transpose.TRANSVERSE],
    8: [Image.Transpose.ROTATE_270],
}


def test_a_large_photo_is_measured_at_full_resolution(engine: Engine) -> None:
    large, small = only(engine, encoded(portrait(7))), only(engine, encoded(portrait()))
    assert large.box.left == pytest.approx(7 * small.box.left, rel=0.05)
    assert large.template is not None
    assert small.template is not None
    assert distance(large.template, small.template) < 0.2


def test_a_mirrored_photo_has_the_same_template(engine: Engine) -> None:
    straight = template(engine, encoded(portrait(), "PNG"))
    mirrored = template(engine, encoded(np.ascontiguousarray(portrait()[:, ::-1]), "PNG"))
    assert distance(straight, mirrored) < 0.15


def test_broken_neighbors_leave_a_photo_alone(engine: Engine) -> None:
    good, broken = encoded(portrait()), encoded(portrait())[:20_000]
    alone = template(engine, good)
    batch = [("a", good), ("b", b"no photo"), ("c", encoded(empty_scene())), ("d", broken), ("e", good)]
    results = list(engine.run(batch))
    assert [result.key for result in results] == ["a", "b", "c", "d", "e"]
    assert [result.reason for result in results] == [None, "image_format", "no_face", "image_truncated", None]
    assert distance(results[4].faces[0].template, alone) < 1e-5


def test_templates_do_not_depend_on_the_size_of_the_batch(engine: Engine) -> None:
    photos = [encoded(portrait(0.6 + 0.02 * step)) for step in range(40)]
    together = [result.faces[0].template for result in engine.run(enumerate_keys(photos))]
    for number in (0, 17, 39):
        assert distance(together[number], template(engine, photos[number])) < 1e-5


def enumerate_keys(photos: list[bytes]) -> Iterator[tuple[str, bytes]]:
    return ((str(number), photo) for number, photo in enumerate(photos))


def test_the_pipeline_is_named_so_that_templates_never_mix(engine: Engine) -> None:
    assert engine.pipeline_id == registry.pipeline_id() == "dlib-resnet-v1/blazeface/mesh5/mirror/1"
    assert registry.pipeline_id("fast") != engine.pipeline_id
