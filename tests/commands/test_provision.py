"""`provision` and `officer create`: behind a switch, marked as what they are, and of use."""

from __future__ import annotations

import io
import itertools
import json
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from pytest_django.fixtures import Settings

from compliance.models import Determination
from portal.audit.models import Event
from portal.common.ids import parse_public_id
from portal.tenancy.actions import keys
from portal.tenancy.models import Officer, Organization, User
from portal.tenancy.scope import tenant_scope

PROMISED = {
    "organization",
    "admin_email",
    "admin_password",
    "api_key",
    "access_key_id",
    "secret_access_key",
    "base_url",
}
_numbers = itertools.count()


@pytest.fixture
def allowed(database: None, settings: Settings) -> None:
    settings.ALLOW_PROVISION = True


def provision(**changes: Any) -> dict[str, str]:
    options = {
        "organization": f"Provisioned {next(_numbers)}",
        "type": "child_protection_ngo",
        "moratorium_status": "not_covered",
        "purpose": "find_missing_child",
    }
    out = io.StringIO()
    words = [f"--{k.replace('_', '-')}={v}" for k, v in (options | changes).items()]
    call_command("provision", *words, "--json", stdout=out)
    made: dict[str, str] = json.loads(out.getvalue())
    return made


def organization_of(made: dict[str, str]) -> Organization:
    return Organization.objects.get(pk=parse_public_id("org", made["organization"]))


def determination_of(made: dict[str, str]) -> Determination:
    organization = organization_of(made)
    with tenant_scope(organization):
        found: Determination = Determination.objects.prefetch_related("grants__end_user").get()
    return found


def standing(made: dict[str, str]) -> Any:
    answer = Client().get("/api/v1/standing/", headers={"Authorization": f"Bearer {made['api_key']}"})
    assert answer.status_code == 200
    return answer.json()


def test_without_the_switch_nothing_is_made_and_the_reason_is_said(
    database: None, settings: Settings
) -> None:
    settings.ALLOW_PROVISION = False
    before = Organization.objects.count(), User.objects.count()
    with pytest.raises(CommandError, match="COUNTENANCE_ALLOW_PROVISION=1"):
        provision()
    assert (Organization.objects.count(), User.objects.count()) == before


def test_it_prints_what_is_promised_and_nothing_else(allowed: None) -> None:
    made = provision()
    assert set(made) == PROMISED
    assert all(made.values())


def test_organization_and_determination_are_marked_as_synthetic(allowed: None) -> None:
    made = provision()
    assert organization_of(made).synthetic
    assert determination_of(made).synthetic
    assert determination_of(made).decided_by is None


def test_the_trail_tells_that_the_command_was_used(allowed: None) -> None:
    made = provision(moratorium_status="covered")
    event = Event.objects.get(verb="provision.used", target=made["organization"])
    assert event.payload == {"purpose": "find_missing_child", "status": "covered"}


def test_the_administrator_signs_in_with_the_printed_password(allowed: None) -> None:
    made = provision()
    assert User.objects.get(email=made["admin_email"]).check_password(made["admin_password"])


@pytest.mark.parametrize("status", ["unknown", "not_covered", "covered", "exempt", "conditional"])
def test_the_key_tells_the_status_that_was_asked_for(allowed: None, status: str) -> None:
    assert standing(provision(moratorium_status=status))["moratorium_status"] == status


def test_police_stand_as_covered(allowed: None) -> None:
    made = provision(
        type="law_enforcement_local", moratorium_status="covered", purpose="criminal_investigation_lead"
    )
    assert standing(made)["moratorium_status"] == "covered"


def test_end_user_floor_places_and_expiry_stand_in_the_grant(allowed: None) -> None:
    made = provision(end_user="Bay Clinic", end_user_type="health", floor=91, jurisdiction="US-WA", expires=7)
    found = determination_of(made)
    (grant,) = found.grants.all()
    assert (grant.end_user.name, grant.end_user.organization_type) == ("Bay Clinic", "health")
    assert grant.end_user.synthetic
    assert grant.line.conditions.min_similarity == 91
    assert (grant.expires_at - grant.starts_at).days in {6, 7}
    assert found.establishment == found.processing == found.subjects == ["US-WA"]


def test_two_organizations_of_one_name_can_be_made(allowed: None) -> None:
    first, second = provision(organization="Twin"), provision(organization="Twin")
    assert first["admin_email"] != second["admin_email"]


@pytest.mark.parametrize("days", [0, 366])
def test_a_determination_beyond_a_year_is_refused(allowed: None, days: int) -> None:
    before = Organization.objects.count()
    with pytest.raises(CommandError, match="365"):
        provision(expires=days)
    assert Organization.objects.count() == before


@pytest.mark.parametrize("floor", [-1, 101])
def test_a_floor_off_the_scale_is_refused(allowed: None, floor: int) -> None:
    with pytest.raises(CommandError, match="0 and 100"):
        provision(floor=floor)


def test_an_officer_is_made_with_a_password_that_works(allowed: None) -> None:
    out = io.StringIO()
    call_command("officer", "create", "olga@office.example", "--json", stdout=out)
    made = json.loads(out.getvalue())
    assert Officer.objects.get(user__email="olga@office.example").active
    assert User.objects.get(email=made["email"]).check_password(made["password"])


def test_a_second_officer_with_the_same_address_is_refused(allowed: None) -> None:
    call_command("officer", "create", "otto@example.org", stdout=io.StringIO())
    with pytest.raises(CommandError, match="account with this address"):
        call_command("officer", "create", "otto@example.org", stdout=io.StringIO())


def test_what_is_no_address_is_refused(allowed: None) -> None:
    with pytest.raises(CommandError, match="no email address"):
        call_command("officer", "create", "nonsense")


def test_who_may_test_gets_a_key_for_that_besides(allowed):
    made = provision(type="research_academic", purpose="bias_audit")
    assert set(made) == PROMISED | {"accuracy_key"}
    key = keys.authenticate(made["accuracy_key"])
    assert (key.kind, key.purpose) == ("accuracy", "bias_audit")
