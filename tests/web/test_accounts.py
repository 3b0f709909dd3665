"""Signing up, in, and back in after a forgotten password, over HTTP."""

import itertools
import re

import pytest
from django.core import mail

from portal.audit.models import Event
from portal.tenancy.models import User

_numbers = itertools.count()
PASSWORD, OTHER = "three calm herons wade", "seven loud magpies argue"


@pytest.fixture
def address(database) -> str:
    return f"newcomer.{next(_numbers)}@example.org"


def sign_up(client, address):
    sent = {"name": "Nia Newcomer", "email": address, "password1": PASSWORD, "password2": PASSWORD}
    return client.post("/accounts/signup/", sent)


def test_a_newcomer_signs_up_and_the_account_is_recorded(client, address):
    assert sign_up(client, address).status_code == 302
    user = User.objects.get(email=address)
    assert str(user) == "Nia Newcomer"
    assert Event.objects.filter(verb="user.created", target=user.public_id).count() == 1


def test_nobody_signs_up_without_a_name(client, address):
    page = client.post("/accounts/signup/", {"email": address, "password1": PASSWORD, "password2": PASSWORD})
    assert page.context["form"].errors["name"] == ["Fill this in."]
    assert not User.objects.filter(email=address).exists()


@pytest.mark.parametrize("spelling", ["{}", "  {} ", "NEWCOMER"])
def test_one_signs_in_by_email_whatever_its_case(client, address, spelling):
    sign_up(client, address)
    client.logout()
    login = address.upper() if spelling == "NEWCOMER" else spelling.format(address)
    answer = client.post("/accounts/login/", {"login": login, "password": PASSWORD})
    assert answer.status_code == 302
    assert client.session["_auth_user_id"]


def test_a_wrong_password_says_nothing_about_the_account(client, address):
    sign_up(client, address)
    client.logout()
    known = client.post("/accounts/login/", {"login": address, "password": "wrong"})
    unknown = client.post("/accounts/login/", {"login": "nobody@example.org", "password": "wrong"})
    assert known.status_code == unknown.status_code == 200
    assert known.context["form"].errors == unknown.context["form"].errors


def test_a_forgotten_password_is_reset_by_a_link_that_works_once(client, address):
    sign_up(client, address)
    client.logout()
    client.post("/accounts/password/reset/", {"email": address})
    link = re.search(r"/accounts/password/reset/key/\S+", mail.outbox[-1].body).group()
    page = client.get(link, follow=True)
    form = page.redirect_chain[-1][0]
    assert client.post(form, {"password1": OTHER, "password2": OTHER}).status_code == 302
    user = User.objects.get(email=address)
    assert user.check_password(OTHER)
    assert Event.objects.filter(verb="user.password_changed", target=user.public_id).count() == 1
    assert client.get(link, follow=True).context.get("token_fail")


@pytest.mark.parametrize("weak", ["short", "password12345", "newcomer.0@example.org"])
def test_a_weak_password_is_refused_with_a_reason(client, address, weak):
    answer = client.post("/accounts/signup/", {"email": address, "password1": weak, "password2": weak})
    assert answer.status_code == 200
    assert answer.context["form"].errors["password1"]
    assert not User.objects.filter(email=address).exists()


def test_a_further_address_is_added_beside_the_one_of_the_account(client, address):
    sign_up(client, address)
    shown = client.get("/accounts/email/").content.decode()
    assert f'value="{address}"' in shown
    client.post("/accounts/email/", {"email": f"second.{address}", "action_add": "1"})
    assert f"second.{address}" in client.get("/accounts/email/").content.decode()
