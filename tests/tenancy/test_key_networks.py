import itertools
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db.models.functions import Now
from django.utils import timezone

from compliance.actions import alerts
from compliance.actions.alerts import Alert
from compliance.models import Case
from portal.common.addresses import client_address, network_hash
from portal.tenancy.actions import keys
from portal.tenancy.models import ApiKey, KeyNetwork
from portal.tenancy.scope import officer_scope
from tests.compliance.conftest import new_tenant

_numbers = itertools.count()
PLACES = ("198.51.100.7", "203.0.113.9", "192.0.2.1")


@pytest.fixture
def key(database) -> ApiKey:
    cache.clear()
    tenant = new_tenant(f"Key holders {next(_numbers)}")
    made = keys.create(
        organization=tenant.organization,
        name="Program",
        purpose="find_missing_child",
        end_user_id=tenant.itself.pk,
        expires_at=timezone.now() + timedelta(days=9),
        by=tenant.actor,
    )
    return made.key


def opened(key: ApiKey) -> int:
    alerts.watch_keys()
    with officer_scope():
        rows = Case.objects.filter(organization=key.organization_id)
        return rows.filter(subject=f"{Alert.DISTANT_NETWORKS}:{key.public_id}").count()


def test_addresses_of_one_network_are_one(key):
    keys.note_network(key, "198.51.100.7")
    keys.note_network(key, "198.51.3.4")
    assert KeyNetwork.objects.filter(key=key).count() == 1


def test_no_address_is_kept(key):
    keys.note_network(key, "198.51.100.7")
    kept = KeyNetwork.objects.values_list("network", flat=True).get(key=key)
    assert kept == network_hash("198.51.100.7")
    assert len(kept) == 32


def test_what_is_no_address_is_no_network(key):
    keys.note_network(key, "not an address")
    assert not KeyNetwork.objects.filter(key=key).exists()


def test_a_key_used_from_three_networks_within_an_hour_opens_one_case(key):
    for place in PLACES[:2]:
        keys.note_network(key, place)
    assert opened(key) == 0
    keys.note_network(key, PLACES[2])
    assert opened(key) == 1
    assert opened(key) == 1


def test_networks_of_another_day_do_not_count(key):
    for place in PLACES:
        keys.note_network(key, place)
    KeyNetwork.objects.filter(key=key).update(last_seen_at=Now() - timedelta(hours=2))
    assert opened(key) == 0


def test_networks_are_forgotten_after_a_month(key):
    keys.note_network(key, PLACES[0])
    KeyNetwork.objects.filter(key=key).update(last_seen_at=Now() - keys.NETWORKS_KEPT * 2)
    keys.forget_networks()
    assert not KeyNetwork.objects.filter(key=key).exists()


@pytest.mark.parametrize(("behind", "address"), [(True, "192.0.2.1"), (False, "10.0.0.1")])
def test_the_proxy_is_believed_only_where_there_is_one(settings, behind, address):
    settings.BEHIND_PROXY = behind
    meta = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "198.51.100.66, 192.0.2.1"}
    assert client_address(meta) == address
