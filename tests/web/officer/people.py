"""People and organizations of these tests, signed in. Invented, all of them."""

from __future__ import annotations

import itertools
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from compliance.actions import cases, documents, onboarding
from compliance.models import Application, Case
from portal.tenancy.actor import Actor
from portal.tenancy.models import User
from portal.tenancy.scope import officer_scope
from tests.compliance.conftest import Tenant, new_officer, new_tenant
from tests.compliance.office import check_all

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
POLICE = "Westford Police, Missing Children Unit"
_numbers = itertools.count()

ANSWERS: dict[str, Any] = {
    "legal_name": "Harbor Light Foundation",
    "legal_form": "Nonprofit corporation",
    "establishment": ["US-WA"],
    "organization_type": "child_protection_ngo",
    "police_ties": "Police units send us cases of missing children.",
    "onward_service": "No",
    "purposes": ["find_missing_child"],
    "purpose_story": "A unit reports a missing child and sends photos of the case.",
    "image_sources": ["case_file"],
    "end_users": [
        {"name": "Harbor Light", "organization_type": None, "jurisdiction": None},
        {"name": POLICE, "organization_type": "law_enforcement_local", "jurisdiction": "US-WA"},
    ],
    "legal_basis": "Consent of the guardian",
    "subject_classes": ["missing_child"],
    "subjects": ["US-WA"],
    "human_review": "Two trained reviewers, blind to each other",
    "security": "Second factor for everybody",
    "processing": ["US-OR"],
}


def signed_in(user: User, **options: Any) -> Client:
    """Return a client with the user's session."""
    client = Client(**options)
    client.force_login(user, backend=BACKEND)
    return client


def officer_client(officer: Actor) -> Client:
    return signed_in(User.objects.get(pk=officer.user_id))


def only_officers(*names: str) -> list[Actor]:
    """Make new officers the only active ones, so that it is known whom a draw can find."""
    User.objects.filter(officer__active=True).update(is_active=False)
    return [new_officer(name) for name in names]


def applicant(name: str = "Harbor Light") -> Tenant:
    return new_tenant(f"{name} {next(_numbers)}", status="draft")


def started(tenant: Tenant, **answers: Any) -> Application:
    application = onboarding.start(organization=tenant.organization, by=tenant.actor)
    own = {"name": tenant.organization.name, "organization_type": None, "jurisdiction": None}
    named = {"end_users": [own, ANSWERS["end_users"][1]]}
    return onboarding.save_answer(application=application, answers=ANSWERS | named | answers, by=tenant.actor)


def submitted(tenant: Tenant, **answers: Any) -> Application:
    return onboarding.submit(application=started(tenant, **answers), by=tenant.actor)


def case_of(tenant: Tenant) -> Case:
    with officer_scope():
        return Case.objects.filter(organization=tenant.organization).latest("opened_at")


def under_review(tenant: Tenant, officers: list[Actor]) -> tuple[Case, Actor]:
    """Have an officer drawn for the newest case and the review begun."""
    case = cases.assign(case=case_of(tenant), by=officers[0])
    officer = next(one for one in officers if one.user_id == case.assigned_to_id)
    case = cases.begin_review(case=case, by=officer)
    check_all(case, officer)
    return case, officer


def add_registration(tenant: Tenant, application: Application) -> None:
    documents.add(
        application=application,
        name="charter.txt",
        kind="registration",
        content=b"Registered as a charity.",
        content_type="text/plain",
        by=tenant.actor,
    )


def charter(name: str = "charter.txt") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, b"Registered as a charity.", "text/plain")
