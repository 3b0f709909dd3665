"""One look sees what many reads see."""

from datetime import timedelta

import pytest
from django.utils import timezone

from compliance.holdings import held
from compliance.models import Application, EndUser, Evidence, PolicyEpoch
from compliance.models.determinations import GrantEnd
from compliance.standing import determination_in_force, lineage_in_force
from portal.common.ids import uuid7
from portal.tenancy.models import Organization
from portal.tenancy.scope import officer_scope, tenant_scope
from tests.compliance.conftest import determine, new_tenant

SOON = timezone.now() + timedelta(days=3)


def document(tenant, record, **fields):
    application, _ = Application.objects.get_or_create(
        organization=tenant.organization, kind="onboarding", reference=tenant.organization.public_id[-12:],
        defaults={"expires_at": SOON},
    )  # fmt: skip
    values = {"status": "verified", "verified_by": "usr_1", "verified_at": timezone.now(), "expires_at": None}
    Evidence.objects.create(
        organization=tenant.organization, application=application, kind="report", record=record, name="r",
        content_type="text/plain", size=1, sha256="0" * 64, **values | fields,
    )  # fmt: skip


def same(one, other):
    """Whether two instances hold the same in every column both have read."""
    names = {field.attname for field in one._meta.concrete_fields} - one.get_deferred_fields()
    return one == other and {n: getattr(one, n) for n in names} == {n: getattr(other, n) for n in names}


def test_one_look_sees_the_newest_determination_with_its_lines(tenant, police_unit):
    determine(tenant, "media_archive")
    grant = determine(
        tenant, "find_missing_child", police_unit,
        moratorium_status="exempt", exemption="humanitarian-exemption", exemption_expires_at=SOON,
        case_reference="CASE-7", attributes=["age"], conditions={"min_similarity": 95.5, "reviewers": 2},
    )  # fmt: skip
    with tenant_scope(tenant.organization):
        seen, read = held(tenant.organization), determination_in_force(tenant.organization)
        lines = [line.line for line in read.kept_grants()]
        assert same(seen.determination, read)
        assert same(seen.grants[0], grant.__class__.objects.get(pk=grant.pk))
    assert [line.line for line in seen.grants] == lines
    assert seen.register == {police_unit.pk: police_unit}


def test_one_look_sees_epochs_clock_and_versions(tenant):
    with tenant_scope(tenant.organization):
        seen = held(tenant.organization.pk)
        assert same(seen.organization, Organization.objects.get(pk=tenant.organization.pk))
        assert same(seen.epoch, PolicyEpoch.objects.get())
        assert seen.lineage == lineage_in_force()
    assert abs(seen.now - timezone.now()) < timedelta(minutes=1)
    assert (seen.determination, seen.grants, seen.documents, seen.register) == (None, (), (), {})


def test_one_look_sees_documents_that_were_verified_and_whether_they_are_valid(tenant):
    with tenant_scope(tenant.organization):
        document(tenant, "lawful_basis")
        document(tenant, "annual_report", expires_at=SOON)
        document(tenant, "operator_training", expires_at=timezone.now() - timedelta(seconds=1))
        document(tenant, "impact_assessment", status="received", verified_by="", verified_at=None)
        document(tenant, "")
        document(tenant, "written_consent", status="expired", expires_at=timezone.now())
        rows = Evidence.objects.was_verified().exclude(record="")
        judged = set(rows.values_list("record", "expires_at", "valid"))
        assert set(held(tenant.organization).documents) == judged
    assert {(record, valid) for record, _, valid in judged} == {
        ("lawful_basis", True), ("annual_report", True),
        ("operator_training", False), ("written_consent", False),
    }  # fmt: skip


def test_a_line_the_organization_gave_up_is_seen_as_given_up(tenant):
    grant = determine(tenant, "find_missing_child")
    with tenant_scope(tenant.organization):
        end = GrantEnd.objects.create(organization=tenant.organization, grant=grant, ended_by="usr_1")
        end.refresh_from_db()
        seen = held(tenant.organization)
    assert (seen.given_up, seen.kept_grants) == ({grant.pk: end.ended_at}, ())
    assert [line.pk for line in seen.grants] == [grant.pk]


def test_asked_for_entries_of_the_register_are_found_and_others_are_not(tenant):
    body = EndUser.objects.create(name=f"Body {uuid7()}", organization_type="health")
    with tenant_scope(tenant.organization):
        assert held(tenant.organization, end_users=[body.pk, uuid7()]).register == {body.pk: body}


@pytest.mark.parametrize("scope", [officer_scope, lambda: tenant_scope(uuid7())])
def test_what_a_scope_does_not_see_one_look_does_not_see(tenant, scope):
    determine(tenant, "find_missing_child")
    with scope():
        seen = held(tenant.organization).determination
    assert (seen is not None) == (scope is officer_scope)


def test_a_stranger_lends_nothing(tenant):
    determine(new_tenant("Stranger"), "find_missing_child")
    with tenant_scope(tenant.organization):
        assert held(tenant.organization).determination is None
