"""Steps through the office that many tests take."""

from datetime import timedelta

from django.utils import timezone

from compliance.actions import (
    cases,
    checklists,
    documents,
    gate,
    onboarding,
)
from compliance.checklists import ITEMS
from compliance.findings import Finding, Line
from compliance.models import Case
from compliance.policy.vocabulary import Gate, MoratoriumStatus, OrganizationType, Purpose
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.tenancy.scope import tenant_scope
from tests.compliance.conftest import search_for_a_child

ANSWERS = {
    "legal_name": "Harbor Light",
    "legal_form": "Charity",
    "establishment": ["US"],
    "organization_type": "child_protection_ngo",
    "police_ties": "None",
    "onward_service": "No",
    "purposes": ["find_missing_child"],
    "purpose_story": "A child is reported missing.",
    "image_sources": ["case_file"],
    "end_users": [{"name": "Harbor Light", "organization_type": None}],
    "legal_basis": "Consent of the guardian",
    "subject_classes": ["missing_child"],
    "subjects": ["US"],
    "human_review": "Two trained reviewers",
    "security": "Second factor for all",
    "processing": ["US"],
}


def applied(tenant, **answers):
    application = onboarding.start(organization=tenant.organization, by=tenant.actor)
    onboarding.save_answer(application=application, answers=ANSWERS | answers, by=tenant.actor)
    return onboarding.submit(application=application, by=tenant.actor)


def rejected():
    """A finding that grants nothing."""
    return Finding(
        organization_type=OrganizationType.DATA_BROKER, outcome="rejected", reasons="It sells results."
    )


def appealed(tenant, against):
    """An appeal against a decision, with its own questions answered."""
    appeal = onboarding.start(
        organization=tenant.organization, by=tenant.actor, kind="appeal", against=against
    )
    answers = {"appeal_reason": "We sell nothing.", "appeal_remedy": "Grant what we asked for."}
    return onboarding.save_answer(application=appeal, answers=answers, by=tenant.actor)


def case_of(tenant):
    with tenant_scope(tenant.organization):
        return Case.objects.filter(organization=tenant.organization).latest("opened_at")


def under_review(tenant, officers):
    """Assign the newest case and begin its review; return it with the officer drawn."""
    case = cases.assign(case=case_of(tenant), by=Actor.system("tests"))
    officer = next(one for one in officers if one.user_id == case.assigned_to_id)
    case = cases.begin_review(case=case, by=officer)
    check_all(case, officer)
    return case, officer


def check_all(case, officer, found="seen"):
    """Answer the checklist of every type, so that any finding can be recommended."""
    answers = [checklists.Answer(code, found, "Looked it up.") for code in ITEMS]
    return checklists.answer(case=case, answers=answers, by=officer)


def finding_for(end_user, **details):
    line = {"purpose": Purpose.FIND_MISSING_CHILD, "end_user": str(end_user.pk)}
    line |= {"expires_at": timezone.now() + timedelta(days=180)}
    line |= details.pop("line", {})
    values = {
        "organization_type": OrganizationType.CHILD_PROTECTION_NGO,
        "reasons": "Registered charity; two trained reviewers.",
        "establishment": frozenset({"US"}),
        "processing": frozenset({"US"}),
        "subjects": frozenset({"US"}),
    }
    return Finding(lines=(Line(**line),), **values | details)


def exempt_finding(end_user):
    exempt = {"moratorium_status": MoratoriumStatus.EXEMPT, "exemption": "humanitarian-exemption"}
    return finding_for(end_user, line=exempt)


def status_of(tenant):
    return Organization.objects.get(pk=tenant.organization.pk).status


def second_of(tenant, officers):
    return next(one for one in officers if one.user_id == case_of(tenant).second_officer_id)


def add_document(application, tenant, content=b"text", **fields):
    values = {"name": "report.txt", "kind": "report", "content_type": "text/plain", "record": "lawful_basis"}
    return documents.add(application=application, content=content, by=tenant.actor, **values | fields)


def ruling_for(tenant):
    """What the gate says to a search for a child right now."""
    return gate.rule(
        search_for_a_child(tenant.itself),
        gate=Gate.SUBMIT,
        subject="job_r",
        by=tenant.actor,
        organization=tenant.organization,
    )


def records_of(tenant):
    return ruling_for(tenant).stated.records


def case_of_kind(tenant, kind):
    return Case.objects.get(organization=tenant.organization, kind=kind)
