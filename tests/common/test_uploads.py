"""Uploaded files: memory holds a bounded part of a form, and each file is read by itself."""

import gc
import io
import zipfile
from collections.abc import Iterator

import psutil
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest
from django.test import RequestFactory

PHOTOS = [bytes([number]) * 2_000_000 for number in range(3)]


@pytest.fixture
def request_of_three() -> Iterator[HttpRequest]:
    files = [SimpleUploadedFile(f"{number}.jpg", data) for number, data in enumerate(PHOTOS)]
    request = RequestFactory().post("/", {"folder": files})
    yield request
    request.close()


def test_files_of_one_form_read_in_turn_keep_to_themselves(request_of_three):
    first, second, third = request_of_three.FILES.getlist("folder")
    first.seek(1_999_999)
    assert [third.read(), first.read(), second.read(2), second.read()] == [
        PHOTOS[2],
        PHOTOS[0][:1],
        PHOTOS[1][:2],
        PHOTOS[1][2:],
    ]


def test_small_files_that_are_large_together_lie_in_one_nameless_file_and_go_with_the_request(
    request_of_three,
):
    gc.collect()
    before = psutil.Process().num_fds()
    held = request_of_three.FILES.getlist("folder")
    assert psutil.Process().num_fds() == before + 1
    request_of_three.close()
    assert psutil.Process().num_fds() == before
    assert all(file.closed for file in held)


def test_an_archive_among_other_files_is_read_in_place():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("anna.png", b"a photo")
    files = [SimpleUploadedFile("b.png", b"another"), SimpleUploadedFile("a.zip", packed.getvalue())]
    request = RequestFactory().post("/", {"images": files})
    with zipfile.ZipFile(request.FILES.getlist("images")[1].file) as archive:
        assert archive.read("anna.png") == b"a photo"
    request.close()
