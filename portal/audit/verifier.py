#!/usr/bin/env python3
"""Verify the published log of a Countenance installation: one file, Python 3.9 or later, nothing else.

    verifier.py check https://portal.example.org/transparency --save log/  the whole log, and keep a copy
    verifier.py check log/                                                 the copy, without any network
    verifier.py follow https://portal.example.org/transparency --since old is it still the log that I knew?
    verifier.py event event.json --key KEY                                 my own event, of `trail/{event}/`

A folder holds `checkpoint`, `key` and `entries.jsonl`, as `/transparency/checkpoint`, `/transparency/key` and
`/transparency/entries` gave them. `--key` takes a verifier's key (`name+id+base64`) or a file of them: get it
once, from people you know or from print, and keep it; a key that comes with the log proves only that the log
agrees with itself. Keep checkpoints too: two that contradict each other, both signed, prove that the log was
changed.

Formats: tree and proofs after RFC 6962, checkpoints after C2SP tlog-checkpoint and signed-note, Ed25519 after
RFC 8032. Exit status 0 when everything is right, 1 when something is not, 2 when the call is wrong.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import itertools
import json
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

PAGE = 1000  # entries of one request
TIMEOUT = 60  # seconds


class Wrong(Exception):
    """Something is not as it should be."""


class Head(NamedTuple):
    """What a checkpoint says."""

    origin: str
    size: int
    root: bytes


# --- Ed25519, RFC 8032 ------------------------------------------------------------------------------------
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]  # extended coordinates X, Y, Z, T


def decompressed(data: bytes) -> Point:
    """Return the point that 32 bytes stand for (5.1.3)."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & ((1 << 255) - 1)
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * ROOT_OF_MINUS_1 % P
    if y >= P or (x * x - x2) % P or (x == 0 and sign):
        raise Wrong("This is no point of the curve.")
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def added(p: Point, q: Point) -> Point:
    """Return the sum of two points (5.1.4)."""
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiplied(scalar: int, point: Point) -> Point:
    """Return a point added to itself so many times."""
    total: Point = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            total = added(total, point)
        point, scalar = added(point, point), scalar >> 1
    return total


