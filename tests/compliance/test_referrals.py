"""Requests no rule clears or refuses."""

import pytest

from compliance.actions import (
    cases,
    gate,
    referrals,
)
from compliance.policy.vocabulary import Gate
from portal.common.errors import InvalidInput
from portal.tenancy.scope import tenant_scope
from tests.compliance.conftest import determine, search_for_a_child
from tests.compliance.office import (
    applied,
    under_review,
)


def referral(tenant):
    determine(tenant, "other")
    stated = search_for_a_child(tenant.itself, purpose="other", subject_class="consenting")
    ruling = gate.rule(
        stated, gate=Gate.SUBMIT, subject="job_odd", by=tenant.actor, organization=tenant.organization
    )
    with tenant_scope(tenant.organization):
        return ruling, referrals_of(ruling, tenant)


def referrals_of(ruling, tenant):
    return cases.open_referral(ruling, by=tenant.actor)


def test_a_purpose_no_rule_knows_goes_to_an_officer(tenant, officers):
    ruling, case = referral(tenant)
    assert (ruling.outcome, ruling.rule, case.kind) == ("referred", "no-rule", "no_rule")
    with tenant_scope(tenant.organization):
        assert referrals_of(ruling, tenant).pk == case.pk
        assert referrals.outcome_of("job_odd", organization=tenant.organization) == ""


@pytest.mark.parametrize(("approve", "outcome"), [(True, "approve"), (False, "refuse")])
def test_an_officer_decides_about_a_referral(tenant, officers, approve, outcome):
    referral(tenant)
    case, officer = under_review(tenant, officers)
    referrals.decide(case=case, approve=approve, reasons="I read the case file.", by=officer)
    with tenant_scope(tenant.organization):
        assert referrals.outcome_of("job_odd", organization=tenant.organization) == outcome


def test_only_referrals_are_decided_as_such(applicant, officers):
    applied(applicant)
    case, officer = under_review(applicant, officers)
    with pytest.raises(InvalidInput, match="not_a_referral"):
        referrals.decide(case=case, approve=True, reasons="x", by=officer)
    with pytest.raises(InvalidInput, match="reasons_missing"):
        referrals.decide(case=case, approve=True, reasons="", by=officer)
