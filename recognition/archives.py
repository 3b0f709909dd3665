"""Hostile archives, read member by member: nothing is unpacked to disk, no header is believed.

A refused archive raises; a refused member is reported with its name and a reason code, and the rest goes on.
"""

from __future__ import annotations

import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO

from portal.common.errors import InvalidInput
from recognition import manifests, ziphead
from recognition.images import MAX_BYTES
from recognition.manifests import Manifest, tidy

MOST_MEMBERS = 20_000
MOST_BYTES = 8_000_000_000  # unpacked, all members together
# Deflate cannot exceed about 1032:1 and photos hardly shrink: past this a member is a bomb.
BOMB_RATIO = 100
NOT_NAMED = "not_in_manifest"
_IGNORED = re.compile(r"(^|/)(__MACOSX/|\.DS_Store$|Thumbs\.db$|desktop\.ini$|\._)")
_NUMBERED = re.compile(r"[_\- ]*\(?\d+\)?$")
_DEVICE = re.compile(r"(con|prn|aux|nul|clock\$|com\d|lpt\d)(\.|$)", re.IGNORECASE)
_CHUNK = 1 << 20
_UTF8_NAME = 0x800
_IS_ENCRYPTED = 0x1 | 0x40 | 0x2000  # classic, strong, and hidden names
# LZMA lets a header of a few bytes ask for gigabytes of memory, and no camera or system packs photos so.
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_NESTED = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"BZh")
_BROKEN = (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError, ValueError)


@dataclass(frozen=True)
class Member:
    """One file of an archive or upload: either its bytes or the reason it was not read."""

    name: str
    data: bytes = b""
    reason: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", tidy(self.name))


def members(file: IO[bytes], *, wanted: Callable[[str], bool] | None = None) -> Iterator[Member]:
    """Read every file of a zip archive, one in memory at a time.

    Args:
        file: The archive; read in place.
        wanted: Whether a file is read at all, by its name; else it is named as in no manifest.

    Raises:
        InvalidInput: `archive_format`, `archive_encrypted`, `archive_empty`, `archive_too_large`,
            `archive_bomb`: the archive as a whole is refused before any member is read.
    """
    with _open(file) as archive:
        infos = [info for info in archive.infolist() if not _is_left_out(info)]
        _check(infos)
        left, seen = MOST_BYTES, set[str]()
        for info in infos:
            name = tidy(_name(info))
            if is_manifest(name):
                continue
            member = _refused(info, name, seen, wanted) or _read(archive, info, name, min(MAX_BYTES, left))
            seen.add(name)
            left -= len(member.data)
            yield member


def manifest(file: IO[bytes], *, pairs: bool = False) -> Manifest:
    """Return what `manifest.csv` in the archive says.

    Raises:
        InvalidInput: `manifest_missing`, there is none; as `manifests.read` and `members`.
    """
    with _open(file) as archive:
        infos = [info for info in archive.infolist() if is_manifest(_name(info))]
        if not infos:
            raise missing_manifest()
        found = min(infos, key=lambda info: _name(info).count("/"))  # the one nearest to the top
        _check_open([found])
        if found.compress_type not in _PACKED:
            raise InvalidInput("manifest_format", "manifest.csv is packed in a way that is not read here.")
        member = _read(archive, found, manifests.NAME, MAX_BYTES, nested=True)
    if member.reason:
        raise InvalidInput("manifest_format", "manifest.csv in the archive is damaged or too large.")
    return manifests.read(member.data, pairs=pairs, folder=tidy(_name(found)).removesuffix(manifests.NAME))


def subject_of(name: str, subject_from: str, named: Manifest) -> str:
    """Return whom a file shows, by the rule the submitter chose.

    Args:
        name: Path inside the archive, or file name.
        subject_from: `filename` (without a trailing number), `folder` (the innermost) or `manifest`.
        named: The manifest.
    """
    path = PurePosixPath(name)
    if subject_from == "manifest":
        line = named.line_of(name)
        return line.subject if line else ""
    if subject_from == "folder":
        return path.parent.name
    return _NUMBERED.sub("", path.stem) or path.stem


def is_manifest(name: str) -> bool:
    """Whether a file of an upload is its manifest."""
    return PurePosixPath(name).name == manifests.NAME


def missing_manifest() -> InvalidInput:
    """Return the error of an upload that should have a manifest and has none."""
    sentence = "There is no manifest.csv in the upload. Add one, or choose another way to name people."
    return InvalidInput("manifest_missing", sentence, field="subject_from")


def escapes(name: str) -> bool:
    """Whether a name would leave the folder it is unpacked into (zip slip), or names a device."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or not path.parts or ".." in path.parts or ":" in path.parts[0]:
        return True
    return any(_DEVICE.match(part) for part in path.parts)


def _open(file: IO[bytes]) -> zipfile.ZipFile:
    ziphead.check(file, most=MOST_MEMBERS)
    file.seek(0)
    try:
        return zipfile.ZipFile(file)
    except _BROKEN:
        raise InvalidInput("archive_format", "This file is not a zip archive, or it is damaged.") from None


def _name(info: zipfile.ZipInfo) -> str:
    """Return a member's name; many programs write UTF-8 without saying so."""
    if info.flag_bits & _UTF8_NAME:
        return info.filename
    if named := ziphead.unicode_name(info.extra):
        return named
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def _is_left_out(info: zipfile.ZipInfo) -> bool:
    """Whether a member is a folder, or one of the files that systems add by themselves."""
    is_folder = info.filename.endswith("/")  # `is_dir` breaks on a member without a name
    return is_folder or bool(_IGNORED.search(_name(info)))


def _check(infos: list[zipfile.ZipInfo]) -> None:
    if not infos:
        raise InvalidInput("archive_empty", "The archive holds no file.")
    _check_open(infos)
    unpacked, packed = sum(i.file_size for i in infos), sum(i.compress_size for i in infos)
    if unpacked > BOMB_RATIO * max(packed, 1):
        raise InvalidInput("archive_bomb", "The archive would unpack to far more than photos need.")
    if unpacked > MOST_BYTES:
        raise InvalidInput(
            "archive_too_large", f"The archive unpacks to more than {MOST_BYTES // 10**9} GB. Split it."
        )


def _check_open(infos: list[zipfile.ZipInfo]) -> None:
    if any(info.flag_bits & _IS_ENCRYPTED for info in infos):
        raise InvalidInput("archive_encrypted", "The archive is encrypted. Send it without a password.")


def _refused(
    info: zipfile.ZipInfo, name: str, seen: set[str], wanted: Callable[[str], bool] | None
) -> Member | None:
    """Return a member that is not read, with its reason."""
    if escapes(name):
        return Member(name, reason="archive_path")
    mode = info.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return Member(name, reason="archive_link")
    if name in seen:
        return Member(name, reason="name_twice")
    if info.compress_type not in _PACKED:
        return Member(name, reason="image_format")
    if wanted is not None and not wanted(name):
        return Member(name, reason=NOT_NAMED)
    return None


def _read(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, most: int, *, nested: bool = False
) -> Member:
    if info.file_size > most:
        return Member(name, reason="image_too_large")
    parts: list[bytes] = []
    size = 0
    try:
        with archive.open(info) as stream:
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
                if size > most or size > BOMB_RATIO * max(info.compress_size, 1) + _CHUNK:
                    return Member(name, reason="image_bomb")
                if not parts and not nested and chunk.startswith(_NESTED):
                    return Member(name, reason="archive_nested")
                parts.append(chunk)
    except _BROKEN:
        return Member(name, reason="image_truncated")
    return Member(name, data=b"".join(parts))
