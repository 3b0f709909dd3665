"""Photos over HTTP: what is taken, what is refused, and that refusals leave nothing behind."""

import hashlib
from pathlib import Path

import pytest
from django.conf import settings

from portal.audit.models import Event
from portal.tenancy.scope import tenant_scope
from recognition.models import Image
from tests.api.conftest import Program, problem
from tests.support import photos
from tests.support.world import jpeg

GOOD = {
    "jpeg": (jpeg, (200, 200), "JPEG"),
    "16-bit": (photos.sixteen_bit, (100, 120), "PNG"),
    "cmyk": (photos.cmyk, (100, 120), "JPEG"),
    "turned": (photos.turned, (100, 200), "JPEG"),
}
BAD = {
    "not an image": (lambda: b"%PDF-1.7 nothing to see", "image_format"),
    "empty": (lambda: b"", "image_format"),
    "text": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image_format"),
    "truncated": (photos.truncated, "image_truncated"),
    "bomb": (photos.bomb, "image_bomb"),
    "animated": (photos.animated, "image_animated"),
    "too large": (photos.too_large, "image_too_large"),
}


def stored(side) -> list[Path]:
    folder = Path(settings.MEDIA_ROOT) / "images" / str(side.organization.pk)
    return list(folder.glob("*")) if folder.exists() else []


@pytest.mark.parametrize("kind", GOOD)
def test_a_photo_is_taken_upright(alice, kind):
    make, size, name = GOOD[kind]
    answer = alice.upload(make())
    assert answer.status_code == 201
    body = answer.json()
    assert ((body["width"], body["height"]), body["format"]) == (size, name)


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_is_refused_with_its_reason_and_leaves_nothing(alice, world, kind):
    make, code = BAD[kind]
    problem(alice.upload(make(), "C:\\secret\\anna.jpg"), 422, code)
    assert stored(world.alice) == []
    with tenant_scope(world.alice.organization):
        assert not Image.objects.exists()
    assert not Event.objects.filter(verb="image.uploaded", organization=world.alice.organization.pk).exists()


def test_a_photo_comes_back_as_it_was(alice):
    data = jpeg()
    body = alice.upload(data, "anna.jpg").json()
    answer = alice.get(f"images/{body['id']}/content/")
    assert b"".join(answer.streaming_content) == data
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("image/jpeg", "nosniff")
    assert body["sha256"] == hashlib.sha256(data).hexdigest()


def test_a_photo_is_sealed_where_it_lies(alice, world):
    data = jpeg()
    alice.upload(data)
    (file,) = stored(world.alice)
    assert data not in file.read_bytes()
    assert file.read_bytes().startswith(b"CTE2")


def test_a_large_photo_leaves_no_readable_file_on_the_way(alice, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    noise = photos.encoded(photos.Image.effect_noise((3000, 2500), 90), "PNG")
    assert len(noise) > 5_000_000
    assert alice.upload(noise).status_code == 201
    assert list(tmp_path.iterdir()) == []


def test_an_address_in_the_name_is_left_out(alice):
    assert alice.upload(jpeg(), "../../etc/anna.jpg").json()["name"] == "anna.jpg"


def test_without_a_file_the_field_is_named(alice):
    answer = alice.client.post("/api/v1/images/", {}, headers={"Authorization": f"Bearer {alice.bearer}"})
    body = problem(answer, 422, "validation")
    assert [(one["field"], one["code"]) for one in body["errors"]] == [("file", "required")]


def test_json_is_no_way_to_upload(alice):
    problem(alice.post("images/", {"file": "anna.jpg"}), 415, "unsupported_media_type")


def test_a_deleted_photo_is_gone(alice, world):
    image = alice.image()
    assert alice.call("DELETE", f"images/{image}/").status_code == 204
    assert stored(world.alice) == []
    for path in (f"images/{image}/", f"images/{image}/content/"):
        problem(alice.get(path), 404, "not_found")


def test_a_photo_that_a_job_needs_is_not_deleted(alice):
    image = alice.image()
    alice.post("jobs/", {"kind": "detect", "images": [image]})
    problem(alice.call("DELETE", f"images/{image}/"), 409, "image_in_use")
    assert alice.get(f"images/{image}/content/").status_code == 200


def test_a_key_of_another_purpose_does_not_see_a_photo(alice, world):
    image = alice.image()
    other = Program(world.alice, world.alice.new_key(purpose="find_missing_adult").bearer)
    problem(other.get(f"images/{image}/content/"), 404, "not_found")
