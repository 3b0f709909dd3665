"""Whatever a program states as a fact is a fact, or is refused with a reason: never an error of ours."""

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compliance.actions import gate
from compliance.policy.vocabulary import Gate
from compliance.stated import Stated
from portal.common.errors import InvalidInput
from tests.compliance.conftest import determine, search_for_a_child

texts = st.text(st.characters(), max_size=20) | st.sampled_from(["\x00", "\ud800", "x" * 100_000, "unknown:"])
numbers = st.integers() | st.floats() | st.sampled_from([10**400, float("nan"), float("-inf"), True])
values = st.recursive(
    st.none() | texts | numbers,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
moments = st.sampled_from(["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-01-01"])
authorizations = st.fixed_dictionaries(
    {
        "issuer": values,
        "reference": texts,
        "issued_at": moments | values,
        "outcome": st.just("granted") | values,
    }
)
NAMES = (
    "recipient", "requested_by", "case_reference", "subject_class", "probe_source", "subjects",
    "key_operator", "end_user", "attributes", "threshold", "gallery_size", "purpose", "operation",
    "gallery_source",
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    odd=st.dictionaries(st.sampled_from(NAMES), values, min_size=1, max_size=3), paper=authorizations | values
)
def test_odd_facts_are_ruled_on_or_refused(tenant, odd, paper):
    determine(tenant, "find_missing_child")
    with suppress(InvalidInput):
        assert rule(tenant, authorization=paper, **odd).outcome


@pytest.mark.parametrize("reference", ["\x00", "\ud800", "x" * 5_000])
def test_a_text_the_record_cannot_keep_is_refused(tenant, reference):
    determine(tenant, "find_missing_child")
    with pytest.raises(InvalidInput) as refusal:
        rule(tenant, case_reference=reference)
    assert refusal.value.detail["field"] == "case_reference"


def rule(tenant, **facts):
    stated = Stated.of(vars(search_for_a_child(tenant.itself)), facts)
    return gate.rule(
        stated, gate=Gate.SUBMIT, subject="job_odd", by=tenant.actor, organization=tenant.organization
    )
