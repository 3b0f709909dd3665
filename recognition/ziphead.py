"""What a zip archive says of itself, walked in small steps before a library loads it whole.

The directory at the end of an archive names its members. Whoever wrote it is not believed: a directory of
millions of members would fill memory while it is read, members that share their bytes unpack to more than any
sum of sizes says, and bytes that no member claims may be another file.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from portal.common.errors import InvalidInput

_END, _END64, _LOCATOR = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
_END_SIZE, _LOCATOR_SIZE, _END64_SIZE = 22, 20, 56
_LONGEST_COMMENT = 65_535
_ENTRY, _ENTRY_SIZE, _LOCAL_SIZE = b"PK\x01\x02", 46, 30
_LARGE_ENTRY = 1_000  # bytes, on average: the library that comes after reads the whole directory at once
_IN_64 = 0xFFFFFFFF
_BEFORE_NAME = 5  # bytes: version and checksum
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Directory:
    """Where the directory of an archive lies, in bytes from the file's beginning."""

    start: int
    size: int


def check(file: IO[bytes], *, most: int) -> None:
    """Refuse an archive that has too many members, shares bytes between them, or hides others.

    Memory is bounded by `most`, whatever the archive says.

    Args:
        file: The archive.
        most: Members that are taken at most, folders counted.

    Raises:
        InvalidInput: `archive_format`, `archive_too_large`, `archive_bomb`.
    """
    directory = find(file)
    if directory.size > most * _LARGE_ENTRY:
        sentence = f"The archive's directory is larger than that of {most:,} files. Send the photos alone."
        raise InvalidInput("archive_too_large", sentence)
    spans = []
    for span in _spans(file, directory):
        spans.append(span)
        if len(spans) > most:
            sentence = f"The archive holds more than {most:,} files. Split it."
            raise InvalidInput("archive_too_large", sentence)
    _check_apart(sorted(spans), directory)


def find(file: IO[bytes]) -> Directory:
    """Return where the directory lies.

    Raises:
        InvalidInput: `archive_format`, there is none: no archive, or one that was cut off.
    """
    size = file.seek(0, 2)
    begin = max(size - _END_SIZE - _LONGEST_COMMENT - _LOCATOR_SIZE, 0)
    file.seek(begin)
    tail = file.read(size - begin)
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_SIZE:
        raise _damaged()
    length, start = struct.unpack_from("<LL", tail, at + 12)
    end = begin + at
    if tail[max(at - _LOCATOR_SIZE, 0) : at][:4] == _LOCATOR:
        length, start, end = _find64(file, tail, at)
    if start + length > end:
        raise _damaged()
    if start + length < end:
        sentence = "Other data stands before or inside the archive. Send the archive alone."
        raise InvalidInput("archive_format", sentence)
    return Directory(start, length)


def _find64(file: IO[bytes], tail: bytes, at: int) -> tuple[int, int, int]:
    """Return length, start and end of the directory as the record of zip64 gives them.

    The record is read where Python's own reader looks for it, right before its locator: two readers that look
    in different places can be shown two archives.
    """
    (named,) = struct.unpack_from("<Q", tail, at - _LOCATOR_SIZE + 8)
    end = file.tell() - len(tail) + at - _LOCATOR_SIZE - _END64_SIZE
    if named != end or end < 0:
        raise _damaged()
    file.seek(end)
    record = file.read(_END64_SIZE)
    if len(record) < _END64_SIZE or record[:4] != _END64:
        raise _damaged()
    length, start = struct.unpack_from("<QQ", record, 40)
    return length, start, end


def _spans(file: IO[bytes], directory: Directory) -> Iterator[tuple[int, int]]:
    """Yield (first byte, end) of each member in the file, at the least."""
    file.seek(directory.start)
    left, held = directory.size, b""
    while left or held:
        if len(held) < _ENTRY_SIZE + 3 * 65_535 and left:
            more = file.read(min(_CHUNK, left))
            if not more:
                raise _damaged()
            held, left = held + more, left - len(more)
        span, length = _span(held)
        held = held[length:]
        yield span


def _span(held: bytes) -> tuple[tuple[int, int], int]:
    """Return the bytes of the member that a directory entry names, and the entry's own length."""
    if len(held) < _ENTRY_SIZE or held[:4] != _ENTRY:
        raise _damaged()
    packed, unpacked, name, extra, comment = struct.unpack_from("<LLHHH", held, 20)
    (start,) = struct.unpack_from("<L", held, 42)
    length = _ENTRY_SIZE + name + extra + comment
    if len(held) < length:
        raise _damaged()
    fields = held[_ENTRY_SIZE + name : _ENTRY_SIZE + name + extra]
    start, packed = _in_full(fields, unpacked, packed, start)
    return (start, start + _LOCAL_SIZE + name + packed), length


def _in_full(fields: bytes, unpacked: int, packed: int, start: int) -> tuple[int, int]:
    """Return start and packed size, from the extra field of zip64 where the entry itself has no room."""
    wide = _extra(fields, 0x0001)
    at = 8 if unpacked == _IN_64 else 0
    if packed == _IN_64 and len(wide) >= at + 8:
        (packed,) = struct.unpack_from("<Q", wide, at)
        at += 8
    if start == _IN_64 and len(wide) >= at + 8:
        (start,) = struct.unpack_from("<Q", wide, at)
    return start, packed


def _extra(fields: bytes, wanted: int) -> bytes:
    """Return one extra field of an entry; empty where it is not there."""
    at = 0
    while at + 4 <= len(fields):
        kind, length = struct.unpack_from("<HH", fields, at)
        if kind == wanted:
            return fields[at + 4 : at + 4 + length]
        at += 4 + length
    return b""


def unicode_name(fields: bytes) -> str:
    """Return the name that a field of Info-ZIP gives beside one in an unknown encoding, if any."""
    found = _extra(fields, 0x7075)
    return found[_BEFORE_NAME:].decode("utf-8", "replace")


def _check_apart(spans: list[tuple[int, int]], directory: Directory) -> None:
    """Refuse members that share bytes, reach into the directory, or do not begin where the file does."""
    end = 0
    for start, stop in spans:
        if start < end:
            sentence = "Files in the archive share the same bytes, as in an archive made to overwhelm."
            raise InvalidInput("archive_bomb", sentence)
        end = stop
    if end > directory.start:
        raise _damaged()
    if spans and spans[0][0] > 0:
        raise InvalidInput("archive_format", "Other data stands before the archive. Send the archive alone.")


def _damaged() -> InvalidInput:
    return InvalidInput("archive_format", "This file is not a zip archive, or it is damaged or cut off.")
