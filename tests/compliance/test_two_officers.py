"""What takes two officers: police, exemptions, and end users of a type that is new to an organization."""

import pytest
from django.utils import timezone

from compliance.actions import decisions
from compliance.findings import reasons_for_two
from compliance.models import Determination, EndUser
from compliance.policy.vocabulary import OrganizationType
from compliance.standing import determination_in_force
from portal.common.errors import Refused
from portal.tenancy.scope import officer_scope, tenant_scope
from tests.compliance.conftest import determine, new_tenant
from tests.compliance.office import applied, case_of, exempt_finding, finding_for, under_review

NEW_TYPE = "An end user is of a type this organization did not serve before."


def body(kind, name="Another body"):
    return EndUser.objects.create(name=f"{name} {timezone.now().timestamp()}", organization_type=kind)


def reasons(tenant, end_user, **details):
    with tenant_scope(tenant.organization):
        before = determination_in_force(tenant.organization)
        return reasons_for_two(finding_for(end_user, **details), before)


def test_an_end_user_of_the_same_type_takes_one_officer(tenant):
    determine(tenant, "find_missing_child")
    assert reasons(tenant, body("child_protection_ngo")) == []


@pytest.mark.parametrize("kind", ["health", "missing_persons_ngo", "other_government"])
def test_an_end_user_of_a_new_type_takes_two(tenant, kind):
    determine(tenant, "find_missing_child")
    assert reasons(tenant, body(kind)) == [NEW_TYPE]


def test_a_type_that_is_served_already_is_not_new(tenant):
    determine(tenant, "find_missing_child", body("health", "First hospital"))
    assert reasons(tenant, body("health", "Second hospital")) == []


def test_a_first_determination_serves_the_organizations_own_type_with_one_officer(database):
    newcomer = new_tenant("Harbor Light", status="draft")
    assert reasons(newcomer, newcomer.itself) == []
    assert reasons(newcomer, body("health")) == [NEW_TYPE]


@pytest.mark.parametrize("kind", [one for one in OrganizationType if one.startswith("law_enforcement")])
def test_police_always_take_two(tenant, kind):
    determine(tenant, "find_missing_child", body(kind, "Known unit"))
    assert reasons(tenant, body(kind, "Next unit")) == ["An end user is police."]


def test_an_exemption_takes_two(tenant):
    determine(tenant, "find_missing_child")
    with tenant_scope(tenant.organization):
        before = determination_in_force(tenant.organization)
        found = reasons_for_two(exempt_finding(tenant.itself), before)
    assert found == ["A line is exempt from a moratorium."]


def test_one_officer_cannot_carry_out_what_takes_two(applicant, officers):
    applied(applicant)
    case, first = under_review(applicant, officers)
    decisions.recommend(case=case, finding=finding_for(body("health")), by=first)
    assert case_of(applicant).status == "awaiting_countersign"
    with pytest.raises(Refused, match="second_officer"):
        decisions.determine(case=case, by=first)
    with officer_scope():
        assert not Determination.objects.filter(case=case).exists()
