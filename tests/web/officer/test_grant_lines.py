"""Lines of a determination over HTTP: what may be inferred, and until when an exemption holds."""

from datetime import timedelta

import pytest
from django.utils import timezone

from compliance.actions import gate
from compliance.models import Determination, Letter
from compliance.policy.vocabulary import Gate
from compliance.standing import standing
from portal.tenancy.actor import Actor
from portal.tenancy.scope import tenant_scope
from portal.web.forms.grant_lines import line_initial
from tests.compliance.conftest import search_for_a_child
from tests.web.officer.determining import day, decided, finding, line, prepared
from tests.web.officer.people import applicant, officer_client, only_officers, signed_in

INFERS = {"operations": ["search", "attributes"]}
EXEMPTION = {"exemption": "humanitarian-exemption", "exemption_evidence": "Agreement 7"}


@pytest.fixture
def officers(database):
    return only_officers("Ada", "Ben", "Cleo")


@pytest.fixture
def tenant(database):
    return applicant()


def in_days(days):
    then = timezone.now() + timedelta(days=days)
    return (str(then.month), str(then.day), str(then.year))


def ends(prefix, days):
    return day(prefix, in_days(days))


def sent(tenant, officers, *lines):
    """Send a determination, and return the case, the officer's client and the answer."""
    case, _, client, evidence = prepared(tenant, officers)
    values = {name: value for one in lines for name, value in one.items()}
    return (
        case,
        client,
        client.post(f"/officer/cases/{case.public_id}/determine/", finding(evidence, **values)),
    )


def refused(tenant, officers, number, *lines):
    """Return what is said about one line of a determination that is not taken."""
    case, _, answer = sent(tenant, officers, *lines)
    assert (answer.status_code, decided(case).status) == (422, "under_review")
    return answer.context["lines"][number]["form"].errors


def granted_attributes(tenant, officers, *attributes):
    """Grant attributes to an organization itself, over HTTP."""
    case, client, answer = sent(
        tenant, officers, line(0, "not_covered", attributes=list(attributes), **INFERS)
    )
    assert answer.status_code == 302
    assert "May be inferred: Age" in client.get(f"/officer/cases/{case.public_id}/").content.decode()
    client.post(f"/officer/cases/{case.public_id}/carry-out/")


def exempted(tenant, officers, **more):
    """Grant an exempt line with two officers, over HTTP."""
    case, _, answer = sent(tenant, officers, line(1, "exempt", **EXEMPTION, **more))
    assert answer.status_code == 302, answer.context["lines"][1]["form"].errors
    second = next(one for one in officers if one.user_id == decided(case).second_officer_id)
    vote = {"vote": "approve", "reasons": "The agreement names the unit."}
    other = officer_client(second)
    page = other.get(f"/officer/cases/{case.public_id}/countersign/").content.decode()
    other.post(f"/officer/cases/{case.public_id}/countersign/", vote)
    return page


def grant_of(tenant):
    with tenant_scope(tenant.organization):
        return Determination.objects.newest_first()[0].grants.select_related("end_user").get()


def refuses_to_infer(tenant, *attributes):
    """Return whether attributes are refused to the organization because no grant names them."""
    end_user = grant_of(tenant).end_user
    stated = search_for_a_child(end_user, operation="attributes", attributes=list(attributes))
    by, organization = Actor.system("tests"), tenant.organization
    found = gate.rule(stated, gate=Gate.SUBMIT, subject="job_1", by=by, organization=organization)
    return "attributes-off" in {one["rule_id"] for one in found.looked_at if one["counts_as"] == "refused"}


def test_attributes_that_a_line_names_may_be_inferred_and_no_others(tenant, officers):
    granted_attributes(tenant, officers, "age", "gender")
    assert grant_of(tenant).attributes == ["age", "gender"]
    assert not refuses_to_infer(tenant, "age")
    assert refuses_to_infer(tenant, "age", "emotion")


def test_the_organization_reads_in_its_letter_and_on_its_page_what_may_be_inferred(tenant, officers):
    granted_attributes(tenant, officers, "age")
    with tenant_scope(tenant.organization):
        assert "May be inferred: Age." in Letter.objects.get(kind="decided").body
    page = signed_in(tenant.administrator).get("/onboarding/standing/").content.decode()
    assert "<dt>May be inferred</dt><dd>Age</dd>" in page


def test_race_is_no_choice(tenant, officers):
    errors = refused(tenant, officers, 0, line(0, "not_covered", attributes=["race"], **INFERS))
    assert list(errors) == ["attributes"]


@pytest.mark.parametrize(
    ("operations", "attributes", "sentence"),
    [
        (["search", "attributes"], [], "Choose what may be inferred"),
        (["search"], ["age"], "Choose the operation Infer attributes as well"),
    ],
)
def test_an_operation_and_its_attributes_go_together(tenant, officers, operations, attributes, sentence):
    own = line(0, "not_covered", operations=operations, attributes=attributes)
    assert sentence in refused(tenant, officers, 0, own)["attributes"][0]


def test_an_exemption_ends_before_its_line_and_the_moratorium_covers_it_again(tenant, officers):
    page = exempted(tenant, officers, **ends("exemption_expires_on", 30))
    grant = grant_of(tenant)
    assert grant.exemption_expires_at.date() == (timezone.now() + timedelta(days=30)).date()
    assert f'</span> until <time datetime="{grant.exemption_expires_at:%Y-%m-%d}">' in page
    with tenant_scope(tenant.organization):
        after = grant.exemption_expires_at + timedelta(seconds=1)
        moments = (grant.exemption_expires_at - timedelta(seconds=1), after)
        found = [standing(tenant.organization, at=at).lines[0] for at in moments]
    assert [(one.in_force, one.status) for one in found] == [(True, "exempt"), (True, "covered")]


def test_an_exemption_without_an_end_of_its_own_holds_as_long_as_its_line(tenant, officers):
    exempted(tenant, officers)
    grant = grant_of(tenant)
    assert (grant.exemption_expires_at, grant.line.exempt_until) == (None, grant.expires_at)


@pytest.mark.parametrize(
    ("status", "days", "sentence"),
    [
        ("exempt", 301, "Give that day or an earlier one."),
        ("exempt", -2, "Give today or a later day."),
        ("covered", 30, "This line is not exempt."),
    ],
)
def test_an_end_that_no_exemption_can_have_is_refused(tenant, officers, status, days, sentence):
    chosen = line(1, status, **EXEMPTION, **ends("exemption_expires_on", days))
    assert sentence in refused(tenant, officers, 1, chosen)["exemption_expires_on"][0]


def test_a_form_starts_with_the_ends_and_attributes_that_were_granted(tenant, officers):
    exempted(tenant, officers, attributes=["age"], **INFERS, **ends("exemption_expires_on", 30))
    grant = grant_of(tenant)
    initial = line_initial(grant)
    assert initial["attributes"] == ["age"]
    assert initial["exemption_expires_on"] == grant.exemption_expires_at.date()
    assert initial["expires_on"] == grant.expires_at.date()