BASE = decompressed((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def is_signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether the owner of a public key signed a message (5.1.7)."""
    if len(public) != 32 or len(signature) != 64:
        return False
    scalar = int.from_bytes(signature[32:], "little")
    if scalar >= ORDER:
        return False
    try:
        key, commitment = decompressed(public), decompressed(signature[:32])
    except Wrong:
        return False
    digest = hashlib.sha512(signature[:32] + public + message).digest()
    left = multiplied(scalar, BASE)
    right = added(commitment, multiplied(int.from_bytes(digest, "little") % ORDER, key))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 == (left[1] * right[2] - right[1] * left[2]) % P


# --- checkpoints, C2SP ------------------------------------------------------------------------------------
Keys = dict[tuple[str, bytes], bytes]


def keys_of(text: str) -> Keys:
    """Return the Ed25519 keys of a text, one a line."""
    found = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, _, rest = line.partition("+")
        raw = base64.b64decode(rest.partition("+")[2])
        number = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
        if raw[:1] != b"\x01" or number.hex() != rest.partition("+")[0]:
            raise Wrong(f"This is no Ed25519 verifier's key: {line}")
        found[name, number] = raw[1:]
    return found


def opened(note: str, keys: Keys) -> Head:
    """Return what a checkpoint says, once one of the keys is found to have signed it."""
    text, _, signatures = note.rpartition("\n\n")
    message = f"{text}\n".encode()
    for line in signatures.splitlines():
        name, _, encoded = line[2:].partition(" ")
        raw = base64.b64decode(encoded)
        public = keys.get((name, raw[:4]))
        if line.startswith("\u2014 ") and public and is_signed(public, message, raw[4:]):
            origin, size, root = text.split("\n")[:3]
            return Head(origin, int(size), base64.b64decode(root))
    raise Wrong("The checkpoint is signed by no key that is trusted here.")


# --- trees, RFC 6962 --------------------------------------------------------------------------------------
def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of a leaf."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """A tree that leaves are appended to."""

    def __init__(self) -> None:
        self.size = 0
        self.peaks: list[bytes] = []

    def append(self, entry: bytes) -> None:
        """Append a leaf."""
        reached, place = leaf_hash(entry), self.size
        while place & 1:
            reached, place = node_hash(self.peaks.pop(), reached), place >> 1
        self.peaks.append(reached)
        self.size += 1

    @property
    def root(self) -> bytes:
        """The hash of the tree."""
        if not self.peaks:
            return hashlib.sha256(b"").digest()
        reached = self.peaks[-1]
        for left in reversed(self.peaks[:-1]):
            reached = node_hash(left, reached)
        return reached


def split(size: int) -> int:
    """Return the largest power of two below a size."""
    return 1 << (size - 1).bit_length() - 1


def included(hashed: bytes, index: int, size: int, proof: list[bytes]) -> bytes:
    """Return the root that an inclusion proof leads to, word for word after RFC 6962, 2.1.1."""
    if not 0 <= index < size:
        raise Wrong(f"There is no entry {index} in a log of {size}.")
    if size == 1:
        if proof:
            raise Wrong("The inclusion proof is too long.")
        return hashed
    if not proof:
        raise Wrong("The inclusion proof is too short.")
    left = split(size)
    if index < left:
        return node_hash(included(hashed, index, left, proof[:-1]), proof[-1])
    return node_hash(proof[-1], included(hashed, index - left, size - left, proof[:-1]))


def grown(first: int, second: int, proof: list[bytes], old: bytes) -> tuple[bytes, bytes]:
    """Return the roots of both sizes that a consistency proof leads to, after RFC 6962, 2.1.2."""
    reached = _grown(first, second, list(proof), old, True)
    if reached is None:
        raise Wrong("The consistency proof has not the right length.")
    return reached


def _grown(first: int, size: int, proof: list[bytes], old: bytes, whole: bool) -> tuple[bytes, bytes] | None:
    if first == size:
        if whole:
            return None if proof else (old, old)
        return (proof[0], proof[0]) if len(proof) == 1 else None
    if not proof or not 0 < first < size:
        return None
    left, last = split(size), proof[-1]
    if first <= left:
        below = _grown(first, left, proof[:-1], old, whole)
        return below and (below[0], node_hash(below[1], last))
    below = _grown(first - left, size - left, proof[:-1], old, False)
    return below and (node_hash(last, below[0]), node_hash(last, below[1]))


# --- one's own event --------------------------------------------------------------------------------------
def check_event(told: dict[str, Any], keys: Keys, note: str | None = None) -> tuple[int, Head, list[str]]:
    """Check an event as `trail/{event}/` gives it: that it is what was published, and where.

    Args:
        told: The answer.
        keys: Trusted ones.
        note: A checkpoint to use in place of the answer's own, of the same size.

    Returns:
        Its place, what the checkpoint says, and the fields that were not opened.
    """
    log = told.get("log")
    if not log:
        raise Wrong("The event had no place in the log yet when this was saved. Ask again.")
    head = opened(note or log["checkpoint"], keys)
    entry, index = base64.b64decode(log["leaf"]), log["index"]
    reached = included(leaf_hash(entry), index, head.size, [bytes.fromhex(one) for one in log["hashes"]])
    if reached != head.root:
        raise Wrong(f"Entry {index} is not in the log that the checkpoint of {head.size} entries signs.")
    return index, head, _opened(told, json.loads(entry), log["opening"])


def _opened(told: dict[str, Any], entry: dict[str, Any], opening: dict[str, dict[str, str]]) -> list[str]:
    """Check what is said of an event against its entry; return the fields whose commitment was not opened."""
    said = {"id": entry["event"], "at": entry["at"], **({"verb": entry["verb"]} if "verb" in entry else {})}
    for name, one in opening.items():
        key, value = bytes.fromhex(one["key"]), one["value"]
        if hashlib.sha256(key + value.encode()).hexdigest() != entry["commitments"].get(name):
            raise Wrong(f"The {name} of the event is not the one that was published.")
        said[name] = json.loads(value) if name == "payload" else value
    for name in said.keys() & told.keys():
        if told[name] != said[name]:
            raise Wrong(f"The {name} of the event is not the one that was published.")
    return sorted(entry["commitments"].keys() - opening.keys())


# --- the whole log ----------------------------------------------------------------------------------------
class Source:
    """Where a log is read from: a folder, or the address of an installation."""

    def __init__(self, place: str) -> None:
        self.place = place.rstrip("/")
        self.is_remote = urllib.parse.urlsplit(place).scheme in {"http", "https"}

    def read(self, name: str) -> str:
        """Return a text of this name."""
        if not self.is_remote:
            return Path(self.place, name).read_text("utf-8")
        address = f"{self.place}/{name}"  # http or https, see is_remote
        with urllib.request.urlopen(address, timeout=TIMEOUT) as answer:
            return str(answer.read().decode("utf-8"))

    def lines(self, size: int) -> Iterator[str]:
        """Yield the first lines of the log, each with one entry."""
        if not self.is_remote:
            with Path(self.place, "entries.jsonl").open(encoding="utf-8") as file:
                yield from itertools.islice(file, size)
            return
        start = 0
        while start < size:
            page = self.read(f"entries?start={start}&end={min(start + PAGE, size) - 1}").splitlines()
            if not page:
                return
            yield from page
            start += len(page)


def check(source: Source, keys: Keys, old: Head | None, save: Path | None) -> Head:
    """Check every entry of a log against its signed root, and against a checkpoint that was kept."""
    note = source.read("checkpoint")
    head, tree = opened(note, keys), Tree()
    kept = (save / "entries.jsonl").open("w", encoding="utf-8") if save else None
    if old and old.size > head.size:
        raise Wrong(f"The log has shrunk: it had {old.size} entries and has {head.size}.")
    for line in source.lines(head.size):
        told = json.loads(line)
        if told["index"] != tree.size:
            raise Wrong(f"Entry {told['index']} stands where entry {tree.size} should.")
        _compare(tree, old)
        tree.append(base64.b64decode(told["leaf"]))
        if kept:
            kept.write(line.rstrip("\n") + "\n")
    _compare(tree, old)
    if tree.size != head.size:
        raise Wrong(f"The checkpoint counts {head.size} entries, and there are {tree.size}.")
    if tree.root != head.root:
        raise Wrong(f"The {tree.size} entries are not those that the checkpoint signs.")
    if save and kept:
        kept.close()
        (save / "checkpoint").write_text(note, "utf-8")
        (save / "key").write_text(source.read("key"), "utf-8")
    return head


def _compare(tree: Tree, old: Head | None) -> None:
    if old and tree.size == old.size and tree.root != old.root:
        raise Wrong(f"The first {old.size} entries are not those that the earlier checkpoint signed.")


def follow(source: Source, keys: Keys, old: Head) -> Head:
    """Check that the log begins with what an earlier checkpoint signed, by a proof instead of all entries."""
    head = opened(source.read("checkpoint"), keys)
    if old.size > head.size:
        raise Wrong(f"The log has shrunk: it had {old.size} entries and has {head.size}.")
    if old.size:
        proof = json.loads(source.read(f"proof/consistency?from={old.size}&to={head.size}"))["hashes"]
        reached = grown(old.size, head.size, [bytes.fromhex(one) for one in proof], old.root)
        if reached != (old.root, head.root):
            raise Wrong(f"The first {old.size} entries are not those that the earlier checkpoint signed.")
    return head


# --- the command ------------------------------------------------------------------------------------------
def text_or_file(given: str) -> str:
    """Return what was given, or what the file of that name holds."""
    return Path(given).read_text("utf-8") if Path(given).is_file() else given


def main(arguments: list[str] | None = None) -> int:
    """Run the command, and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="verifier.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["check", "follow", "event"])
    parser.add_argument("place", metavar="URL|FOLDER|FILE")
    parser.add_argument("--key", help="trusted key, or a file of keys")
    parser.add_argument("--since", help="a checkpoint that was kept")
    parser.add_argument("--checkpoint", help="for event: a checkpoint to use in place of the one in the file")
    parser.add_argument("--save", type=Path, help="for check: folder to keep the log in")
    options = parser.parse_args(arguments)
    if (options.what == "follow" and not options.since) or (options.what == "event" and not options.key):
        parser.error("follow needs --since, event needs --key.")
    try:
        print(said(options))
    except Wrong as error:
        print(f"NOT VERIFIED: {error}")
        return 1
    except (ValueError, KeyError, TypeError, OSError) as error:
        print(f"NOT VERIFIED, since something could not be read: {error!r}")
        return 1
    return 0


def said(options: argparse.Namespace) -> str:
    """Do what the options ask, and return what is true."""
    if options.what == "event":
        note = Path(options.checkpoint).read_text("utf-8") if options.checkpoint else None
        told = json.loads(Path(options.place).read_text("utf-8"))
        index, head, closed = check_event(told, keys_of(text_or_file(options.key)), note)
        rest = f" Not opened to you, so not verified: {', '.join(closed)}." if closed else ""
        return f"Verified: the event is entry {index} of the {head.size} of {head.origin}.{rest}"
    source = Source(options.place)
    keys = keys_of(text_or_file(options.key) if options.key else source.read("key"))
    old = opened(Path(options.since).read_text("utf-8"), keys) if options.since else None
    if options.save:
        options.save.mkdir(parents=True, exist_ok=True)
    if options.what == "follow" and old:
        head = follow(source, keys, old)
    else:
        head = check(source, keys, old, options.save)
    trust = "" if options.key else " The key came with the log: compare it with one from elsewhere."
    since = f" It begins with the {old.size} entries known before." if old else ""
    return f"Verified: {head.origin} has {head.size} entries, and its checkpoint is right.{since}{trust}"


if __name__ == "__main__":
    sys.exit(main())
