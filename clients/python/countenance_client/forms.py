"""Bodies: JSON, and forms with files that are read while they are sent, however many there are."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

Photo: TypeAlias = str | os.PathLike[str] | bytes
_CHUNK = 1 << 16


@dataclass(frozen=True)
class Part:
    """A file of a form.

    Attributes:
        field: Name of the field.
        name: Of the file; folders in it may say whom a photo shows.
        content: Where it lies, or its bytes.
    """

    field: str
    name: str
    content: Path | bytes

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.content) if isinstance(self.content, bytes) else self.content.stat().st_size

    def chunks(self) -> Iterator[bytes]:
        """Yield the bytes, a piece at a time."""
        if isinstance(self.content, bytes):
            yield self.content
            return
        with self.content.open("rb") as file:
            while piece := file.read(_CHUNK):
                yield piece


@dataclass(frozen=True)
class Body:
    """What is sent; it can be sent again, as a repeated call has to."""

    content_type: str
    length: int
    pieces: Iterable[bytes] = field(repr=False)


def json_body(value: Any) -> Body:
    """Return a body of JSON."""
    data = json.dumps(value).encode()
    return Body("application/json", len(data), [data])


def form_body(values: Mapping[str, Any], parts: Iterable[Part]) -> Body:
    """Return a form; files are opened one after the other when it is sent."""
    form = _Form(uuid.uuid4().hex, dict(values), tuple(parts))
    return Body(f"multipart/form-data; boundary={form.boundary}", form.length, form)


def part(name: str, photo: Photo) -> Part:
    """Return a photo as a file of a form."""
    if isinstance(photo, bytes):
        return Part(name, "photo", photo)
    path = Path(photo)
    return Part(name, path.name, path)


def folder_parts(name: str, folder: Path) -> list[Part]:
    """Return all files of a folder and its folders, named by their place in it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return [Part(name, path.relative_to(folder).as_posix(), path) for path in files]


@dataclass(frozen=True)
class _Form:
    boundary: str
    values: dict[str, Any]
    parts: tuple[Part, ...]

    def __iter__(self) -> Iterator[bytes]:
        for name, value in self.values.items():
            yield self._head(name) + b"\r\n" + str(value).encode() + b"\r\n"
        for one in self.parts:
            yield self._file_head(one)
            yield from one.chunks()
            yield b"\r\n"
        yield self._end

    @property
    def length(self) -> int:
        """Bytes of the whole form, known before a file is read."""
        of_values = sum(len(self._head(n)) + 4 + len(str(v).encode()) for n, v in self.values.items())
        of_files = sum(len(self._file_head(one)) + one.size + 2 for one in self.parts)
        return of_values + of_files + len(self._end)

    @property
    def _end(self) -> bytes:
        return f"--{self.boundary}--\r\n".encode()

    def _head(self, name: str, more: str = "") -> bytes:
        return f'--{self.boundary}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n'.encode()

    def _file_head(self, one: Part) -> bytes:
        quoted = one.name.replace("\\", "\\\\").replace('"', "%22").replace("\r", "").replace("\n", "")
        head = self._head(one.field, f'; filename="{quoted}"')
        return head + b"Content-Type: application/octet-stream\r\n\r\n"
