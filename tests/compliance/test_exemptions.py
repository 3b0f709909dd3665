"""What the trail says of exemptions: when one begins, and when and why it ends."""

from datetime import timedelta

import pytest
from django.utils import timezone

from compliance.actions import exemptions, grants, revocations
from compliance.policy.vocabulary import MoratoriumStatus, OrganizationType, Purpose
from compliance.standing import determination_in_force
from portal.audit.models import Event
from portal.tenancy.scope import tenant_scope
from tests.compliance.conftest import determine, new_tenant
from tests.support.world import new_side
from tests.web.officer.people import only_officers

RULE = "humanitarian-exemption"
_names = iter(range(10_000))


@pytest.fixture
def exempt(database):
    return new_side(
        f"Exempt Harbor {next(_names)}",
        organization_type=OrganizationType.ANTI_TRAFFICKING_NGO,
        purpose=Purpose.TRAFFICKING_VICTIM_IDENTIFICATION,
        status=MoratoriumStatus.EXEMPT,
        exemption=RULE,
        exemption_evidence="evi_1",
        exemption_expires_at=timezone.now() + timedelta(days=30),
    )


def events(side, *verbs):
    rows = Event.objects.filter(organization=str(side.organization.pk), verb__in=verbs).order_by("id")
    return [(event.verb, event.payload.get("reason", "")) for event in rows]


def grant_of(side):
    with tenant_scope(side.organization):
        return determination_in_force(side.organization).kept_grants().get()


def already_ended(**line):
    """An organization whose one exempt line ended by a date."""
    tenant = new_tenant(f"Past Harbor {next(_names)}")
    exempt = {"moratorium_status": "exempt", "exemption": RULE}
    determine(tenant, "trafficking_victim_identification", **exempt, **line)
    return tenant


def test_an_exemption_that_is_granted_stands_in_the_trail_with_rule_and_end(exempt):
    [event] = Event.objects.filter(organization=str(exempt.organization.pk), verb="exemption.granted")
    grant = grant_of(exempt)
    assert event.target == grant.public_id
    assert event.payload == {
        "rule": RULE,
        "purpose": "trafficking_victim_identification",
        "end_user": exempt.end_user.public_id,
        "expires_at": grant.exemption_expires_at.isoformat(),
    }


def test_a_grant_without_an_exemption_says_nothing_of_one(database):
    side = new_side(f"Plain Harbor {next(_names)}")
    assert events(side, "exemption.granted", "exemption.ended") == []


def test_an_exemption_that_officers_revoke_has_ended(exempt):
    [officer] = only_officers("Ada")
    revocations.revoke_exemption(grant=grant_of(exempt), reasons="The evidence was false.", by=officer)
    assert events(exempt, "exemption.granted", "exemption.ended") == [
        ("exemption.granted", ""),
        ("exemption.ended", "withdrawn"),
    ]


def test_an_exemption_that_is_given_up_has_ended(exempt):
    grants.give_up(organization=exempt.organization, end_user=exempt.end_user, by=exempt.actor)
    assert events(exempt, "exemption.ended") == [("exemption.ended", "given_up")]


def test_an_exemption_that_ends_by_its_date_is_noted_once(database):
    tenant = already_ended(exemption_expires_at=timezone.now() - timedelta(hours=1))
    exemptions.note_ends()
    exemptions.note_ends()
    assert events(tenant, "exemption.ended", "grant.expired") == [("exemption.ended", "expired")]


def test_a_grant_that_ends_takes_its_exemption_with_it(database):
    tenant = already_ended(expires_at=timezone.now() - timedelta(hours=1))
    exemptions.note_ends()
    exemptions.note_ends()
    assert sorted(events(tenant, "exemption.ended", "grant.expired")) == [
        ("exemption.ended", "expired"),
        ("grant.expired", ""),
    ]


def test_what_has_not_ended_is_not_noted(database):
    tenant = already_ended(exemption_expires_at=timezone.now() + timedelta(hours=1))
    exemptions.note_ends()
    assert events(tenant, "exemption.ended", "grant.expired") == []
