"""Merkle trees after RFC 6962 (section 2.1): hashes, inclusion and consistency proofs, and their checks.

A `Node` is a complete subtree: level 0 is a leaf, level k covers 2^k leaves. Whoever stores the hashes of the
nodes that each leaf completes (`Growth.append`) can prove anything about a tree of any size with a number of
reads that grows with its logarithm. Hashes are SHA-256, 32 bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple

HASH_BYTES = 32
EMPTY = sha256(b"").digest()


class Node(NamedTuple):
    """The complete subtree over the leaves from `place << level`, 2^level of them."""

    level: int
    place: int

    @property
    def last_leaf(self) -> int:
        """The leaf with which the subtree was complete."""
        return ((self.place + 1) << self.level) - 1


Range = tuple[int, int]  # leaves from the first on, up to but without the second
Read = Callable[[Collection[Node]], Mapping[Node, bytes]]


class OutOfRange(ValueError):
    """A place or size that the tree does not have."""


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of a leaf, SHA-256(0x00 || entry)."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node, SHA-256(0x01 || left || right)."""
    return sha256(b"\x01" + left + right).digest()


class Growth:
    """A tree that leaves are appended to, known by the hashes of its largest complete subtrees alone."""

    def __init__(self, size: int, peaks: Sequence[bytes]) -> None:
        self.size = size
        self._peaks = list(peaks)

    def append(self, hashed: bytes) -> list[bytes]:
        """Append the hash of a leaf.

        Returns:
            The hashes of all nodes that it completes, level 0 (its own) first.
        """
        completed, place = [hashed], self.size
        while place & 1:
            completed.append(node_hash(self._peaks.pop(), completed[-1]))
            place >>= 1
        self._peaks.append(completed[-1])
        self.size += 1
        return completed

    @property
    def root(self) -> bytes:
        """The hash of the whole tree."""
        return _folded(self._peaks)


def peaks(size: int) -> list[Node]:
    """Return the largest complete subtrees of a tree, from left to right."""
    return _nodes((0, size))


def growth(size: int, read: Read) -> Growth:
    """Return a tree of a size, ready for more leaves."""
    wanted = peaks(size)
    found = read(wanted)
    return Growth(size, [found[node] for node in wanted])


def root(size: int, read: Read) -> bytes:
    """Return the hash of the tree of the first `size` leaves."""
    return growth(size, read).root


def inclusion(index: int, size: int, read: Read) -> list[bytes]:
    """Return the proof that a leaf stands at `index` in the tree of `size` leaves (RFC 6962, 2.1.1).

    Raises:
        OutOfRange: There is no such leaf.
    """
    return inclusions([index], size, read)[index]


def inclusions(indices: Iterable[int], size: int, read: Read) -> dict[int, list[bytes]]:
    """Return the proofs for many leaves, with one read."""
    siblings = {index: _siblings(index, size) for index in indices}
    found = read({node for ranges in siblings.values() for one in ranges for node in _nodes(one)})
    return {index: [_hash(one, found) for one in ranges] for index, ranges in siblings.items()}


def consistency(first: int, second: int, read: Read) -> list[bytes]:
    """Return the proof that the tree of `first` leaves is the beginning of that of `second` (2.1.2).

    Raises:
        OutOfRange: `first` is larger than `second`, or less than 0.
    """
    ranges = _subproof(first, second)
    found = read({node for one in ranges for node in _nodes(one)})
    return [_hash(one, found) for one in ranges]


def includes(hashed: bytes, index: int, size: int, proof: Sequence[bytes], tree: bytes) -> bool:
    """Tell whether a proof shows that a leaf stands at `index` of the tree with this hash and size.

    The check of RFC 9162, section 2.1.3.2.
    """
    if not 0 <= index < size:
        return False
    place, last, reached = index, size - 1, hashed
    for step in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            reached = node_hash(step, reached)
            place, last = _after_left(place, last)
        else:
            reached = node_hash(reached, step)
        place, last = place >> 1, last >> 1
    return last == 0 and reached == tree


def extends(first: int, second: int, proof: Sequence[bytes], old: bytes, new: bytes) -> bool:
    """Tell whether a proof shows that the tree `new` of `second` leaves begins with `old` of `first`.

    The check of RFC 9162, section 2.1.4.2.
    """
    if not 0 <= first <= second:
        return False
    if first in {0, second}:
        return not proof and old == (EMPTY if first == 0 else new)
    steps = list(proof) if first & (first - 1) else [old, *proof]
    if not steps:
        return False
    return _retraced(first, second, steps) == (old, new)


def _retraced(first: int, second: int, steps: list[bytes]) -> tuple[bytes, bytes] | None:
    """Return the hashes of both trees that the steps lead to, or None where they lead nowhere."""
    place, last = first - 1, second - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return None
        if place & 1 or place == last:
            old, new = node_hash(step, old), node_hash(step, new)
            place, last = _after_left(place, last)
        else:
            new = node_hash(new, step)
        place, last = place >> 1, last >> 1
    return (old, new) if last == 0 else None


def _after_left(place: int, last: int) -> tuple[int, int]:
    """Pass the levels on which the rightmost node has no sibling."""
    while place and not place & 1:
        place, last = place >> 1, last >> 1
    return place, last


def _siblings(index: int, size: int) -> list[Range]:
    if not 0 <= index < size:
        raise OutOfRange(f"There is no leaf {index} in a tree of {size}.")
    start, end, found = 0, size, []
    while end - start > 1:
        middle = _middle(start, end)
        if index < middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((start, middle))
            start = middle
    return found[::-1]


def _subproof(first: int, second: int) -> list[Range]:
    if not 0 <= first <= second:
        raise OutOfRange(f"A tree of {second} has no beginning of {first}.")
    start, end, found = 0, second, []
    while first not in {0, end}:
        middle = _middle(start, end)
        if first <= middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((start, middle))
            start = middle
    if start:  # the verifier does not know this part; from 0 on it is the old tree itself
        found.append((start, end))
    return found[::-1]


def _middle(start: int, end: int) -> int:
    """Return where a tree over these leaves divides: at the largest power of two below their number."""
    return start + (1 << (end - start - 1).bit_length() - 1)


def _nodes(leaves: Range) -> list[Node]:
    start, end = leaves
    found = []
    while start < end:
        level = (end - start).bit_length() - 1
        found.append(Node(level, start >> level))
        start += 1 << level
    return found


def _hash(leaves: Range, found: Mapping[Node, bytes]) -> bytes:
    return _folded([found[node] for node in _nodes(leaves)])


def _folded(hashes: Sequence[bytes]) -> bytes:
    if not hashes:
        return EMPTY
    reached = hashes[-1]
    for left in reversed(hashes[:-1]):
        reached = node_hash(left, reached)
    return reached
