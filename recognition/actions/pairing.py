"""Which files of an upload are compared with which: by a manifest, or by their places in two folders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from portal.common.errors import InvalidInput
from recognition.manifests import LONGEST_NAME, Manifest

UNPAIRED = "unpaired"
MISSING = "manifest_missing"  # a line names it, and it did not come
_TWO = 2


@dataclass
class Pairing:
    """Pairs of file names, and what is in none, by name and reason code."""

    pairs: list[tuple[str, str]] = field(default_factory=list)
    left: list[dict[str, str]] = field(default_factory=list)


def by_manifest(names: Sequence[str], manifest: Manifest) -> Pairing:
    """Pair files as the lines of a manifest say; a file may be in several pairs."""
    came, used, made = set(names), set[str](), Pairing()
    for line in manifest.lines:
        first, second = (manifest.found_in(came, path) for path in (line.path, line.second))
        if first and second:
            made.pairs.append((first, second))
            used |= {first, second}
        else:
            missing = line.second if first else line.path
            made.left.append({"name": f"{line.place}: {missing}"[:LONGEST_NAME], "reason": MISSING})
    made.left += [{"name": name, "reason": UNPAIRED} for name in names if name not in used]
    return made


def by_folder(names: Sequence[str]) -> Pairing:
    """Pair files that stand at the same place in two folders, whatever their format; one and one are a pair.

    Raises:
        InvalidInput: `pairs_folders`, the upload has not exactly two folders.
    """
    first, second = _sides(names)
    if len(first) == len(second) == 1:
        return Pairing(list(zip(first.values(), second.values(), strict=True)))
    made = Pairing([(name, second[key]) for key, name in first.items() if key in second])
    used = {name for pair in made.pairs for name in pair}
    made.left = [{"name": name, "reason": UNPAIRED} for name in names if name not in used]
    return made


def _sides(names: Sequence[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return both folders' files by their place; folders around both do not count."""
    parts = {name: PurePosixPath(name).parts for name in names}
    depth = 0
    while parts and len({own[: depth + 1] for own in parts.values()}) == 1 and _has_more(parts, depth):
        depth += 1
    folders = sorted({own[depth] for own in parts.values() if len(own) > depth + 1})
    outside = [name for name, own in parts.items() if len(own) <= depth + 1]
    if len(folders) != _TWO or outside:
        sentence = "Put the photos into two folders: a photo and the one it is compared with have one name."
        raise InvalidInput("pairs_folders", sentence, field="images")
    sides: list[dict[str, str]] = [
        {_key(own[depth + 1 :]): name for name, own in parts.items() if own[depth] == folder}
        for folder in folders
    ]
    return sides[0], sides[1]


def _has_more(parts: dict[str, tuple[str, ...]], depth: int) -> bool:
    return all(len(own) > depth + 1 for own in parts.values())


def _key(parts: tuple[str, ...]) -> str:
    return str(PurePosixPath(*parts).with_suffix("")).casefold()
