"""Hostile archives, read member by member: nothing is unpacked to disk, no header is believed.

A refused archive raises; a refused member is reported with its name and a reason code, and the rest goes on.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO

from portal.common.errors import InvalidInput
from recognition.images import MAX_BYTES

MOST_MEMBERS = 20_000
MOST_BYTES = 8_000_000_000  # unpacked, all members together
# Deflate cannot exceed about 1032:1 and photos hardly shrink: past this a member is a bomb.
BOMB_RATIO = 100
MANIFEST = "manifest.csv"
_IGNORED = re.compile(r"(^|/)(__MACOSX/|\.DS_Store$|Thumbs\.db$|\._)")
_NUMBERED = re.compile(r"[_\- ]*\(?\d+\)?$")
_CHUNK = 1 << 20
# LZMA lets a header of a few bytes ask for gigabytes of memory, and no camera or system packs photos so.
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@dataclass(frozen=True)
class Member:
    """One file of an archive: either its bytes or the reason it was not read."""

    name: str
    data: bytes = b""
    reason: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", tidy(self.name))


def tidy(text: str) -> str:
    """Return a name as it can be stored and shown: what is no printable sign is marked."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in text)


def members(file: IO[bytes]) -> Iterator[Member]:
    """Read every file of a zip archive, one in memory at a time.

    Raises:
        InvalidInput: `archive_format`, `archive_encrypted`, `archive_empty`, `archive_too_large`,
            `archive_bomb`: the archive as a whole is refused before any member is read.
    """
    with _open(file) as archive:
        infos = [
            info for info in archive.infolist() if not info.is_dir() and not _IGNORED.search(info.filename)
        ]
        _check(infos)
        left = MOST_BYTES
        for info in infos:
            if info.filename != MANIFEST:
                member = _read(archive, info, min(MAX_BYTES, left))
                left -= len(member.data)
                yield member


def manifest(file: IO[bytes]) -> dict[str, str]:
    """Return path -> subject from `manifest.csv` in the archive; empty where there is none.

    Raises:
        InvalidInput: `manifest_format`, when it lacks the columns `path` and `subject`.
    """
    with _open(file) as archive:
        if MANIFEST not in archive.namelist():
            return {}
        member = _read(archive, archive.getinfo(MANIFEST), MAX_BYTES)
    rows = csv.DictReader(io.StringIO(member.data.decode("utf-8-sig", "replace"), newline=None))
    try:
        if not {"path", "subject"} <= set(rows.fieldnames or ()):
            raise InvalidInput("manifest_format", "manifest.csv needs the columns path and subject.")
        return {tidy(row["path"]): tidy(row["subject"] or "").strip() for row in rows if row["path"]}
    except csv.Error:
        raise InvalidInput("manifest_format", "manifest.csv is damaged.") from None


def subject_of(name: str, subject_from: str, named: dict[str, str]) -> str:
    """Return whom a file shows, by the rule the submitter chose.

    Args:
        name: Path inside the archive, or file name.
        subject_from: `filename` (without a trailing number), `folder` (the innermost) or `manifest`.
        named: The manifest.
    """
    path = PurePosixPath(name)
    if subject_from == "manifest":
        return named.get(name, "")
    if subject_from == "folder":
        return path.parent.name
    return _NUMBERED.sub("", path.stem) or path.stem


def _open(file: IO[bytes]) -> zipfile.ZipFile:
    file.seek(0)
    try:
        return zipfile.ZipFile(file)
    except (zipfile.BadZipFile, zlib.error, ValueError, OSError, NotImplementedError):
        raise InvalidInput("archive_format", "This file is not a zip archive, or it is damaged.") from None


def _check(infos: list[zipfile.ZipInfo]) -> None:
    if not infos:
        raise InvalidInput("archive_empty", "The archive holds no file.")
    if len(infos) > MOST_MEMBERS:
        raise InvalidInput(
            "archive_too_large", f"The archive holds more than {MOST_MEMBERS:,} files. Split it."
        )
    if any(info.flag_bits & 0x1 for info in infos):
        raise InvalidInput("archive_encrypted", "The archive is encrypted. Send it without a password.")
    unpacked, packed = sum(i.file_size for i in infos), sum(i.compress_size for i in infos)
    if unpacked > BOMB_RATIO * max(packed, 1):
        raise InvalidInput("archive_bomb", "The archive would unpack to far more than photos need.")
    if unpacked > MOST_BYTES:
        raise InvalidInput(
            "archive_too_large", f"The archive unpacks to more than {MOST_BYTES // 10**9} GB. Split it."
        )


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> Member:
    if _escapes(info.filename):
        return Member(info.filename, reason="archive_path")
    if info.compress_type not in _PACKED:
        return Member(info.filename, reason="image_format")
    if info.file_size > most:
        return Member(info.filename, reason="image_too_large")
    parts, size = [], 0
    try:
        with archive.open(info) as stream:
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
                if size > most or size > BOMB_RATIO * max(info.compress_size, 1) + _CHUNK:
                    return Member(info.filename, reason="image_bomb")
                parts.append(chunk)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError, ValueError):
        return Member(info.filename, reason="image_truncated")
    return Member(info.filename, data=b"".join(parts))


def _escapes(name: str) -> bool:
    """Whether a name would leave the folder it is unpacked into (zip slip)."""
    path = PurePosixPath(name.replace("\\", "/"))
    return path.is_absolute() or not path.parts or ".." in path.parts or ":" in path.parts[0]
