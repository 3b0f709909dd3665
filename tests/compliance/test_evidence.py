"""Documents: sealed, judged, counted."""

from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from compliance import evidence as store
from compliance.actions import (
    documents,
    onboarding,
)
from compliance.models import Evidence
from compliance.policy.vocabulary import Record
from portal.common.errors import InvalidInput, Refused
from portal.tenancy.models import Membership
from portal.tenancy.roles import Role
from portal.tenancy.scope import tenant_scope
from tests.compliance.conftest import determine
from tests.compliance.office import (
    add_document,
    records_of,
)


def test_a_document_is_sealed_and_comes_back(applicant, officers):
    application = onboarding.start(organization=applicant.organization, by=applicant.actor)
    evidence = add_document(application, applicant, b"Registered charity 12345")
    with default_storage.open(evidence.path, "rb") as file:
        assert b"Registered" not in file.read()
    with tenant_scope(applicant.organization):
        assert b"".join(store.stream(evidence)) == b"Registered charity 12345"
    store.delete(evidence)


def test_a_verified_document_counts_as_a_record(tenant, officers):
    application = onboarding.start(organization=tenant.organization, by=tenant.actor)
    evidence = add_document(application, tenant)
    determine(tenant, "find_missing_child")
    assert Record.LAWFUL_BASIS not in records_of(tenant)
    documents.verify(evidence=evidence, by=officers[0])
    assert Record.LAWFUL_BASIS in records_of(tenant)


def test_an_expired_document_does_not_count(tenant, officers):
    application = onboarding.start(organization=tenant.organization, by=tenant.actor)
    evidence = add_document(application, tenant)
    determine(tenant, "find_missing_child")
    documents.verify(evidence=evidence, by=officers[0])
    with tenant_scope(tenant.organization):
        Evidence.objects.filter(pk=evidence.pk).update(expires_at=timezone.now() - timedelta(days=1))
    assert Record.LAWFUL_BASIS not in records_of(tenant)


def test_a_rejected_document_says_why(tenant, officers):
    application = onboarding.start(organization=tenant.organization, by=tenant.actor)
    evidence = add_document(application, tenant)
    with pytest.raises(InvalidInput, match="reason_missing"):
        documents.reject(evidence=evidence, reason="", by=officers[0])
    rejected = documents.reject(evidence=evidence, reason="It is unsigned.", by=officers[0])
    assert (rejected.status, rejected.reason) == ("rejected", "It is unsigned.")


def test_a_member_does_not_verify_documents(tenant, officers):
    application = onboarding.start(organization=tenant.organization, by=tenant.actor)
    evidence = add_document(application, tenant)
    Membership.objects.create(
        organization=tenant.organization, user_id=officers[0].user_id, role=Role.AUDITOR
    )
    with pytest.raises(Refused, match="own_organization"):
        documents.verify(evidence=evidence, by=officers[0])


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"content": b""}, "evidence_empty"),
        ({"content": b"x" * (documents.LARGEST_EVIDENCE + 1)}, "evidence_large"),
        ({"content_type": "text/html"}, "evidence_type"),
        ({"record": "a_poem"}, "unknown_word"),
    ],
)
def test_what_is_no_document_is_refused(applicant, fields, code):
    application = onboarding.start(organization=applicant.organization, by=applicant.actor)
    with pytest.raises(InvalidInput, match=code):
        add_document(application, applicant, **fields)
    with tenant_scope(applicant.organization):
        assert not Evidence.objects.filter(application=application).exists()
