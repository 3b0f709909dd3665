"""Independent tests of accuracy: which labels are taken, how they are committed, what the gate is asked.

Who tests gets rates, never the score of a pair. What keeps a rate from giving one away, and what does not, is
written down in docs/decisions/0158-a-test-is-no-matcher.md.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, time
from typing import Any

import rfc8785
from django.conf import settings
from django.db.models import Count, Sum
from django.utils.crypto import salted_hmac

from compliance.actions import gate as gates
from compliance.models import RulingRecord
from compliance.policy.vocabulary import Gate, Operation
from compliance.stated import Stated
from portal.common import envelope
from portal.common.clock import database_now
from portal.common.envelope import DataKey
from portal.common.errors import InvalidInput, Refused
from portal.tenancy.actor import Actor
from portal.tenancy.scope import tenant_scope
from recognition import rulings, volume
from recognition.models import AccuracyPair, AccuracyTest
from recognition.sketches import BYTES

LEAST_PAIRS = 50
LEAST_OF_A_KIND = 10  # pairs of one person, and of two
MOST_PAIRS = 3_000
MOST_GROUPS = 10
LONGEST_NAME = 64
_SIMILARITY = struct.Struct(f"<d{BYTES}s{BYTES}s")
_RESULT_STAYS: Mapping[str, Any] = {"recipient": None, "case_reference": None, "requested_by": "self"}


@dataclass(frozen=True, slots=True)
class Label:
    """What a tester declares of a pair before it is scored.

    Attributes:
        pair: The tester's own name for it.
        same: Whether both photos show one person.
        group: Declared by the people themselves or by the data set, never inferred; empty where none is.
    """

    pair: str
    same: bool
    group: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """How alike a pair is, 0 to 100, and sketches that tell its photos from copies of them."""

    similarity: float
    sketches: tuple[bytes, bytes]


def check_labels(labels: Sequence[Label]) -> None:
    """Take labels of which a rate can be made that speaks of no single pair.

    Raises:
        InvalidInput: `too_few_pairs`, `too_many_pairs`, `pair_twice`, `too_few_of_a_kind`, `too_many_groups`.
    """
    if len(labels) < LEAST_PAIRS:
        raise _wrong("too_few_pairs", f"A test has at least {LEAST_PAIRS} pairs; these are {len(labels)}.")
    if len(labels) > MOST_PAIRS:
        raise _wrong("too_many_pairs", f"A test has at most {MOST_PAIRS} pairs. Make several.")
    if len({label.pair for label in labels}) < len(labels):
        raise _wrong("pair_twice", "A pair is named twice. Name each once.")
    same = sum(label.same for label in labels)
    if min(same, len(labels) - same) < LEAST_OF_A_KIND:
        sentence = f"A test has at least {LEAST_OF_A_KIND} pairs of one person and as many of two people."
        raise _wrong("too_few_of_a_kind", sentence)
    if len({label.group for label in labels}) > MOST_GROUPS:
        raise _wrong("too_many_groups", f"A test has at most {MOST_GROUPS} groups.")


def commitment(labels: Sequence[Label]) -> str:
    """Return the SHA-256 of all labels: of `[{"group", "pair", "same"}]` by pair, as RFC 8785 writes JSON."""
    rows = [asdict(label) for label in sorted(labels, key=lambda label: label.pair)]
    return hashlib.sha256(rfc8785.dumps(rows)).hexdigest()


def require_room(pairs: int) -> None:
    """Let a test be begun that fits into the day's limits of the organization in scope.

    What is declared counts, handed in or not. Locked by the caller: two at once do not pass it together.

    Raises:
        Refused: `quota_test_pairs`, `quota_tests`.
    """
    midnight = datetime.combine(database_now().astimezone(UTC).date(), time.min, UTC)
    today = AccuracyTest.objects.filter(created_at__gte=midnight).aggregate(
        tests=Count("pk"), pairs=Sum("pairs", default=0)
    )
    most_tests, most_pairs = settings.ACCURACY_TESTS_A_DAY, settings.ACCURACY_PAIRS_A_DAY
    ends = "It begins anew at midnight, UTC."
    if today["tests"] >= most_tests:
        sentence = f"Your organization may begin {most_tests} tests a day, and has. {ends}"
        raise Refused("quota_tests", sentence, limit=most_tests, used=today["tests"])
    if today["pairs"] + pairs > most_pairs:
        used = today["pairs"]
        sentence = f"Your organization may test {most_pairs:,} pairs a day; {used:,} were declared. {ends}"
        raise Refused("quota_test_pairs", sentence, limit=most_pairs, used=today["pairs"])


def rule(test: AccuracyTest, *, gate: Gate, by: Actor) -> RulingRecord:
    """Ask the gate about a test; the ruling is committed before this returns. Outside any scope.

    Raises:
        Refused: It does not clear; with rule, remedy and decision.
        InvalidInput: A declared fact is no word of the vocabulary; `contradiction`.
    """
    with tenant_scope(test.organization_id):
        used = volume.images_of_tests(test)
    own = {
        "purpose": test.purpose,
        "operation": Operation.ACCURACY_TEST.value,
        "end_user": test.end_user_id,
        "gallery_source": None,
        "gallery_size": None,
        "threshold": test.threshold,
        **volume.NOT_COUNTED,
        "images_used": used,
    }
    stated = Stated.of(_RESULT_STAYS, test.facts, own)
    ruling = gates.rule(stated, gate=gate, subject=test.public_id, by=by, organization=test.organization_id)
    if ruling.is_cleared:
        return ruling
    with tenant_scope(test.organization_id):
        gates.close(test.public_id, organization=test.organization_id)
    raise rulings.refusal(ruling)


def floor_of(ruling: RulingRecord) -> float:
    """Return the similarity below which nothing is reported: 0 where every threshold may be tried."""
    return ruling.demands.min_similarity or 0.0


def secret_of(test: AccuracyTest) -> bytes:
    """Return the secret that sketches of one test are drawn with."""
    return salted_hmac("recognition.accuracy", str(test.pk), algorithm="sha256").digest()


def sealed(score: Score, pair: AccuracyPair, key: DataKey) -> bytes:
    """Return the score of a pair, sealed for its row."""
    return envelope.seal(key, _SIMILARITY.pack(score.similarity, *score.sketches), pair.pk.bytes)


def opened(pair: AccuracyPair, key: DataKey) -> Score | None:
    """Return the score of a pair; None where nothing was compared.

    Raises:
        EnvelopeError: `sealed_damaged`.
    """
    if not pair.sealed:
        return None
    similarity, *both = _SIMILARITY.unpack(envelope.open_sealed(key, bytes(pair.sealed), pair.pk.bytes))
    return Score(similarity, (both[0], both[1]))


def _wrong(code: str, sentence: str) -> InvalidInput:
    return InvalidInput(code, sentence, field="pairs")
