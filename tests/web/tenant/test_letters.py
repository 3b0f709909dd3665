"""Letters of the office, read in the portal."""

from compliance.actions import onboarding
from compliance.models import Letter
from portal.tenancy.scope import tenant_scope
from tests.compliance.conftest import new_tenant, new_user
from tests.web.officer.people import applicant, signed_in, submitted


def one_letter(tenant):
    with tenant_scope(tenant.organization):
        return Letter.objects.get()


def test_an_administrator_reads_what_the_office_wrote(database):
    tenant = applicant()
    application = submitted(tenant)
    client = signed_in(tenant.administrator)
    listed = client.get("/letters/").content.decode()
    assert f"We have your application {application.reference}" in listed
    page = client.get(f"/letters/{one_letter(tenant).public_id}/").content.decode()
    assert application.declaration in page


def test_nobody_else_reads_it(database):
    tenant, stranger = applicant(), new_tenant("Quayside Aid")
    submitted(tenant)
    address = f"/letters/{one_letter(tenant).public_id}/"
    assert signed_in(stranger.administrator).get(address).status_code == 404
    from_outside = signed_in(new_user("visitor")).get(address)
    assert from_outside.status_code == 404


def test_an_empty_list_says_when_the_office_writes(database):
    tenant = applicant()
    onboarding.start(organization=tenant.organization, by=tenant.actor)
    assert "No letter yet" in signed_in(tenant.administrator).get("/letters/").content.decode()
