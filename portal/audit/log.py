"""Reads of the published log: places, proofs and checkpoints, each with a few rows whatever its size."""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from portal.audit import checkpoints, merkle
from portal.audit.merkle import Node
from portal.audit.models import Checkpoint, Event, Leaf, LogKey, Unplaced


@dataclass(frozen=True)
class Place:
    """Where an event stands in the log, and the proof of it.

    Attributes:
        leaf: What is published of it, and what opens that.
        checkpoint: A signed root that counts it.
        hashes: The inclusion proof in the tree of that checkpoint.
    """

    leaf: Leaf
    checkpoint: Checkpoint
    hashes: list[bytes]


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


def newest() -> Checkpoint | None:
    """Return the newest checkpoint; none while nothing is published."""
    return Checkpoint.objects.order_by("-size").first()


def waiting_since() -> datetime | None:
    """Return when the first event was written that still waits for its place; none where none waits."""
    first = Unplaced.objects.order_by("number").values_list("event_id", flat=True).first()
    return Event.objects.filter(pk=first).values_list("at", flat=True).first() if first else None


def verifier_keys() -> list[str]:
    """Return the verifier's keys of the log: the one that signs now, and those that signed earlier."""
    current = str(checkpoints.signer().key)
    earlier = LogKey.objects.order_by("-first_size").values_list("verifier_key", flat=True)
    return [current, *(key for key in earlier if key != current)]


def indices(events: Iterable[UUID]) -> dict[UUID, int]:
    """Return the places of events, without proofs; an event that has none yet is left out."""
    return dict(Leaf.objects.filter(event_id__in=list(events)).values_list("event_id", "index"))


def places(events: Iterable[UUID]) -> dict[UUID, Place]:
    """Return the places of events, proven in the newest checkpoint, with three queries whatever their number.

    An event that has no place yet is left out.
    """
    newest_one = newest()
    leaves = list(Leaf.objects.filter(event_id__in=list(events)))
    if newest_one is None or not leaves:
        return {}
    proofs = inclusions([leaf.index for leaf in leaves], newest_one.size)
    return {leaf.event_id: Place(leaf, newest_one, proofs[leaf.index]) for leaf in leaves}


def entries(first: int, last: int) -> Iterator[dict[str, Any]]:
    """Yield the entries of two places and all between, as the public log shows them."""
    rows = Leaf.objects.filter(index__range=(first, last)).order_by("index").values_list("index", "body")
    for index, body in rows.iterator():
        yield {"index": index, "leaf": base64.b64encode(body).decode()}


def verifier() -> str:
    """Return the program with which outsiders verify the log."""
    return Path(__file__).with_name("verifier.py").read_text("utf-8")
