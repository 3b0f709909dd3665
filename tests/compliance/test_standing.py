"""Where an organization stands, and what stops it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.utils import IntegrityError
from django.utils import timezone

from compliance.actions import (
    decisions,
    determinations,
    end_users,
    suspensions,
)
from compliance.findings import Finding
from compliance.models import Determination, Grant, RulingRecord
from compliance.policy.vocabulary import MoratoriumStatus, OrganizationType
from compliance.standing import standing
from portal.common.errors import InvalidInput, Refused
from portal.common.moments import day_in_words
from portal.tenancy.actor import Actor
from portal.tenancy.models import Membership, Organization
from portal.tenancy.roles import Role
from portal.tenancy.scope import officer_scope, tenant_scope
from tests.compliance.conftest import determine, new_tenant
from tests.compliance.office import (
    applied,
    case_of_kind,
    finding_for,
    second_of,
    status_of,
    under_review,
)


def test_a_determination_is_never_changed(tenant):
    grant = determine(tenant, "find_missing_child")
    for model, key in ((Grant, grant.pk), (Determination, grant.determination_id)):
        with pytest.raises(IntegrityError, match="never changed"), officer_scope():
            model.objects.filter(pk=key).update(organization_id=tenant.organization.pk)


def test_a_determination_of_another_tenant_is_not_seen(tenant):
    determine(tenant, "find_missing_child")
    stranger = new_tenant("Stranger")
    with tenant_scope(stranger.organization):
        assert not Determination.objects.exists()
        assert standing(stranger.organization).moratorium_status is MoratoriumStatus.UNKNOWN


def test_a_grant_cannot_hang_on_another_tenants_determination(tenant):
    foreign = determine(tenant, "find_missing_child")
    stranger = new_tenant("Stranger")
    with pytest.raises(IntegrityError), tenant_scope(stranger.organization):
        Grant.objects.create(
            organization=stranger.organization,
            determination_id=foreign.determination_id,
            purpose="find_missing_child",
            end_user=stranger.itself,
            operations=["search"],
            moratorium_status="not_covered",
            starts_at=timezone.now(),
            expires_at=timezone.now() + timedelta(days=1),
        )


def test_the_strictest_line_is_the_organizations_standing(tenant, police_unit):
    determine(tenant, "find_missing_child", police_unit, moratorium_status="not_covered")
    with tenant_scope(tenant.organization):
        found = standing(tenant.organization)
        opened = determinations.open_status_differences(
            organization=tenant.organization, by=Actor.system("tests")
        )
    assert (found.lines[0].recorded, found.lines[0].computed) == ("not_covered", "covered")
    assert found.moratorium_status is MoratoriumStatus.COVERED
    assert [case.kind for case in opened] == ["status_difference"]


def test_an_exemption_is_shown_with_purpose_end_user_and_end(tenant, police_unit):
    determine(
        tenant,
        "find_missing_child",
        police_unit,
        moratorium_status="exempt",
        exemption="humanitarian-exemption",
    )
    with tenant_scope(tenant.organization):
        [line] = standing(tenant.organization).lines
    until = day_in_words(line.grant.line.exempt_until)
    assert line.words == f"Exempt for Find a missing child / {police_unit.name} until {until}"


def test_a_suspension_stops_and_takes_two_to_lift(tenant, officers):
    determine(tenant, "find_missing_child")
    epoch = Organization.objects.get(pk=tenant.organization.pk).epoch
    suspensions.suspend(organization=tenant.organization, reasons="Leads were sold.", by=officers[0])
    assert status_of(tenant) == "suspended"
    assert Organization.objects.get(pk=tenant.organization.pk).epoch > epoch
    case, first = under_review(tenant, officers)
    decisions.recommend(case=case, finding=finding_for(tenant.itself), by=first)
    second = second_of(tenant, officers)
    decisions.countersign(case=case, vote="approve", reasons="It was a mistake.", by=second)
    assert status_of(tenant) == "active"


def test_a_suspension_says_why(tenant, officers):
    with pytest.raises(InvalidInput, match="reasons_missing"):
        suspensions.suspend(organization=tenant.organization, reasons=" ", by=officers[0])
    assert status_of(tenant) == "active"


def test_a_member_does_not_suspend(tenant, officers):
    Membership.objects.create(
        organization=tenant.organization, user_id=officers[0].user_id, role=Role.AUDITOR
    )
    with pytest.raises(Refused, match="own_organization"):
        suspensions.suspend(organization=tenant.organization, reasons="x", by=officers[0])


def test_a_body_is_entered_once_in_the_register(officers):
    entry = {
        "name": "Northport Police",
        "organization_type": "law_enforcement_local",
        "jurisdiction": "US-WA",
    }
    first = end_users.register(**entry, by=officers[0])
    assert end_users.register(**entry | {"name": "northport police"}, by=officers[0]) == first
    with pytest.raises(InvalidInput, match="name_missing"):
        end_users.register(**entry | {"name": " "}, by=officers[0])


def test_the_office_reads_no_other_tenants_ruling_through_a_tenant_scope(tenant):
    stranger = new_tenant("Stranger")
    with tenant_scope(stranger.organization), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM compliance_rulingrecord")
        assert cursor.fetchone()[0] == RulingRecord.objects.count() == 0


def test_a_suspended_organization_that_is_rejected_is_revoked(tenant, officers):
    suspensions.suspend(organization=tenant.organization, reasons="Leads were sold.", by=officers[0])
    case, first = under_review(tenant, officers)
    finding = Finding(
        organization_type=OrganizationType.CHILD_PROTECTION_NGO, outcome="rejected", reasons="It sold leads."
    )
    decisions.recommend(case=case, finding=finding, by=first)
    decisions.countersign(case=case, vote="approve", reasons="I saw it.", by=second_of(tenant, officers))
    assert status_of(tenant) == "revoked"


def test_a_finding_the_rules_do_not_share_opens_a_case(applicant, officers, police_unit):
    applied(applicant)
    case, first = under_review(applicant, officers)
    decisions.recommend(case=case, finding=finding_for(police_unit), by=first)
    decisions.countersign(
        case=case, vote="approve", reasons="Not police use.", by=second_of(applicant, officers)
    )
    with tenant_scope(applicant.organization):
        opened = case_of_kind(applicant, "status_difference")
        assert standing(applicant.organization).moratorium_status is MoratoriumStatus.COVERED
    assert opened.summary.startswith("Recorded not_covered, computed covered")


def test_a_line_that_infers_is_judged_by_the_attributes_it_names(tenant):
    line = {"operations": ["attributes", "enroll"], "attributes": ["age"]}
    determine(tenant, "find_missing_child", **line)
    with tenant_scope(tenant.organization):
        [found] = standing(tenant.organization).lines
    refusing = {one.rule_id for one in found.ruling.looked_at if one.result == "applies"}
    assert not refusing & {"attributes-off", "attributes-never"}
    assert found.ruling.outcome == "referred"  # no rule of the pack allows it by itself: an officer looks
