"""Hostile archives are refused or named, never an error of ours."""

import io
import stat
import struct
import subprocess
import sys
import warnings
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.common.errors import InvalidInput
from recognition import archives, ziphead


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


def look_through(look, data: bytes) -> None:
    found = look(io.BytesIO(data))
    list(getattr(found, "lines", found))


def read(data: bytes) -> list[tuple[str, str]]:
    return [(member.name, member.reason) for member in archives.members(io.BytesIO(data))]


@given(st.sampled_from(SOUND), st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=4))
def test_damaged_archives_are_refused_or_their_members_named(sound, changes):
    data = bytearray(sound)
    for place, value in changes:
        data[place % len(data)] = value
    for look in (archives.members, archives.manifest):
        try:
            look_through(look, bytes(data))
        except InvalidInput as error:
            assert error.code.startswith(("archive_", "manifest_"))  # noqa: PT017 - or nothing at all


@pytest.mark.parametrize("name", ["../a.png", "/a.png", "C:a.png", ".", "a/../../b.png", "..\\a.png"])
def test_names_that_leave_their_folder_are_not_read(name):
    assert [reason for _, reason in read(archive({name: b"x"}))] == ["archive_path"]


def test_a_member_without_a_name_is_refused_and_the_others_go_on():
    data = archive({"a/hidden.png": b"x", "b.png": b"y"}).replace(b"a/hidden.png", b"\0/hidden.png")
    assert [reason for _, reason in read(data)] == ["archive_path", ""]


def test_a_directory_larger_than_its_files_need_is_refused_before_it_is_read_whole():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for number in range(4):
            info = zipfile.ZipInfo(f"{number}.png")
            info.comment = bytes(60_000)
            made.writestr(info, b"x")
    with pytest.raises(InvalidInput) as refused:
        ziphead.check(file, most=20)
    assert refused.value.code == "archive_too_large"


def test_memory_hungry_packing_is_not_unpacked():
    assert read(SOUND[3])[0] == ("a.png", "image_format")


@pytest.mark.parametrize("name", ["con.png", "a/NUL", "COM1.jpg", "x/lpt9.jpeg/a.png"])
def test_names_of_devices_are_not_read(name):
    assert [reason for _, reason in read(archive({name: b"x"}))] == ["archive_path"]


def entry(name: str, **fields) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    for field, value in fields.items():
        setattr(info, field, value)
    return info


def made_of(*entries: tuple[zipfile.ZipInfo, bytes]) -> bytes:
    file = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w") as made:
        warnings.simplefilter("ignore")  # names twice
        for info, data in entries:
            made.writestr(info, data)
    return file.getvalue()


@pytest.mark.parametrize("mode", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK])
def test_links_and_special_files_are_not_read(mode):
    link = entry("a.png", external_attr=(mode | 0o777) << 16)
    assert read(made_of((link, b"/etc/passwd"))) == [("a.png", "archive_link")]


def test_of_two_files_with_one_name_the_second_is_named():
    assert read(made_of((entry("a.png"), b"x"), (entry("a.png"), b"y"))) == [
        ("a.png", ""),
        ("a.png", "name_twice"),
    ]


@pytest.mark.parametrize(
    "inside", [archive({"b.zip": b"x" * 60}), b"\x1f\x8b" + bytes(60), b"7z\xbc\xaf\x27\x1c" + bytes(60)]
)
def test_an_archive_in_the_archive_is_named_and_not_opened(inside):
    assert read(archive({"a.jpg": inside}, zipfile.ZIP_STORED)) == [("a.jpg", "archive_nested")]


def quine() -> bytes:
    """An archive whose member is an archive of its own bytes, as far as one level shows."""
    inner = archive({"r.zip": b"PK\x03\x04" + bytes(100)}, zipfile.ZIP_STORED)
    return archive({"r.zip": inner}, zipfile.ZIP_STORED)


