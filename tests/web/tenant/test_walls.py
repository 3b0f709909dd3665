"""Who can open what: the same table of addresses for a stranger, a visitor, and members without the right."""

import pytest
from django.test import Client

from portal.tenancy.roles import Role
from tests.support.jobs import ANNA, BORIS
from tests.web.tenant.conftest import elsewhere, upload

OF_ALICE = (
    "gallery", "change_gallery", "delete_gallery", "subject", "erase_subject", "order", "expect", "photo",
    "face", "enrolled", "job", "progress", "export", "results", "result", "candidates", "candidate", "ruling",
    "rename_subject", "merge_subject", "move_face", "subject_candidates",
)  # fmt: skip
LISTS = (
    "/",
    "/galleries/",
    "/jobs/",
    "/jobs/new/",
    "/members/",
    "/keys/",
    "/webhooks/",
    "/trail/",
    "/organizations/",
)
FORBIDDEN = {
    Role.AUDITOR: ("/galleries/new/", "/jobs/new/", "/keys/", "/webhooks/", "/members/invite/", "/reviews/"),
    Role.PRIVACY_CONTACT: ("/galleries/new/", "/jobs/new/", "/keys/", "/members/invite/", "/reviews/"),
    Role.REVIEWER: ("/galleries/new/", "/jobs/new/", "/keys/", "/trail/"),
    Role.APPROVER: ("/galleries/new/", "/jobs/new/", "/keys/", "/trail/", "/reviews/"),
    Role.ANALYST: ("/keys/", "/keys/new/", "/trail/", "/members/invite/", "/reviews/"),
}


def without_token(response):
    lines = response.content.decode().splitlines()
    return [line for line in lines if "csrfmiddlewaretoken" not in line]


@pytest.mark.parametrize("name", OF_ALICE)
def test_a_stranger_cannot_tell_what_is_alices_from_what_never_was(site, bob, name):
    path = site.paths()[name]
    hers, never = bob.get(path), bob.get(elsewhere(path))
    assert (hers.status_code, never.status_code) == (404, 404)
    assert without_token(hers) == without_token(never)


@pytest.mark.parametrize("name", OF_ALICE)
def test_somebody_without_an_organization_finds_nothing(site, charlie, name):
    assert charlie.get(site.paths()[name]).status_code == 404


@pytest.mark.parametrize("name", OF_ALICE)
def test_alice_opens_what_is_hers(site, database, name):
    assert site.alice.get(site.paths()[name]).status_code in {200, 286}


@pytest.mark.parametrize("path", LISTS)
def test_a_visitor_is_sent_to_sign_in(database, path):
    answer = Client().get(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("path", LISTS)
def test_alice_opens_every_list(site, database, path):
    assert site.alice.get(path).status_code == 200


@pytest.mark.parametrize(("role", "path"), [(role, path) for role in FORBIDDEN for path in FORBIDDEN[role]])
def test_a_member_without_the_right_is_told_so(site, database, role, path):
    answer = site.member(role).get(path)
    assert answer.status_code == 403
    assert "Your role does not allow this" in answer.content.decode()


@pytest.mark.parametrize("name", ["photo", "face", "enrolled", "results", "candidates", "candidate"])
@pytest.mark.parametrize("role", [Role.AUDITOR, Role.PRIVACY_CONTACT])
def test_faces_are_not_shown_to_those_who_only_read_the_trail(site, database, role, name):
    assert site.member(role).get(site.paths()[name]).status_code == 403


@pytest.mark.parametrize("name", ["gallery", "order", "job", "photo", "enrolled", "result"])
def test_an_analyst_without_a_grant_finds_nothing_of_the_gallery(site, database, name):
    assert site.member(Role.ANALYST).get(site.paths()[name]).status_code == 404


@pytest.mark.parametrize("action", ["cancel", "retry", "approve", "decline"])
def test_a_stranger_changes_no_job(site, bob, action):
    assert bob.post(f"{site.paths()['job']}{action}/").status_code in {403, 404}
    assert site.desk.reload(site.job).status == "released"


@pytest.mark.parametrize("name", ["delete_gallery", "erase_subject", "change_gallery"])
def test_a_stranger_erases_and_changes_nothing(site, bob, read, name):
    assert bob.post(site.paths()[name], {"typed": site.subject.name}).status_code == 404
    assert read(lambda: type(site.subject).objects.filter(pk=site.subject.pk).exists())


@pytest.mark.parametrize("path", ["/jobs/new/", "/galleries/new/", "/trail/"])
def test_other_methods_are_not_allowed(site, database, path):
    assert site.alice.delete(path).status_code == 405


def test_navigation_leaves_out_what_the_role_cannot_open(site, database):
    page = site.member(Role.ANALYST).get("/").content.decode()
    assert 'href="/galleries/"' in page
    assert 'href="/keys/"' not in page
    assert 'href="/trail/"' not in page


def test_more_files_than_go_at_once_are_answered_with_a_page_that_says_what_to_do(site, database, settings):
    settings.DATA_UPLOAD_MAX_NUMBER_FILES = 1
    answer = site.alice.post(f"{site.paths()['gallery']}search/", {"images": upload(ANNA, BORIS)})
    assert answer.status_code == 400
    assert "ZIP file" in answer.content.decode()
