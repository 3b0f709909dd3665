"""Webhooks by HTTP: set up, secret shown once, log, replay; for administrators alone."""

import re
from html import unescape

import pytest

from portal.common.ids import public_id, uuid7
from portal.tenancy.roles import Role
from portal.tenancy.scope import tenant_scope
from portal.webhooks import actions, lanes
from portal.webhooks.models import Delivery, Endpoint
from tests.web.tenant.conftest import elsewhere
from tests.webhooks.receiver import receiving


@pytest.fixture(autouse=True)
def _to_this_machine(settings):
    settings.WEBHOOKS_TO_LOOPBACK = True


@pytest.fixture
def receiver():
    with receiving() as running:
        yield running


@pytest.fixture
def webhook(site, database, receiver):
    """One of Alice's, gone afterward."""
    made = actions.create(
        organization=site.organization, url=receiver.url, description="Case system", by=site.desk.by
    ).endpoint
    yield made
    with tenant_scope(site.organization):
        rows = list(Endpoint.objects.all())
    for row in rows:
        actions.delete(endpoint=row, by=site.desk.by)


def text(answer):
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split()))


def stored(site, webhook):
    with tenant_scope(site.organization):
        return Endpoint.objects.get(pk=webhook.pk)


def deliveries(site):
    with tenant_scope(site.organization):
        return list(Delivery.objects.order_by("pk"))


def test_an_empty_list_teaches_the_next_step(site, database):
    assert "No webhook yet" in text(site.alice.get("/webhooks/"))
    assert 'href="/webhooks/"' in site.alice.get("/keys/").content.decode()


def test_its_secret_is_shown_once_and_kept_by_no_cache(site, webhook, receiver):
    answer = site.alice.post("/webhooks/new/", {"url": receiver.url, "types": ["job.held", "job.released"]})
    secret = re.search(r"whsec_[\w+/=]+", answer.content.decode())[0]
    assert answer["Cache-Control"] == "private, no-store"
    with tenant_scope(site.organization):
        [made] = Endpoint.objects.exclude(pk=webhook.pk)
    assert set(made.types) == {"job.held", "job.released"}
    for path in ("/webhooks/", f"/webhooks/{made.public_id}/"):
        assert secret not in site.alice.get(path).content.decode()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "Fill this in"),
        ("https://10.0.0.1/", "not on the public internet"),
        ("ftp://hooks.example.org/", "begins with https"),
        ("https://no-such-host.invalid/", "has no address"),
    ],
)
def test_a_wrong_address_is_said_beside_its_field(site, webhook, url, words):
    answer = site.alice.post("/webhooks/new/", {"url": url})
    assert answer.status_code == 422
    assert words in text(answer)
    assert site.alice.post(f"/webhooks/{webhook.public_id}/change/", {"url": url}).status_code == 422


def test_a_test_and_what_came_of_it_show_in_the_log(site, webhook, receiver):
    receiver.statuses = [503]
    site.alice.post(f"/webhooks/{webhook.public_id}/test/")
    lanes.run()
    page = text(site.alice.get(f"/webhooks/{webhook.public_id}/"))
    assert "webhook.test" in page
    assert "The receiver answered 503" in page
    assert "Failing" in page


def test_a_delivery_is_sent_again_from_the_log(site, webhook, receiver):
    site.alice.post(f"/webhooks/{webhook.public_id}/test/")
    lanes.run()
    [delivery] = deliveries(site)
    path = f"/webhooks/{webhook.public_id}/deliveries/{delivery.public_id}/replay/"
    assert path in site.alice.get(f"/webhooks/{webhook.public_id}/?show=delivered").content.decode()
    site.alice.post(path)
    lanes.run()
    assert len(receiver.got) == 2


def test_what_failed_is_sent_again_after_an_outage(site, webhook, receiver):
    site.alice.post(f"/webhooks/{webhook.public_id}/test/")
    with tenant_scope(site.organization):
        Delivery.objects.update(status="failed", reason="timeout")
    assert site.alice.post(f"/webhooks/{webhook.public_id}/replay/", {"days": "31"}).status_code == 422
    site.alice.post(f"/webhooks/{webhook.public_id}/replay/", {"days": "1"})
    lanes.run()
    assert [one.status for one in deliveries(site)] == ["delivered"]


def test_a_webhook_is_changed_switched_off_and_on_and_deleted(site, webhook, receiver):
    path = f"/webhooks/{webhook.public_id}/"
    site.alice.post(f"{path}change/", {"url": receiver.url, "description": "Archive", "types": ["job.held"]})
    assert (stored(site, webhook).description, stored(site, webhook).types) == ("Archive", ["job.held"])
    site.alice.post(f"{path}switch/", {"enabled": "no"})
    assert "Switched off by the organization" in text(site.alice.get(path))
    site.alice.post(f"{path}test/")
    assert deliveries(site) == []
    site.alice.post(f"{path}switch/", {"enabled": "yes"})
    assert stored(site, webhook).is_active
    site.alice.post(f"{path}delete/")
    assert site.alice.get(path).status_code == 404


def test_a_new_secret_is_shown_once(site, webhook):
    path = f"/webhooks/{webhook.public_id}/secret/"
    assert site.alice.post(path, {"overlap_hours": "1000"}).status_code == 422
    answer = site.alice.post(path, {"overlap_hours": "24"})
    assert re.search(r"whsec_[\w+/=]+", answer.content.decode())
    assert answer["Cache-Control"] == "private, no-store"


PATHS = ("", "change/", "switch/", "delete/", "secret/", "test/", "replay/", "deliveries/{}/replay/")


def test_a_stranger_cannot_tell_it_from_what_never_was(site, webhook, bob):
    for path in PATHS:
        hers = f"/webhooks/{webhook.public_id}/{path.format(public_id('dlv', uuid7()))}"
        assert bob.post(hers).status_code in {404, 405}, path
        assert (bob.get(hers).status_code, bob.get(elsewhere(hers)).status_code) in {(404, 404), (405, 405)}
    assert stored(site, webhook).is_active


@pytest.mark.parametrize("role", [Role.ANALYST, Role.APPROVER, Role.REVIEWER, Role.AUDITOR])
def test_a_member_without_the_right_is_told_so(site, webhook, role):
    member = site.member(role)
    for path in ("/webhooks/", "/webhooks/new/", f"/webhooks/{webhook.public_id}/"):
        assert member.get(path).status_code == 403
    assert member.post(f"/webhooks/{webhook.public_id}/delete/").status_code == 403
    assert stored(site, webhook).is_active
