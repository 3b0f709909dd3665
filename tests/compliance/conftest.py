"""Organizations, officers and determinations for tests of the office. Invented, all of them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from compliance.models import Determination, EndUser, Grant
from compliance.stated import Stated
from portal.tenancy.actions import officers as appointments
from portal.tenancy.actions import organizations
from portal.tenancy.actor import Actor
from portal.tenancy.models import Membership, Organization, User
from portal.tenancy.scope import tenant_scope

_numbers = itertools.count()
OPERATIONS = ["enroll", "search", "compare", "detect"]


@dataclass(frozen=True)
class Tenant:
    """An organization with its administrator and its own entry in the register."""

    organization: Organization
    administrator: User
    itself: EndUser

    @property
    def actor(self) -> Actor:
        membership = Membership.objects.get(organization=self.organization, user=self.administrator)
        return Actor.for_user(self.administrator, membership)


def new_user(name: str) -> User:
    return User.objects.create_user(f"{name}.{next(_numbers)}@example.org", name=name.title())


def new_officer(name: str) -> Actor:
    user = new_user(name)
    appointments.appoint(user=user, by=Actor.system("tests"), synthetic=True)
    return Actor.for_user(User.objects.get(pk=user.pk))


def new_tenant(name: str, organization_type: str = "child_protection_ngo", status: str = "active") -> Tenant:
    administrator = new_user("admin")
    organization = organizations.create(name=name, administrator=administrator, by=Actor.system("tests"))
    Organization.objects.filter(pk=organization.pk).update(status=status)
    organization.refresh_from_db()
    itself = EndUser.objects.create(name=name, organization_type=organization_type, organization=organization)
    return Tenant(organization, administrator, itself)


def determine(tenant: Tenant, purpose: str, end_user: EndUser | None = None, **line: Any) -> Grant:
    """Insert a determination with one line, as the office's action would."""
    now = timezone.now()
    details = {name: line.pop(name) for name in ("records", "establishment") if name in line}
    with tenant_scope(tenant.organization):
        determination = Determination.objects.create(
            organization=tenant.organization,
            outcome="granted",
            organization_type=tenant.itself.organization_type,
            moratorium_status=line.get("moratorium_status", "not_covered"),
            reasons="For a test.",
            synthetic=True,
            **{"establishment": ["US"], "processing": ["US"], "subjects": ["US"], "records": []} | details,
        )
        values = {
            "operations": OPERATIONS,
            "moratorium_status": "not_covered",
            "starts_at": now - timedelta(days=1),
            "expires_at": now + timedelta(days=90),
        }
        return Grant.objects.create(
            organization=tenant.organization,
            determination=determination,
            purpose=purpose,
            end_user=end_user or tenant.itself,
            **values | line,
        )


def search_for_a_child(end_user: EndUser, **facts: Any) -> Stated:
    """A request with every fact stated."""
    stated = {
        "purpose": "find_missing_child",
        "operation": "search",
        "end_user": end_user.pk,
        "recipient": end_user.pk,
        "requested_by": "self",
        "case_reference": "CASE-1",
        "subject_class": "missing_child",
        "probe_source": "case_file",
        "gallery_source": "case_file",
    }
    return Stated.of(stated, facts)


@pytest.fixture
def tenant(database: None) -> Tenant:
    return new_tenant("Harbor Light")


@pytest.fixture
def police_unit(database: None) -> EndUser:
    return EndUser.objects.create(
        name=f"Westford Police {next(_numbers)}", organization_type="law_enforcement_local"
    )


@pytest.fixture
def officers(database):
    User.objects.filter(officer__active=True).update(is_active=False)
    return [new_officer(name) for name in ("Ada", "Ben", "Cleo")]


@pytest.fixture
def applicant(database):
    return new_tenant("Harbor Light", status="draft")
