"""Independent testers: a university that was granted to test for bias, with a key of the kind for that."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
from django.utils import timezone

from compliance.actions import testers
from compliance.policy.vocabulary import Operation, OrganizationType, Purpose
from portal.tenancy.actions.keys import NewKey
from recognition.accuracy import Label
from recognition.engine.types import DetectedFace, ImageResult
from tests.support.fake_engine import FakeEngine
from tests.support.jobs import photo
from tests.support.world import Side, new_side

_OTHER_PHOTO = 0.2  # added to the fake engine's distance of two photos of one person

STATED = {
    "recipient": None,
    "requested_by": "self",
    "case_reference": None,
    "subject_class": "consenting",
    "image_source": "data_set",
}
TESTS_ONLY = frozenset({Operation.ACCURACY_TEST})


def new_tester(name: str = "Fairview University", **line: Any) -> Side:
    """A new organization that may test for bias; its key is for that alone."""
    wanted = {"organization_type": OrganizationType.RESEARCH_ACADEMIC, "purpose": Purpose.BIAS_AUDIT}
    side = new_side(name, **{**wanted, "operations": TESTS_ONLY, **line})
    return replace(side, key=key_for_tests(side))


def key_for_tests(side: Side, **changes: Any) -> NewKey:
    """A further key for tests, like the first unless changed."""
    values = {
        "name": "Tester",
        "purpose": str(side.purpose),
        "end_user_id": side.end_user.pk,
        "expires_at": timezone.now() + timedelta(days=30),
        "defaults": STATED,
    }
    return testers.create_key(organization=side.organization, by=side.actor, **values | changes)


class VariedEngine(FakeEngine):
    """Photos of one person differ as photos do: the fake engine's are so alike that they count as copies."""

    def run(self, images: Any, between_batches: Any = None) -> Iterator[ImageResult]:
        sources = [(key, source if isinstance(source, bytes) else source()) for key, source in images]
        for (_, data), result in zip(sources, super().run(sources, between_batches), strict=True):
            yield replace(result, faces=tuple(_varied(face, data) for face in result.faces))


def _varied(face: DetectedFace, data: bytes) -> DetectedFace:
    if face.template is None:
        return face
    seed = int.from_bytes(hashlib.sha256(data).digest()[:8], "big")
    drawn = np.random.default_rng(seed).standard_normal(len(face.template))
    template = face.template + _OTHER_PHOTO * drawn / np.linalg.norm(drawn)
    return replace(face, template=(template / np.linalg.norm(template)).astype(np.float32))


def labels(same: int = 25, different: int = 25, group: str = "") -> list[Label]:
    """Labels of so many pairs of one person, and of two."""
    kinds = [True] * same + [False] * different
    return [Label(f"{group}{number:04}", kind, group) for number, kind in enumerate(kinds)]


def person(number: int) -> tuple[int, int, int]:
    """A color that no other of 300 people has, as the fake engine sees them."""
    steps = [16 + 32 * ((number + 1) // place % 7) for place in (1, 7, 49)]
    return steps[0], steps[1], steps[2]


def photos_of(label: Label, number: int) -> tuple[bytes, bytes]:
    """The two photos of a pair: of one person, or of two, whom no other pair shows."""
    second = person(number) if label.same else person(number + 150)
    return photo(person(number), "JPEG"), photo(second, "JPEG")