def test_an_archive_of_itself_goes_no_deeper():
    assert read(quine()) == [("r.zip", "archive_nested")]


def with_directory_of(data: bytes, times: int) -> bytes:
    """The same member named many times over: all share its bytes."""
    directory = ziphead.find(io.BytesIO(data))
    entries = data[directory.start : directory.start + directory.size] * times
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, times % 65536, times % 65536, len(entries),
                      directory.start, 0)  # fmt: skip
    return data[: directory.start] + entries + end


def test_members_that_share_their_bytes_are_an_overwhelming_archive():
    overlapping = with_directory_of(archive({"a.png": b"x" * 60}), 20)
    with pytest.raises(InvalidInput, match="archive_bomb"):
        read(overlapping)


def test_an_archive_of_very_many_files_is_refused_before_it_is_loaded():
    many = with_directory_of(archive({"a.png": b"x"}), 100_000)
    with pytest.raises(InvalidInput, match="archive_too_large"):
        read(many)


def test_a_size_that_lies_is_found_out():
    data = bytearray(archive({"a.png": b"x" * 5_000}))
    for signature, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<L", data, data.index(signature) + place, 10)
    assert read(bytes(data)) == [("a.png", "image_truncated")]


def test_a_checksum_that_is_wrong_is_found_out():
    data = bytearray(archive({"a.png": b"x" * 60}, zipfile.ZIP_STORED))
    data[data.index(b"xxx")] = 0
    assert read(bytes(data)) == [("a.png", "image_truncated")]


def test_a_large_directory_in_the_format_of_64_bits_is_read():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made, made.open("a.png", "w", force_zip64=True) as member:
        member.write(b"x" * 60)
    assert read(file.getvalue()) == [("a.png", "")]


def as_64(data: bytes) -> bytes:
    """The same archive with an end record of 64 bits."""
    found = ziphead.find(io.BytesIO(data))
    at = found.start + found.size
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, found.size, found.start)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, at, 1)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 65535, 65535, 2**32 - 1, 2**32 - 1, 0)
    return data[:at] + record + locator + end


def test_an_end_record_of_64_bits_is_read_and_one_that_points_elsewhere_is_not():
    data = as_64(archive({"a.png": b"x" * 60}))
    assert read(data) == [("a.png", "")]
    elsewhere = bytearray(data)
    elsewhere[elsewhere.rindex(b"PK\x06\x07") + 8] ^= 1
    with pytest.raises(InvalidInput, match="archive_format"):
        read(bytes(elsewhere))


@pytest.mark.parametrize("before", [b"\xff\xd8\xff", b"#!/bin/sh\n"])
def test_data_before_the_archive_is_refused(before):
    with pytest.raises(InvalidInput, match="archive_format: Other data stands before"):
        read(before + archive({"a.png": b"x"}))


