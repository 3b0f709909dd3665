"""Hostile archives are refused or named, never an error of ours."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.common.errors import InvalidInput
from recognition import archives


def archive(members: dict[str, bytes], packed: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", packed) as made:
        for name, data in members.items():
            made.writestr(name, data)
    return file.getvalue()


SOUND = [
    archive({"a.png": b"x" * 60, "b/c.png": b"y" * 60, "manifest.csv": b"path,subject\na.png,Anna\n"}, packed)
    for packed in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
]


def read(data: bytes) -> list[tuple[str, str]]:
    return [(member.name, member.reason) for member in archives.members(io.BytesIO(data))]


@given(st.sampled_from(SOUND), st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=4))
def test_damaged_archives_are_refused_or_their_members_named(sound, changes):
    data = bytearray(sound)
    for place, value in changes:
        data[place % len(data)] = value
    for look in (archives.members, archives.manifest):
        try:
            list(look(io.BytesIO(bytes(data))))
        except InvalidInput as error:
            assert error.code.startswith(("archive_", "manifest_"))  # noqa: PT017 - or nothing at all


@pytest.mark.parametrize("name", ["../a.png", "/a.png", "C:a.png", ".", "a/../../b.png", "..\\a.png"])
def test_names_that_leave_their_folder_are_not_read(name):
    assert [reason for _, reason in read(archive({name: b"x"}))] == ["archive_path"]


def test_memory_hungry_packing_is_not_unpacked():
    assert read(SOUND[3])[0] == ("a.png", "image_format")


@pytest.mark.parametrize("text", [b"path,subject\n" + b"x" * 200_000, b"name,who\na,b\n", b"\xff\xfe", b""])
def test_manifests_that_cannot_be_read_are_refused(text):
    with pytest.raises(InvalidInput, match="manifest_format"):
        archives.manifest(io.BytesIO(archive({"manifest.csv": text})))


def test_manifests_of_every_system_name_the_subjects():
    for end in (b"\n", b"\r\n", b"\r"):
        text = b"\xef\xbb\xbfpath,subject" + end + b"a.png, Anna\x00 " + end
        assert archives.manifest(io.BytesIO(archive({"manifest.csv": text}))) == {"a.png": "Anna\ufffd"}


def test_signs_that_no_record_can_keep_are_marked_in_names():
    assert archives.Member("a\x00b\ud800.png").name == "a\ufffdb\ufffd.png"
