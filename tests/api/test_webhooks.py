"""`webhooks/` over HTTP, and what then arrives at a receiver."""

import threading
from datetime import timedelta

import pytest
from django.utils import timezone
from standardwebhooks import Webhook

from portal.audit import sequencer
from portal.common.ids import public_id, uuid7
from portal.tenancy.roles import NAMED_KEY_PERMISSIONS
from portal.tenancy.scope import tenant_scope
from portal.webhooks import following, lanes
from portal.webhooks.kinds import CHOOSABLE
from portal.webhooks.models import Delivery, DeliveryStatus, Endpoint
from tests.api.conftest import Program, problem
from tests.api.test_pages import all_pages
from tests.webhooks.receiver import receiving


@pytest.fixture(autouse=True)
def _to_this_machine(settings):
    settings.WEBHOOKS_TO_LOOPBACK = True


@pytest.fixture
def receiver():
    with receiving() as running:
        yield running


@pytest.fixture
def manager(world):
    """A program of Alice's that may look after webhooks, and leaves none behind."""
    scopes = ["manage_webhooks", "manage_galleries", "upload", "submit_jobs", "view_results"]
    program = Program(world.alice, world.alice.new_key(scopes=scopes).bearer)
    yield program
    for webhook in program.get("webhooks/").json()["items"]:
        program.call("DELETE", f"webhooks/{webhook['id']}/")


def made(program, receiver, **values):
    answer = program.post("webhooks/", {"url": receiver.url} | values)
    assert answer.status_code == 201, answer.content
    return answer.json()


def deliver():
    sequencer.run()
    while following.follow():
        pass
    lanes.run()


def test_a_job_is_told_from_its_first_state_on(manager, receiver):
    sequencer.run()
    webhook = made(manager, receiver, types=["job.queued", "case_record.opened"])
    gallery, image = manager.gallery(), manager.image()
    job = manager.post("jobs/", {"kind": "enroll", "gallery": gallery, "images": [image]}).json()["id"]
    deliver()
    said = [Webhook(webhook["secret"]).verify(got.body, got.headers) for got in receiver.got]
    assert {one["type"] for one in said} == {"job.queued", "case_record.opened"}
    assert job in [one["data"]["id"] for one in said]


def test_its_secret_is_shown_once(manager, receiver):
    webhook = made(manager, receiver, description="Case system")
    assert webhook["secret"].startswith("whsec_")
    shown = manager.get(f"webhooks/{webhook['id']}/").json()
    assert shown == {name: value for name, value in webhook.items() if name != "secret"}
    assert "secret" not in manager.get("webhooks/").json()["items"][0]


def test_a_repeated_call_makes_one_webhook_and_does_not_show_the_secret_again(manager, receiver):
    body, name = {"url": receiver.url}, {"Idempotency-Key": "one webhook"}
    first, second = (manager.post("webhooks/", body, **name) for _ in range(2))
    assert first.json()["id"] == second.json()["id"]
    assert first.json()["secret"] not in second.content.decode()
    assert len(manager.get("webhooks/").json()["items"]) == 1


def logged(program, endpoint, moments):
    """Deliveries put in line in this order, of events of these moments; their ids."""
    with tenant_scope(program.side.organization):
        rows = [
            Delivery(
                id=uuid7(),
                organization=program.side.organization,
                endpoint=endpoint,
                event_id=uuid7(),
                type="job.queued",
                occurred_at=moment,
                data={},
                status=DeliveryStatus.FAILED,
                queued_at=timezone.now(),
                next_try_at=timezone.now(),
            )
            for moment in moments
        ]
        return [row.public_id for row in Delivery.objects.bulk_create(rows)]


def test_the_log_is_in_the_order_of_the_events_page_by_page(manager, receiver):
    made_webhook = made(manager, receiver)["id"]
    with tenant_scope(manager.side.organization):
        endpoint = Endpoint.objects.with_public_id(made_webhook)
    now = timezone.now()
    ids = logged(manager, endpoint, [now - timedelta(seconds=age) for age in (3, 1, 2, 2, 2, 4)])
    pages = [all_pages(manager, f"webhooks/{made_webhook}/deliveries/", limit) for limit in (1, 2, 200)]
    assert [pages[0][0], *pages[0][-2:]] == [ids[1], ids[0], ids[5]]
    assert pages == [pages[0]] * 3
    assert sorted(pages[0]) == sorted(ids)


