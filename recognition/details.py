"""What a case record says about a person, and about a photo of theirs: sealed like the photos themselves.

A date of birth, the day a child went missing and who reported it say more than a reference does, and nothing
ever looks for them by value. So they lie under the organization's data key, bound to the row they belong to.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TypeVar
from uuid import UUID

from portal.common import envelope
from portal.common.envelope import DataKey
from recognition.ages import Span, span


@dataclass(frozen=True)
class RecordDetails:
    """Of a person; empty where it is not known.

    Attributes:
        born: Day or year.
        missing_since: Day or year.
        authority_kind: `report` of an authority, or proof of `custody`.
        authority_issuer: Who reported it or ruled on custody.
        authority_reference: Under which it stands there.
        authority_dated: Day of the report or proof.
    """

    born: str = ""
    missing_since: str = ""
    authority_kind: str = ""
    authority_issuer: str = ""
    authority_reference: str = ""
    authority_dated: str = ""

    @property
    def born_span(self) -> Span | None:
        """When the person was born, None where it is not known."""
        return span(self.born) if self.born else None

    @property
    def has_authority(self) -> bool:
        """Whether a report or proof of custody is on file, with all that makes it one."""
        whole = (self.authority_kind, self.authority_issuer, self.authority_reference, self.authority_dated)
        return all(whole)


@dataclass(frozen=True)
class PhotoDetails:
    """Of a photo; empty where it is not known.

    Attributes:
        taken: Day or year.
        note: What else is to be known about it.
    """

    taken: str = ""
    note: str = ""

    @property
    def taken_span(self) -> Span | None:
        """When it was taken, None where nobody knows."""
        return span(self.taken) if self.taken else None


D = TypeVar("D", RecordDetails, PhotoDetails)


def seal(details: RecordDetails | PhotoDetails, *, owner: UUID, key: DataKey) -> bytes:
    """Return details as they are stored; they open for no other row than their owner."""
    return envelope.seal(key, json.dumps(asdict(details)).encode(), owner.bytes)


def opened(kind: type[D], stored: bytes | memoryview, *, owner: UUID, key: DataKey) -> D:
    """Return stored details; all unknown where nothing is stored.

    Raises:
        EnvelopeError: `sealed_damaged`.
    """
    if not stored:
        return kind()
    return kind(**json.loads(envelope.open_sealed(key, bytes(stored), owner.bytes)))
