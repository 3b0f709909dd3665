"""Members by HTTP: invited by mail, joined through the link, changed and removed."""

import re

import pytest
from django.core import mail
from django.test import Client

from portal.tenancy.models import Invitation, Membership, User
from portal.tenancy.roles import Role
from tests.compliance.conftest import new_user
from tests.web.tenant.conftest import browser, join


def invite(site, email, role="reviewer"):
    """Invite somebody; return the path of the link that was mailed."""
    mail.outbox = []
    answer = site.alice.post("/members/invite/", {"email": email, "role": role})
    assert answer.status_code == 302
    return re.search(r"http://testserver(/invitations/\S+)", mail.outbox[0].body)[1]


def membership(site, role):
    user = join(site.organization, role, site.desk)
    return Membership.objects.get(user=user, ended_at=None)


def current(site, email):
    return Membership.objects.filter(organization=site.organization, user__email=email, ended_at=None)


def test_an_invitation_is_mailed_and_listed(site, database):
    invite(site, "nora@example.org")
    assert mail.outbox[0].to == ["nora@example.org"]
    assert site.organization.name in mail.outbox[0].subject
    assert "nora@example.org" in site.alice.get("/members/").content.decode()


def test_a_new_person_joins_with_an_account_of_their_own(site, database):
    link, visitor = invite(site, "olga@example.org"), Client()
    assert "olga@example.org" in visitor.get(link).content.decode()
    answer = visitor.post(link, {"name": "Olga", "password": "seven quiet lanterns"})
    assert answer["Location"] == "/"
    assert current(site, "olga@example.org").get().role == Role.REVIEWER
    assert site.organization.name in visitor.get("/").content.decode()


def test_a_weak_password_is_refused_and_nobody_joins(site, database):
    link = invite(site, "pia@example.org")
    assert Client().post(link, {"name": "Pia", "password": "password"}).status_code == 422
    assert not User.objects.filter(email="pia@example.org").exists()


def test_a_person_with_an_account_signs_in_first(site, database):
    user = new_user("quinn")
    link = invite(site, user.email)
    assert Client().get(link)["Location"].startswith("/accounts/login/")
    browser(user).post(link)
    assert current(site, user.email).exists()


def test_an_invitation_works_for_its_address_only(site, charlie):
    link = invite(site, "rita@example.org")
    assert charlie.post(link).status_code == 403
    assert not current(site, "rita@example.org").exists()


def test_an_invitation_works_once(site, database):
    link = invite(site, "sven@example.org")
    Client().post(link, {"name": "Sven", "password": "seven quiet lanterns"})
    answer = Client().get(link)
    assert answer.status_code == 404
    assert "was used, withdrawn, or is too old" in answer.content.decode()


def test_an_invitation_is_withdrawn(site, database):
    link = invite(site, "tara@example.org")
    made = Invitation.objects.get(email="tara@example.org")
    site.alice.post(f"/members/invitations/{made.public_id}/withdraw/")
    assert Client().get(link).status_code == 404


def test_a_stranger_withdraws_no_invitation(site, bob):
    link = invite(site, "uma@example.org")
    made = Invitation.objects.get(email="uma@example.org")
    assert bob.post(f"/members/invitations/{made.public_id}/withdraw/").status_code == 404
    assert Client().get(link).status_code == 200


def test_a_member_is_not_invited_again(site, database):
    answer = site.alice.post(
        "/members/invite/", {"email": site.desk.tenant.administrator.email, "role": "analyst"}
    )
    assert answer.status_code == 422
    assert "member already" in answer.content.decode()


def test_a_role_is_changed(site, database):
    member = membership(site, Role.ANALYST)
    site.alice.post(f"/members/{member.public_id}/role/", {"role": "approver"})
    member.refresh_from_db()
    assert member.role == Role.APPROVER


def test_training_is_recorded_and_not_ahead_of_time(site, database):
    member = membership(site, Role.REVIEWER)
    path = f"/members/{member.public_id}/training/"
    ahead = {"trained_on_month": "1", "trained_on_day": "1", "trained_on_year": "2999"}
    assert site.alice.post(path, ahead).status_code == 422
    site.alice.post(path, ahead | {"trained_on_year": "2026"})
    member.refresh_from_db()
    assert member.trained_on.isoformat() == "2026-01-01"


def test_a_removed_member_finds_nothing(site, database):
    member = membership(site, Role.ANALYST)
    client = browser(User.objects.get(pk=member.user_id))
    assert client.get("/galleries/").status_code == 200
    site.alice.post(f"/members/{member.public_id}/remove/")
    assert client.get("/galleries/").status_code == 404


def test_nobody_changes_their_own_role(site, database):
    own = Membership.objects.get(organization=site.organization, user=site.desk.tenant.administrator)
    assert site.alice.post(f"/members/{own.public_id}/role/", {"role": "auditor"}).status_code == 403
    assert "This is you" in site.alice.get(f"/members/{own.public_id}/").content.decode()


@pytest.mark.parametrize("action", ["", "role/", "training/", "remove/"])
def test_a_stranger_reaches_no_member(site, bob, action):
    path = f"/members/{membership(site, Role.ANALYST).public_id}/{action}"
    answer = bob.post(path, {"role": "auditor"}) if action else bob.get(path)
    assert answer.status_code == 404


def test_an_analyst_sees_members_and_no_way_to_change_them(site, database):
    page = site.member(Role.ANALYST).get("/members/").content.decode()
    assert site.desk.tenant.administrator.email in page
    assert "Invite somebody" not in page