def test_a_key_without_the_scope_by_name_reaches_no_webhook(alice, world, receiver):
    problem(alice.post("webhooks/", {"url": receiver.url}), 403, "scope")
    problem(alice.get("webhooks/"), 403, "scope")


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({}, "validation", "url"),
        ({"url": "https://10.0.0.1/"}, "target_forbidden", "url"),
        ({"url": "https://[64:ff9b::7f00:1]/"}, "target_forbidden", "url"),
        ({"url": "https://user:word@hooks.example.org/"}, "target", "url"),
        ({"url": "javascript:alert(1)"}, "target", "url"),
        ({"url": "https://no-such-host.invalid/"}, "target_unresolved", "url"),
        ({"url": "https://8.8.8.8/", "types": ["job.invented"]}, "validation", "types"),
        ({"url": "https://8.8.8.8/", "event": "all"}, "validation", "event"),
    ],
)
def test_a_wrong_value_is_named(manager, body, code, field):
    answer = manager.post("webhooks/", body)
    assert answer.status_code == 422, answer.content
    said = answer.json()
    assert said["code"] == code
    assert field in answer.content.decode()


def test_a_webhook_is_changed_and_switched_off_and_on(manager, receiver):
    webhook = made(manager, receiver)["id"]
    changed = manager.call("PATCH", f"webhooks/{webhook}/", {"types": list(CHOOSABLE[:2]), "enabled": False})
    assert changed.json()["types"] == list(CHOOSABLE[:2])
    assert (changed.json()["enabled"], changed.json()["disabled_reason"]) == (False, "by_hand")
    problem(manager.post(f"webhooks/{webhook}/test/"), 409, "webhook_disabled")
    assert manager.call("PATCH", f"webhooks/{webhook}/", {"enabled": True}).json()["enabled"] is True


def test_a_test_shows_in_the_log_with_what_came_of_it(manager, receiver):
    webhook = made(manager, receiver)
    receiver.statuses = [503]
    sent = manager.post(f"webhooks/{webhook['id']}/test/")
    assert (sent.status_code, sent.json()["status"], sent.json()["type"]) == (202, "waiting", "webhook.test")
    lanes.run()
    [logged] = manager.get(f"webhooks/{webhook['id']}/deliveries/?status=waiting").json()["items"]
    assert (logged["attempts"], logged["reason"], logged["answer_status"]) == (1, "status", 503)
    assert logged["next_try_at"] > logged["tried_at"]
    assert logged["webhook_id"] == receiver.got[0].headers["webhook-id"]
    assert manager.get(f"webhooks/{webhook['id']}/deliveries/?status=failed").json()["items"] == []
    problem(manager.get(f"webhooks/{webhook['id']}/deliveries/?status=lost"), 422, "bad_status")


def test_a_delivery_and_all_that_failed_are_replayed(manager, receiver):
    webhook = made(manager, receiver)["id"]
    sent = manager.post(f"webhooks/{webhook}/test/").json()["id"]
    lanes.run()
    again = manager.post(f"webhooks/{webhook}/deliveries/{sent}/replay/")
    assert (again.status_code, again.json()["status"]) == (202, "waiting")
    lanes.run()
    since = (timezone.now() - timedelta(days=1)).isoformat()
    assert manager.post(f"webhooks/{webhook}/replay/", {"since": since}).json() == {"deliveries": 0}
    assert len(receiver.got) == 2


def test_a_secret_is_renewed_with_an_overlap(manager, receiver):
    webhook = made(manager, receiver)
    renewed = manager.post(f"webhooks/{webhook['id']}/secret/", {"overlap_hours": 1}).json()
    assert renewed["secret"] != webhook["secret"]
    manager.post(f"webhooks/{webhook['id']}/test/")
    lanes.run()
    for secret in (webhook["secret"], renewed["secret"]):
        assert Webhook(secret).verify(receiver.got[0].body, receiver.got[0].headers)
    problem(manager.post(f"webhooks/{webhook['id']}/secret/", {"overlap_hours": 1000}), 422, "validation")


def test_to_a_stranger_a_webhook_and_its_log_do_not_exist(world, manager, receiver):
    webhook = made(manager, receiver)["id"]
    sent = manager.post(f"webhooks/{webhook}/test/").json()["id"]
    scopes = [scope.value for scope in NAMED_KEY_PERMISSIONS]
    charlie = Program(world.charlie, world.charlie.new_key(scopes=scopes).bearer)
    never = public_id("whk", uuid7())
    for method, path in (
        ("GET", "webhooks/{}/"), ("DELETE", "webhooks/{}/"), ("GET", "webhooks/{}/deliveries/"),
        ("POST", "webhooks/{}/secret/"), ("POST", "webhooks/{}/test/"), ("POST", "webhooks/{}/replay/"),
        ("POST", f"webhooks/{{}}/deliveries/{sent}/replay/"),
    ):  # fmt: skip
        theirs, none = (charlie.call(method, path.format(one)) for one in (webhook, never))
        assert theirs.status_code == none.status_code == 404, path
        assert theirs.content == none.content
    assert charlie.get("webhooks/").json()["items"] == []


def test_a_web_process_sends_nothing_itself(manager, receiver):
    before = threading.active_count()
    webhook = made(manager, receiver)["id"]
    manager.post(f"webhooks/{webhook}/test/")
    assert receiver.got == []
    assert threading.active_count() == before
