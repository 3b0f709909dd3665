"""Organizations are told of versions that touch their grants, and see on their pages what is ahead."""

from datetime import timedelta

import pytest
from django.utils import timezone

from compliance import upcoming
from compliance.actions import policies, policy_letters, stops
from compliance.models import Letter, PolicyVersionRecord
from portal.tenancy.scope import officer_scope, tenant_scope
from tests.compliance.conftest import determine, new_officer, new_tenant
from tests.compliance.drafting import scheduled, tightened
from tests.web.officer.people import signed_in


@pytest.fixture
def officers(fresh_database):
    return [new_officer("Ada"), new_officer("Ben")]


@pytest.fixture
def charity(officers):
    tenant = new_tenant("Harbor Light")
    determine(tenant, "find_missing_child")
    return tenant


def letters():
    with officer_scope():
        return list(Letter.objects.filter(kind="rules_change"))


def in_days(days):
    return f"{timezone.now() + timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"


def ahead(tenant):
    with tenant_scope(tenant.organization):
        return upcoming.ahead(tenant.organization, timezone.now())


def test_an_organization_is_told_once_of_what_touches_it(officers, charity):
    new_tenant("Nothing granted")
    record = tightened(officers[0])
    assert [policy_letters.tell() for _ in range(2)] == [1, 0]
    [letter] = letters()
    assert (letter.organization, letter.about) == (charity.organization, record.public_id)
    assert "cleared before, refused then" in letter.body
    assert "no-search-today" in letter.body
    record.refresh_from_db()
    assert record.told_at


def test_a_rule_that_begins_later_is_told_with_its_moment_and_stands_on_the_pages(officers, charity):
    tightened(officers[0], starts_at=in_days(30))
    assert policy_letters.tell() == 1
    [change] = ahead(charity)
    assert (change.before, change.after, change.rule) == ("cleared", "refused", "no-search-today")
    member = signed_in(charity.administrator)
    for page in ("/", "/onboarding/"):
        assert "no-search-today" in member.get(page).content.decode()


def test_a_scheduled_version_that_touches_nothing_is_told_to_nobody(officers, charity):
    record = scheduled(officers, "live-off")
    assert (policy_letters.tell(), letters(), ahead(charity)) == (0, [], [])
    record.refresh_from_db()
    assert record.told_at


def test_a_scheduled_loosening_is_told_before_it_counts(officers, charity):
    tightened(officers[0])
    policy_letters.tell()
    scheduled(officers, "no-search-today")
    assert policy_letters.tell() == 1
    assert "will change" in letters()[-1].subject
    [change] = ahead(charity)
    assert (change.before, change.after) == ("refused", "cleared")


def test_a_version_withdrawn_is_told_no_further(officers, charity):
    tightened(officers[0])
    policy_letters.tell()
    policies.withdraw(record=scheduled(officers, "no-search-today"), by=officers[0])
    assert (policy_letters.tell(), len(letters())) == (0, 1)


def test_the_stop_of_the_platform_is_told(officers, charity):
    stops.declare(reasons="Keys were stolen.", by=officers[0])
    assert policy_letters.tell() == 1
    assert "platform-stop" in letters()[0].body


def test_what_ships_is_told_to_nobody(charity):
    assert policy_letters.tell() == 0
    assert not PolicyVersionRecord.objects.filter(told_through__isnull=False).exists()
