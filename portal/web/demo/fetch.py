"""Photos that packages carry: looked up where they are installed, or fetched with pip and kept.

The source distribution of `face_recognition` (MIT) has, among its tests, four official White House
photographs by Pete Souza of public officials on duty. As works of the United States government they have no
copyright (17 U.S.C. 105). The note inside each asks not to manipulate it and not to suggest endorsement; so
they are shown unchanged, and nobody on them endorses anything here. Its other photos are not touched.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

from portal.env import ROOT

PACKAGE = "face_recognition 1.3.0"
ARCHIVE = "face_recognition-1.3.0.tar.gz"
ARCHIVE_SHA256 = "5e5efdd1686aa566af0d3cc1313b131e4b197657a8ffd03669e6d3fad92705ec"
ASTRONAUT_SHA256 = "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5"
OFFICIALS = {"Barack Obama": ("obama.jpg", "obama2.jpg", "obama3.jpg"), "Joe Biden": ("biden.jpg",)}
_FOLDER = "face_recognition-1.3.0/tests/test_images"
_FETCH_SECONDS = 90


def in_package(package: str, file: str) -> Path | None:
    """Return where an installed package keeps a file, without importing the package."""
    found = importlib.util.find_spec(package)
    return Path(found.origin).parent / file if found and found.origin else None


def officials(cache: Path) -> dict[str, list[tuple[str, bytes]]]:
    """Return the officials' photos by name, empty where the package cannot be had.

    Args:
        cache: Folder that keeps the package's archive for the next time; made if missing.
    """
    archive = cache / ARCHIVE
    if not _is_genuine(archive):
        cache.mkdir(parents=True, exist_ok=True)
        _fetch(archive)
    return _read(archive) if _is_genuine(archive) else {}


def _is_genuine(archive: Path) -> bool:
    return archive.is_file() and hashlib.sha256(archive.read_bytes()).hexdigest() == ARCHIVE_SHA256


def _read(archive: Path) -> dict[str, list[tuple[str, bytes]]]:
    """Read the named members; the archive's digest is known, so each of them is."""
    with tarfile.open(archive) as files:
        return {
            person: [(name, _member(files, name)) for name in names] for person, names in OFFICIALS.items()
        }


def _member(files: tarfile.TarFile, name: str) -> bytes:
    member = files.extractfile(f"{_FOLDER}/{name}")
    return member.read() if member else b""


def _fetch(archive: Path) -> None:
    """Fetch the archive with the first pip that can; it is compared with the digest before it is opened."""
    for pip in _pips():
        with tempfile.TemporaryDirectory(dir=archive.parent) as folder:
            if _download(pip, Path(folder)):
                shutil.move(Path(folder) / ARCHIVE, archive)
                return


def _download(pip: list[str], folder: Path) -> bool:
    wanted = folder / "wanted.txt"
    wanted.write_text(f"{PACKAGE.replace(' ', '==')} --hash=sha256:{ARCHIVE_SHA256}\n")
    options = ["--quiet", "--no-deps", "--no-binary=:all:", "--require-hashes"]
    command = [*pip, "download", *options, "--requirement", str(wanted), "--dest", str(folder)]
    environment = os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run(  # noqa: S603 - our own words
            command, env=environment, capture_output=True, timeout=_FETCH_SECONDS, check=False
        )
        return done.returncode == 0 and (folder / ARCHIVE).is_file()
    return False


def _pips() -> Iterator[list[str]]:
    """Yield the ways to run pip on this machine: an environment made by uv has none of its own."""
    for python in (Path(sys.executable), ROOT / ".local" / "uv" / "bin" / "python"):
        if python.is_file() and _has_pip(python):
            yield [str(python), "-m", "pip"]
    if uv := shutil.which("uv"):
        yield [uv, "tool", "run", "--quiet", "pip"]
    if pip := shutil.which("pip3") or shutil.which("pip"):
        yield [pip]


def _has_pip(python: Path) -> bool:
    asked = subprocess.run([python, "-c", "import pip"], capture_output=True, check=False)  # noqa: S603
    return asked.returncode == 0
