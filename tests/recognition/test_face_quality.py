"""What was measured of a face is stored with it: grades, and every reason it is not used for."""

from dataclasses import replace

import pytest

from portal.tenancy.scope import tenant_scope
from recognition.models import FoundFace, Shard, ShardState
from tests.support.fake_engine import FakeEngine
from tests.support.jobs import ANNA, Desk, new_desk, photo, work_off

TINY = (250, 250, 250)


@pytest.fixture
def desk(database: None) -> Desk:
    Shard.objects.filter(state__in=["ready", "leased", "held"]).update(state=ShardState.CANCELLED)
    return new_desk()


def faces(desk: Desk) -> list[FoundFace]:
    with tenant_scope(desk.tenant.organization):
        return list(FoundFace.objects.order_by("index"))


def test_grades_stand_beside_what_was_measured(desk):
    desk.submit("search", [("anna.png", photo(ANNA))])
    work_off()
    quality = faces(desk)[0].quality
    assert (quality["sharpness"], quality["sharpness_grade"]) == (100.0, 90.9)
    assert (quality["brightness"], quality["brightness_grade"]) == (120.0, 47.1)
    assert quality["reasons"] == []


def test_a_face_that_is_not_used_keeps_our_code_and_the_finer_ones(desk):
    desk.submit("search", [("far.png", photo(TINY))])
    work_off()
    (face,) = faces(desk)
    assert (face.reason, face.quality["reasons"]) == ("face_too_small", ["SMALL_BOUNDING_BOX"])


class Two(FakeEngine):
    """Finds the face of each photo twice."""

    def run(self, images, between_batches=None):
        for result in super().run(images, between_batches):
            (face,) = result.faces
            yield replace(result, faces=(face, replace(face, index=1)))


def test_the_second_face_of_an_enrollment_exceeds_the_most(desk):
    desk.submit("enroll", [("anna.png", photo(ANNA))])
    work_off(Two())
    used, other = faces(desk)
    assert (used.reason, used.quality["reasons"]) == ("", [])
    assert (other.reason, other.quality["reasons"]) == ("other_face", ["EXCEEDS_MAX_FACES"])
