"""Independent testers: a university that was granted to test for bias, with a key of the kind for that."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.utils import timezone

from compliance.actions import testers
from compliance.policy.vocabulary import Operation, OrganizationType, Purpose
from portal.tenancy.actions.keys import NewKey
from tests.support.world import Side, new_side

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