def test_an_archive_that_was_cut_off_is_refused():
    whole = archive({"a.png": b"x" * 60, "b.png": b"y" * 60})
    for size in (0, 1, 30, len(whole) // 2, len(whole) - 1):
        with pytest.raises(InvalidInput, match="archive_format"):
            read(whole[:size])


@pytest.mark.parametrize("flag", [0x1, 0x40, 0x2000])
def test_an_encrypted_archive_is_refused_as_such(flag):
    data = bytearray(archive({"a.png": b"x" * 60}))
    struct.pack_into("<H", data, data.index(b"PK\x01\x02") + 8, flag)
    with pytest.raises(InvalidInput, match="archive_encrypted"):
        read(bytes(data))


@pytest.mark.parametrize(("raw", "name"), [(b"Zo\xc3\xab12", "Zoë12.png"), (b"Zo\x89___", "Zoë___.png")])
def test_names_are_read_in_the_encoding_that_programs_really_use(raw, name):
    plain = archive({"XXXXXX.png": b"x"}, zipfile.ZIP_STORED)
    assert read(plain.replace(b"XXXXXX", raw)) == [(name, "")]


def test_a_name_of_two_signs_is_the_name_of_one():
    [(name, _)] = read(archive({"Zoe\u0308.png": b"x"}))
    assert name == "Zoë.png"


@pytest.mark.parametrize("noise", ["__MACOSX/a.png", "b/.DS_Store", "Thumbs.db", "a/._b.png"])
def test_what_systems_leave_in_archives_is_no_photo(noise):
    assert read(archive({noise: b"x", "a.png": b"x"})) == [("a.png", "")]


def test_files_that_no_manifest_names_are_not_unpacked():
    data = archive({"a.png": b"x", "b.png": b"y"})
    found = archives.members(io.BytesIO(data), wanted=lambda name: name == "b.png")
    assert [(member.name, member.reason, member.data) for member in found] == [
        ("a.png", "not_in_manifest", b""),
        ("b.png", "", b"y"),
    ]


@given(st.binary(max_size=300), st.sampled_from([b"", *SOUND]))
def test_no_bytes_at_all_break_the_walk_of_a_directory(noise, sound):
    for data in (noise, sound + noise, sound[:-10] + noise, sound[:60] + noise + sound[60:]):
        try:
            ziphead.check(io.BytesIO(data), most=100)
        except InvalidInput as error:
            assert error.code.startswith("archive_")  # noqa: PT017 - or nothing at all


# A process of its own tells how much memory it ever held.
_HUNGER = """
import io, resource, sys
from recognition import archives, ziphead
data = sys.stdin.buffer.read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    for member in archives.members(io.BytesIO(data)):
        pass
except Exception as error:
    print(type(error).__name__, file=sys.stderr)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def hunger(data: bytes) -> int:
    """Kilobytes that reading an archive took at most."""
    done = subprocess.run(
        [sys.executable, "-c", _HUNGER], input=data, capture_output=True, check=True, timeout=60
    )
    return int(done.stdout)


@pytest.mark.parametrize(
    "make",
    [
        lambda: with_directory_of(archive({"a.png": b"x"}), 100_000),
        lambda: archive({"a.png": bytes(200_000_000)}),
        lambda: with_directory_of(archive({"a.png": bytes(10_000_000)}), 1_000),
        lambda: archive({"a.png": archive({"b.png": bytes(200_000_000)})}, zipfile.ZIP_STORED),
    ],
    ids=["very many files", "bomb", "shared bytes", "nested"],
)
def test_memory_stays_flat_whatever_an_archive_says(make):
    assert hunger(make()) < 60_000


@pytest.mark.parametrize("text", [b"path,subject\n" + b"x" * 200_000, b"name,who\na,b\n", b"\xff\xfe", b""])
def test_manifests_that_cannot_be_read_are_refused(text):
    with pytest.raises(InvalidInput, match="manifest_format"):
        archives.manifest(io.BytesIO(archive({"manifest.csv": text})))


def test_manifests_of_every_system_name_the_subjects():
    for end in (b"\n", b"\r\n", b"\r"):
        text = b"\xef\xbb\xbfpath,subject" + end + b"a.png, Anna\x00 " + end
        [line] = archives.manifest(io.BytesIO(archive({"manifest.csv": text}))).lines
        assert (line.path, line.subject) == ("a.png", "Anna\ufffd")


def test_a_manifest_in_a_folder_speaks_of_that_folder():
    data = archive({"photos/manifest.csv": b"path,subject\na.png,Anna\n", "photos/a.png": b"x"})
    found = archives.manifest(io.BytesIO(data))
    assert archives.subject_of("photos/a.png", "manifest", found) == "Anna"


def test_an_archive_without_the_manifest_that_was_promised_is_refused():
    with pytest.raises(InvalidInput, match="manifest_missing"):
        archives.manifest(io.BytesIO(archive({"a.png": b"x"})))


def test_signs_that_no_record_can_keep_are_marked_in_names():
    assert archives.Member("a\x00b\ud800.png").name == "a\ufffdb\ufffd.png"
