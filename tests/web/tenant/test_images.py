"""Photos leave decrypted, as pixels only, to members, and into no cache."""

import io

import pytest
from PIL import Image, ImageDraw

from portal.web.images import MARGIN, SIDE, crop
from recognition.actions import images
from recognition.engine.decode import decode_photo
from tests.support.jobs import ANNA


def picture(answer):
    return Image.open(io.BytesIO(answer.content))


def drawn(size, box, color, kind="PNG", **save):
    """A gray photo with a colored box."""
    image = Image.new("RGB", size, (90, 90, 90))
    ImageDraw.Draw(image).rectangle((box[0], box[1], box[0] + box[2] - 1, box[1] + box[3] - 1), fill=color)
    buffer = io.BytesIO()
    image.save(buffer, kind, **save)
    return buffer.getvalue()


def test_a_photo_is_served_as_it_was_sent(site, database):
    answer = site.alice.get(site.paths()["photo"])
    assert answer["Content-Type"] == "image/jpeg"
    assert picture(answer).size == (200, 200)
    assert picture(answer).getpixel((100, 100)) == pytest.approx(ANNA, abs=6)


@pytest.mark.parametrize("name", ["photo", "face", "enrolled"])
def test_no_cache_keeps_a_face(site, database, name):
    answer = site.alice.get(site.paths()[name])
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_a_photo_loses_what_the_camera_noted(site, database):
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (47.0, 36.0, 0.0)}
    data = drawn((60, 40), (0, 0, 9, 9), (1, 2, 3), "JPEG", exif=exif)
    image = images.upload(organization=site.organization, name="gps.jpg", data=data, by=site.desk.by)
    assert not picture(site.alice.get(f"/images/{image.public_id}/")).getexif()


def test_a_face_is_cut_out_where_its_box_is():
    photo = decode_photo(drawn((400, 300), (200, 100, 50, 50), (250, 0, 0)), reduced=False)
    face = crop(photo, {"left": 200, "top": 100, "width": 50, "height": 50})
    edge = round(SIDE * MARGIN / (1 + 2 * MARGIN))
    assert face.size == (SIDE, SIDE)
    assert face.getpixel((SIDE // 2, SIDE // 2))[0] > 240
    assert face.getpixel((edge // 2, SIDE // 2)) == (90, 90, 90)


def test_a_face_at_the_edge_of_a_photo_is_cut_out_too():
    photo = decode_photo(drawn((100, 100), (0, 0, 30, 30), (0, 250, 0)), reduced=False)
    face = crop(photo, {"left": -10, "top": -10, "width": 40, "height": 40})
    assert face.size == (SIDE, SIDE)


def test_a_face_of_another_photo_is_not_found(site, database):
    paths = site.paths()
    other = f"/images/{site.face.image.public_id}/face/{site.found.public_id}/"
    assert paths["face"] != other
    assert site.alice.get(other).status_code == 404
