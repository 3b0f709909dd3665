"""Determinations of these tests, as an officer's browser sends them."""

from datetime import timedelta

from django.utils import timezone

from compliance.models import Case, Evidence
from portal.tenancy.scope import officer_scope, tenant_scope
from tests.web.officer.people import add_registration, officer_client, signed_in, started, under_review


def with_document(tenant):
    """Submit an application with one document, and return both."""
    application = started(tenant)
    add_registration(tenant, application)
    signed_in(tenant.administrator).post(f"/onboarding/{application.public_id}/submit/", {"declared": "on"})
    with tenant_scope(tenant.organization):
        return application, Evidence.objects.get(application=application)


def day(prefix, when):
    month, number, year = when
    return {f"{prefix}_month": month, f"{prefix}_day": number, f"{prefix}_year": year}


def line(number, status, **more):
    values = {
        "granted": "on",
        "operations": ["search", "enroll"],
        "moratorium_status": status,
        "reviewers": "2",
        **day("expires_on", next_year()),
        **more,
    }
    return {f"line-{number}-{name}": value for name, value in values.items()}


def finding(evidence, **lines):
    """Return the form of a determination, with the initial end of each line."""
    return {
        "organization_type": "child_protection_ngo",
        "type_evidence": [evidence.public_id],
        "establishment": "US-WA",
        "processing": "US-OR",
        "subjects": "US-WA",
        "outcome": "granted",
        "reasons": "A registered charity with two trained reviewers.",
        **lines,
    }


def decided(case):
    with officer_scope():
        return Case.objects.select_related("organization").get(pk=case.pk)


def prepared(tenant, officers):
    """Bring a case under review with its evidence verified and its end users registered."""
    _, evidence = with_document(tenant)
    case, officer = under_review(tenant, officers)
    client = officer_client(officer)
    base = f"/officer/cases/{case.public_id}/"
    client.post(f"{base}evidence/{evidence.public_id}/", {"verify": "1"})
    page = client.get(base)
    for body in page.context["bodies"]:
        sent = {"name": body["name"], "organization_type": body["type"], "jurisdiction": body["jurisdiction"]}
        client.post(f"{base}register/", sent | ({"itself": "1"} if body["itself"] else {}))
    return case, officer, client, evidence


def next_year():
    then = timezone.now() + timedelta(days=300)
    return (str(then.month), str(then.day), str(then.year))
