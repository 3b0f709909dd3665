"""Checks the published log against the events themselves, as one who may read everything can.

Every leaf is held against its event (field by field, through the commitments), the tree is computed anew from
what is published, and every checkpoint is held against the tree and its signature. What a superuser changed
behind the triggers is found and named. No check inside the database can find a log that was rewritten from
the start, signed anew and put in place of the old; a checkpoint that was kept elsewhere shows it: pass those.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction

from portal.audit import checkpoints, leaves, merkle
from portal.audit.checkpoints import Head, NotSigned, VerifierKey
from portal.audit.merkle import Growth
from portal.audit.models import Checkpoint, Event, Leaf

_CHUNK: Final = 1000
_WITHOUT_PLACE: Final = """
SELECT event.* FROM audit_event AS event
WHERE NOT EXISTS (SELECT FROM audit_leaf AS leaf WHERE leaf.event_id = event.id)
AND NOT EXISTS (SELECT FROM audit_unplaced AS waiting WHERE waiting.event_id = event.id)
"""
_WAITING_IN_VAIN: Final = """
SELECT waiting.event_id, event.id IS NULL FROM audit_unplaced AS waiting
LEFT JOIN audit_event AS event ON event.id = waiting.event_id
LEFT JOIN audit_leaf AS leaf ON leaf.event_id = waiting.event_id
WHERE event.id IS NULL OR leaf.event_id IS NOT NULL
"""


@dataclass(frozen=True)
class Fault:
    """One thing that is not as it was published."""

    code: str
    sentence: str


@dataclass
class Report:
    """What a check came to.

    Attributes:
        entries: Entries that were looked at.
        checkpoints: Checkpoints that were looked at.
        faults: What is wrong, in the order in which it was found.
    """

    entries: int = 0
    checkpoints: int = 0
    faults: list[Fault] = field(default_factory=list)


def verify(*, keys: Collection[VerifierKey], kept: Iterable[Head] = ()) -> Report:
    """Check the whole log, in one snapshot of the database.

    Args:
        keys: Those that may have signed it.
        kept: What checkpoints said that were kept elsewhere.
    """
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        return _Check(keys, kept).run()


class _Check:
    """One walk along the log, with the tree as far as it has grown."""

    def __init__(self, keys: Collection[VerifierKey], kept: Iterable[Head]) -> None:
        self.keys = keys
        self.report = Report()
        self.tree = Growth(0, [])
        self.is_whole = True  # no place is missing so far, and the tree is still the one that was signed
        self.kept = sorted(kept, key=lambda head: head.size)
        self.signed = Checkpoint.objects.order_by("size").iterator(_CHUNK)
        self.next = next(self.signed, None)

    def run(self) -> Report:
        for chunk in _chunks():
            events = Event.objects.in_bulk([leaf.event_id for leaf in chunk])
            for leaf in chunk:
                self._hold_against_checkpoints()
                self._look_at(leaf, events)
        self._hold_against_checkpoints()
        self._end()
        self._look_at_events()
        return self.report

    def _fault(self, code: str, sentence: str) -> None:
        self.report.faults.append(Fault(code, sentence))

    def _look_at(self, leaf: Leaf, events: Mapping[UUID, Event]) -> None:
        if leaf.index != self.report.entries:
            last = leaf.index - 1
            self._fault("entries_missing", f"Entries {self.report.entries} to {last} are not there.")
            self.is_whole = False
        self.report.entries = leaf.index + 1
        self._grow(leaf)
        event = events.get(leaf.event_id)
        if event is None:
            self._fault("event_missing", f"The event {leaf.event_id} of entry {leaf.index} is gone.")
        elif changed := _changed(event, leaf):
            self._fault("event_changed", f"Entry {leaf.index}, event {event.pk}: {changed}")

    def _grow(self, leaf: Leaf) -> None:
        body = bytes(leaf.body)
        completed = self.tree.append(merkle.leaf_hash(body))
        if completed[0] != leaf.hash_at(0):
            self._fault("entry_changed", f"Entry {leaf.index} has another hash than was stored with it.")
        elif self.is_whole and b"".join(completed) != bytes(leaf.hashes):
            self._fault(
                "tree_changed", f"The tree up to entry {leaf.index} has another hash than was stored with it."
            )
            self.is_whole = False

    def _hold_against_checkpoints(self) -> None:
        size = self.tree.size
        while self.is_whole and self.kept and self.kept[0].size <= size:
            self._hold_against_kept(self.kept.pop(0))
        while self.next and self.next.size <= self.report.entries:
            self._hold_against(self.next)
            self.next = next(self.signed, None)

    def _hold_against_kept(self, head: Head) -> None:
        if head.size == self.tree.size and head.root != self.tree.root:
            self._fault(
                "history_changed",
                f"The first {head.size} entries are not those that the checkpoint kept elsewhere signed.",
            )

    def _hold_against(self, checkpoint: Checkpoint) -> None:
        self.report.checkpoints += 1
        try:
            head = checkpoints.opened(checkpoint.note, self.keys)
        except NotSigned as error:
            self._fault("checkpoint_unsigned", f"The checkpoint of {checkpoint.size} entries: {error}")
            return
        if (head.size, head.root) != (checkpoint.size, bytes(checkpoint.root)):
            self._fault("checkpoint_changed", f"The checkpoint of {checkpoint.size} entries says otherwise.")
        elif self.is_whole and head.size == self.tree.size and head.root != self.tree.root:
            self._fault(
                "root_differs", f"The first {head.size} entries are not those that their checkpoint signed."
            )
            self.is_whole = False  # every later one would say the same

    def _end(self) -> None:
        entries = self.report.entries
        newest = Checkpoint.objects.order_by("-size").first()
        signed = newest.size if newest else 0
        if signed < entries:
            self._fault("entries_unsigned", f"No checkpoint counts the entries from {signed} on.")
        for size in [head.size for head in self.kept] + ([signed] if signed > entries else []):
            self._fault("entries_missing", f"A checkpoint counts {size} entries, and there are {entries}.")

    def _look_at_events(self) -> None:
        for event in Event.objects.raw(_WITHOUT_PLACE).iterator():
            self._fault("event_unplaced", f"The event {event.pk} has no place in the log and waits for none.")
        with connection.cursor() as cursor:
            cursor.execute(_WAITING_IN_VAIN)
            for event_id, is_gone in cursor.fetchall():
                why = "is gone" if is_gone else "has a place already"
                self._fault("waits_in_vain", f"The event {event_id} waits for a place, and {why}.")


def _chunks() -> Iterator[list[Leaf]]:
    chunk: list[Leaf] = []
    for leaf in Leaf.objects.order_by("index").iterator(_CHUNK):
        chunk.append(leaf)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    yield chunk


def _changed(event: Event, leaf: Leaf) -> str:
    """Return a sentence on how an event differs from what was published of it; nothing where it does not."""
    try:
        said = json.loads(bytes(leaf.body))
        if said["event"] != str(event.pk):
            return f"this place was given to the event {said['event']}."
        differing = [name for name, look in _FIELDS.items() if not look(event, said)]
        differing += _broken(event, said["commitments"], bytes(leaf.salt))
    except (ValueError, KeyError, TypeError, AttributeError):
        return "what was published cannot be read."
    return f"{', '.join(differing)} differ from what was published." if differing else ""


def _broken(event: Event, published: Mapping[str, Any], salt: bytes) -> list[str]:
    missing = [name for name in leaves.COMMITTED if name not in published]
    return missing + [
        name for name, value in published.items() if leaves.commitment(event, name, salt) != value
    ]


_FIELDS: dict[str, Callable[[Event, dict[str, Any]], bool]] = {
    "at": lambda event, said: bool(said["at"] == leaves.moment(event.at)),
    "verb": lambda event, said: said.get("verb", event.verb) == event.verb,
    "open": lambda event, said: said["open"].items() <= event.payload.items(),
}
