import io
import itertools
import json
import re

import pytest
from django.core import mail
from django.core.management import CommandError, call_command

from portal.audit.models import Event
from portal.tenancy.models import Officer, OfficerProposal, User
from tests.web.officer.people import only_officers

_numbers = itertools.count()


@pytest.fixture
def address(database, settings) -> str:
    settings.ALLOW_PROVISION = False
    only_officers()
    return f"officer.{next(_numbers)}@office.example"


def appoint(address: str) -> dict:
    output = io.StringIO()
    call_command("officer", "create", address, "--json", stdout=output)
    return json.loads(output.getvalue())


def test_an_officer_sets_their_own_password_by_the_mailed_link(client, address):
    made = appoint(address)
    assert made["password"] is None
    assert Event.objects.filter(verb="officer.created").exists()
    link = re.search(r"/accounts/password/reset/key/\S+", mail.outbox[-1].body).group()
    form = client.get(link, follow=True).redirect_chain[-1][0]
    secret = "nine quiet otters float"
    client.post(form, {"password1": secret, "password2": secret})
    assert User.objects.get(email=address).check_password(secret)


def test_an_address_that_somebody_registered_before_is_not_made_an_officer(address):
    User.objects.create_user(address, "seven loud magpies argue")
    with pytest.raises(CommandError, match="account with this address"):
        appoint(address)
    assert not Officer.objects.filter(user__email=address).exists()


def test_what_is_no_address_is_refused(address):
    with pytest.raises(CommandError, match="no email address"):
        appoint("not an address")


def test_beside_two_officers_the_command_only_proposes(address):
    only_officers("Ada", "Ben")
    told = appoint(address)
    assert told["officer"] is None
    assert OfficerProposal.objects.get(email=address).public_id == told["proposal"]
    assert not Officer.objects.filter(user__email=address).exists()
