"""Refusals say rule, fact, remedy, source and decision, at once and for ever."""

from portal.tenancy.models import Membership
from portal.tenancy.scope import tenant_scope
from recognition.models import Gallery, Job
from tests.web.tenant.conftest import order, upload
from tests.web.tenant.test_galleries import GALLERY


def police_gallery(bob, user_id):
    bob.post("/galleries/new/", GALLERY | {"purpose": "criminal_investigation_lead", "jurisdictions": ""})
    organization = Membership.objects.get(user=user_id).organization
    with tenant_scope(organization):
        return organization, Gallery.objects.get()


def end_user(bob, path):
    """The first end user that the form offers."""
    page = bob.get(path).content.decode()
    return page.split('name="end_user"')[1].split('value="')[1].split('"')[0]


def refused(bob):
    organization, gallery = police_gallery(bob, bob.session["_auth_user_id"])
    sent = {"requested_by": "self", "case_reference": "B-1", "subject_class": "suspect", "recipient": "none"}
    path = f"/galleries/{gallery.public_id}/enroll/"
    sent |= {"end_user": end_user(bob, path), "subject_from": "filename", "images": upload((9, 9, 90))}
    answer = bob.post(path, sent)
    with tenant_scope(organization):
        return answer, Job.objects.get()


def test_police_are_refused_with_rule_source_remedy_and_decision(bob):
    answer, job = refused(bob)
    page = answer.content.decode()
    assert answer.status_code == 403
    for words in ("us-police-2020", job.ruling, "extended until further notice", "humanitarian exemption"):
        assert words in page
    assert "No face was compared" in page


def test_the_refused_job_shows_the_same_for_ever(bob):
    _, job = refused(bob)
    page = bob.get(f"/jobs/{job.public_id}/").content.decode()
    assert job.status == "refused"
    for words in ("us-police-2020", job.ruling, "What you can do", "A refusal says nothing", "Not run"):
        assert words in page


def test_a_ruling_lists_every_rule_with_what_it_looked_at(bob):
    _, job = refused(bob)
    page = bob.get(f"/rulings/{job.ruling}/").content.decode()
    assert "Parties: City, county, campus or tribal police (the organization" in page
    assert "other rules were looked at" in page
    assert "eu-ai-act-5-1-h" in page


def test_the_form_says_beforehand_what_the_ruling_would_be(bob):
    organization, gallery = police_gallery(bob, bob.session["_auth_user_id"])
    path = f"/galleries/{gallery.public_id}/enroll/"
    asked = {"end_user": end_user(bob, path), "subject_class": "suspect", "recipient": "none"}
    page = bob.get(f"{path}estimate/", asked | {"requested_by": "self"}).content.decode()
    assert "no face is looked at by or for police" in page
    with tenant_scope(organization):
        assert not Job.objects.exists()


def test_a_complete_order_is_told_that_it_would_be_cleared(site, database):
    asked = {name: value for name, value in order(site.desk).items() if name != "images"}
    page = site.alice.get(site.paths()["expect"], asked).content.decode()
    assert "Cleared" in page
    assert "Not measured on children" in page


def test_a_missing_fact_is_named_before_the_order_is_sent(site, database):
    page = site.alice.get(site.paths()["expect"], {}).content.decode()
    assert "Not complete yet" in page
