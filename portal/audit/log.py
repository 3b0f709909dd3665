"""Reads of the published log: places, proofs and checkpoints, each with a few rows whatever its size."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from portal.audit import merkle
from portal.audit.merkle import Node
from portal.audit.models import Leaf


def size() -> int:
    """Return how many events have a place."""
    return Leaf.objects.all().size()


def nodes(wanted: Collection[Node]) -> Mapping[Node, bytes]:
    """Return the hashes of complete subtrees, with one query.

    The leaf that completes a subtree holds its hash, the layout of Go's checksum database (`sumdb/tlog`).
    """
    rows = Leaf.objects.only("hashes").in_bulk({node.last_leaf for node in wanted})
    return {node: rows[node.last_leaf].hash_at(node.level) for node in wanted}


def inclusions(indices: Iterable[int], size: int) -> dict[int, list[bytes]]:
    """Return the proofs that leaves stand in the tree of the first `size` leaves, with one query.

    Raises:
        OutOfRange: There is no such leaf in that tree.
    """
    return merkle.inclusions(indices, size, nodes)


def consistency(first: int, second: int) -> list[bytes]:
    """Return the proof that the log of `first` leaves is the beginning of that of `second`.

    Raises:
        OutOfRange: `first` is larger than `second`, or less than 0.
    """
    return merkle.consistency(first, second, nodes)
