"""What a finding has to say, and when it takes two officers."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from compliance.actions import determinations, end_users, gate
from compliance.findings import Finding, Line, check, finding_from_json, reasons_for_two
from compliance.models import EndUser
from compliance.policy.vocabulary import (
    Attribute,
    Gate,
    MoratoriumStatus,
    Operation,
    OrganizationType,
    Purpose,
)
from compliance.standing import determination_in_force, lineage_in_force
from portal.common.errors import InvalidInput, Refused
from portal.tenancy.actions import organizations
from portal.tenancy.actor import Actor
from portal.tenancy.scope import tenant_scope
from tests.compliance.conftest import determine, new_user, search_for_a_child

SYSTEM = Actor.system("tests")


def line(end_user_id="11111111-1111-4111-8111-111111111111", **changes):
    values = {"purpose": Purpose.FIND_MISSING_CHILD, "end_user": str(end_user_id)}
    values |= {"expires_at": timezone.now() + timedelta(days=30)}
    return Line(**values | changes)


def finding(*lines, **changes):
    values = {"organization_type": OrganizationType.CHILD_PROTECTION_NGO, "reasons": "It is so."}
    return Finding(lines=lines or (line(),), **values | changes)


def in_days(days):
    return timezone.now() + timedelta(days=days)


INFER = frozenset({Operation.ATTRIBUTES})
EXEMPT = {"moratorium_status": MoratoriumStatus.EXEMPT, "exemption": "humanitarian-exemption"}


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        (lambda: finding(reasons=" "), "reasons_missing"),
        (lambda: finding(outcome="perhaps"), "outcome"),
        (lambda: finding(outcome="rejected"), "nothing_granted"),
        (lambda: Finding(organization_type=OrganizationType.OTHER, reasons="x"), "nothing_granted"),
        (lambda: finding(line(), line()), "line_twice"),
        (lambda: finding(line(expires_at=timezone.now() - timedelta(days=1))), "expiry"),
        (lambda: finding(line(expires_at=timezone.now() + timedelta(days=367))), "expiry"),
        (lambda: finding(line(case_reference="C-1")), "expiry"),
        (lambda: finding(line(operations=frozenset())), "operations"),
        (lambda: finding(line(exemption="humanitarian-exemption")), "exemption"),
        (lambda: finding(line(**EXEMPT | {"exemption": "we-are-nice"})), "exemption"),
        (lambda: finding(line(**EXEMPT, exemption_expires_at=in_days(31))), "exemption_expiry"),
        (lambda: finding(line(**EXEMPT, exemption_expires_at=in_days(-1))), "exemption_expiry"),
        (lambda: finding(line(exemption_expires_at=in_days(3))), "exemption_expiry"),
        (lambda: finding(line(attributes=frozenset({Attribute.AGE}))), "attributes"),
        (lambda: finding(line(attributes=frozenset({Attribute.RACE}), operations=INFER)), "attributes"),
        (lambda: finding(subjects=frozenset({"USA"})), "jurisdiction"),
    ],
)
def test_what_is_wrong_with_a_finding_is_said(database, changed, code):
    now = timezone.now()
    with pytest.raises(InvalidInput) as error:
        check(changed(), version=lineage_in_force().known_at(now), now=now)
    assert error.value.code == code


def test_an_urgent_grant_lasts_three_days(database):
    now = timezone.now()
    urgent = finding(line(case_reference="C-1", expires_at=now + timedelta(hours=72)))
    assert check(urgent, version=None, now=now).lines[0].starts_at == now


def test_a_finding_comes_back_from_json():
    before = finding(line(**EXEMPT), establishment=frozenset({"US"}))
    assert finding_from_json(before.to_json()) == before


def test_the_strictest_line_is_the_findings_status():
    assert finding(line(), line(**EXEMPT)).moratorium_status is MoratoriumStatus.EXEMPT
    assert replace(finding(), lines=()).moratorium_status is MoratoriumStatus.UNKNOWN


def test_a_new_end_user_of_the_same_type_takes_one_officer_and_of_a_new_type_two(tenant):
    determine(tenant, "find_missing_child")
    same = EndUser.objects.create(name="Lantern", organization_type="child_protection_ngo", jurisdiction="US")
    other = EndUser.objects.create(name="Clinic", organization_type="health", jurisdiction="US")
    with tenant_scope(tenant.organization):
        before = determination_in_force(tenant.organization)
        assert reasons_for_two(finding(line(same.pk)), before) == []
        assert len(reasons_for_two(finding(line(other.pk)), before)) == 1


def test_anything_for_police_takes_two_officers(tenant, police_unit):
    police = finding(line(police_unit.pk), organization_type=OrganizationType.LAW_ENFORCEMENT_STATE)
    with tenant_scope(tenant.organization):
        reasons = reasons_for_two(police, None)
    assert {"The organization is police.", "An end user is police."} <= set(reasons)


@pytest.fixture
def synthetic(database):
    return organizations.create(name="Made Up", administrator=new_user("m"), by=SYSTEM, synthetic=True)


def test_a_command_determines_about_what_commands_made(synthetic):
    itself = end_users.itself(synthetic, "child_protection_ngo", by=SYSTEM)
    made = determinations.determine_synthetic(
        organization=synthetic, finding=finding(line(itself.pk)), by=SYSTEM
    )
    assert (made.synthetic, made.decided_by, synthetic.status) == (True, None, "active")
    ruling = gate.rule(
        search_for_a_child(itself), gate=Gate.SUBMIT, subject="job_1", by=SYSTEM, organization=synthetic
    )
    assert (ruling.outcome, ruling.stated.synthetic) == ("cleared", True)


def test_a_command_does_not_decide_about_real_organizations(tenant):
    with pytest.raises(Refused, match="not_synthetic"):
        determinations.determine_synthetic(
            organization=tenant.organization, finding=finding(line(tenant.itself.pk)), by=SYSTEM
        )
    with tenant_scope(tenant.organization):
        assert determination_in_force(tenant.organization) is None


def test_an_organization_has_one_entry_of_its_own(tenant):
    assert end_users.itself(tenant.organization, "child_protection_ngo", by=SYSTEM) == tenant.itself
