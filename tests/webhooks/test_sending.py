"""Attempts: what arrives, what counts, when it is tried again, and when it is given up."""

import json
import threading
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import connection
from django.db.models.functions import Now

from compliance.models import Letter
from portal.audit.models import Event
from portal.tenancy.models import Membership
from portal.tenancy.scope import tenant_scope
from portal.webhooks import actions, following, replays, retries, sending, turns
from portal.webhooks.models import Delivery, Turn
from tests.webhooks.conftest import BY, happen, hook
from tests.webhooks.receiver import receiving


def letters_about(hook) -> int:
    with tenant_scope(hook.organization_id):
        return Letter.objects.filter(about=hook.endpoint.public_id, kind="webhook_disabled").count()


def test_a_message_is_thin_signed_and_verified_by_the_reference_library(world, receiver, alices, work):
    event = happen(world.alice.organization, "job.finished", "job_9", status="released", done=3, failed=0)
    assert work() == 1
    [got] = receiver.got
    said = alices.verify(got)
    assert said["type"] == "job.released"
    assert said["data"] == {"id": "job_9", "event": str(event.pk), "done": 3, "failed": 0}
    assert got.headers["webhook-id"] == alices.delivery().message_id
    assert got.headers["content-type"] == "application/json"
    assert alices.delivery().status == "delivered"


def test_what_was_delivered_is_not_sent_again(world, receiver, alices, work):
    happen(world.alice.organization)
    work()
    assert work() == 0
    assert len(receiver.got) == 1


def test_every_endpoint_gets_an_event_under_the_same_id(world, receiver, alices, work):
    other = hook(world.alice.organization, receiver.url)
    happen(world.alice.organization)
    work()
    assert len({got.headers["webhook-id"] for got in receiver.got}) == 1
    assert (alices.delivery().status, other.delivery().status) == ("delivered", "delivered")


def test_a_failure_is_tried_again_by_the_schedule_under_the_same_id(world, receiver, alices, work):
    receiver.statuses = [500, 503, 200]
    happen(world.alice.organization)
    work()
    first = alices.delivery()
    assert (first.status, first.reason, first.answer_status, first.attempts) == ("waiting", "status", 500, 1)
    assert work() == 0  # not yet
    alices.pass_time(timedelta(seconds=6))
    work()
    assert work() == 0
    alices.pass_time(timedelta(minutes=6))
    work()
    assert (alices.delivery().status, alices.delivery().attempts) == ("delivered", 3)
    assert len({got.headers["webhook-id"] for got in receiver.got}) == 1


def test_ten_attempts_over_three_days_and_it_is_given_up(world, receiver, alices, work):
    receiver.statuses = [500] * 20
    happen(world.alice.organization)
    passed = timedelta()
    while (
        delivery := alices.delivery() if alices.deliveries() else None
    ) is None or delivery.status == "waiting":
        work()
        wait = retries.WAITS[min(len(receiver.got), len(retries.WAITS)) - 1] * (1 + retries.JITTER)
        alices.pass_time(wait)
        passed += wait
    assert (len(receiver.got), delivery.status, delivery.reason) == (10, "failed", "status")
    assert timedelta(days=3) < passed < timedelta(days=6)


def test_waits_grow_and_are_spread():
    waits = [[retries.wait_after(attempt) for _ in range(50)] for attempt in range(1, 10)]
    assert all(max(before) < min(after) for before, after in pairwise(waits[:3]))
    assert all(len(set(some)) > 40 for some in waits)
    assert retries.wait_after(10) is None
    assert timedelta(days=2.6) < sum((min(some) for some in waits), timedelta())
    assert sum((max(some) for some in waits), timedelta()) < retries.GIVEN_UP_AFTER


def test_a_receiver_that_asks_for_time_gets_it_up_to_a_day():
    assert retries.wait_after(1, asked_for=3600) == timedelta(hours=1)
    assert retries.wait_after(1, asked_for=10**6) == timedelta(days=1)
    assert retries.rest_after(1, asked_for=10**6) == timedelta(hours=1)
    assert retries.rest_after(1) < retries.rest_after(5) <= retries.LONGEST_REST == retries.rest_after(99)


def test_a_receiver_that_asks_for_time_is_left_alone_with_everything(world, receiver, alices, work):
    receiver.statuses, receiver.headers = [429], {"Retry-After": "600"}
    for number in range(3):
        happen(world.alice.organization, target=f"job_{number}")
    work()
    assert len(receiver.got) == 1
    alices.pass_time(timedelta(seconds=590))
    assert work() == 0
    alices.pass_time(timedelta(seconds=20))
    assert work() == 3


def test_a_delivery_that_never_got_its_turn_is_given_up_by_its_age(world, receiver, alices, work):
    receiver.statuses = [500]
    happen(world.alice.organization)
    following.follow()
    alices.pass_time(timedelta(days=4, hours=1))
    work()
    assert (alices.delivery().status, alices.delivery().attempts) == ("failed", 1)


def test_gone_switches_the_endpoint_off_and_administrators_get_a_letter(world, receiver, alices, work):
    receiver.statuses = [410]
    happen(world.alice.organization)
    work()
    happen(world.alice.organization)
    work()
    assert (alices.stored().status, alices.stored().disabled_reason) == ("disabled", "gone")
    assert [one.reason for one in alices.deliveries()] == ["gone", "disabled"]
    assert (len(receiver.got), letters_about(alices)) == (1, 1)
    assert Event.objects.filter(verb="webhook.disabled", target=alices.endpoint.public_id).count() == 1


def test_an_endpoint_that_nothing_reaches_for_days_is_switched_off(world, receiver, alices, work):
    receiver.statuses = [500] * 5
    happen(world.alice.organization, target="job_1")
    work()
    alices.pass_time(timedelta(days=3))
    happen(world.alice.organization, target="job_2")
    work()
    assert alices.stored().is_active
    alices.pass_time(timedelta(days=3))
    for _ in range(2):  # six days after its first failure the first delivery is given up by its age
        work()
        alices.pass_time(timedelta(minutes=2))
    assert (alices.stored().status, alices.stored().disabled_reason) == ("disabled", "failing")
    assert {one.status for one in alices.deliveries()} == {"failed"}
    assert letters_about(alices) == Membership.objects.filter(organization=alices.organization_id).count()


def test_one_event_that_a_receiver_cannot_take_does_not_switch_it_off(world, receiver, alices, work):
    receiver.statuses = [500]
    happen(world.alice.organization, target="job_bad")
    work()
    alices.pass_time(timedelta(days=3, hours=23))
    happen(world.alice.organization, target="job_good")
    receiver.statuses = [500, 200]
    work()
    alices.pass_time(timedelta(minutes=2))
    work()
    assert alices.stored().is_active
    assert alices.stored().failing_since is None


def test_after_an_outage_all_that_waits_is_sent_at_once(world, receiver, alices, work):
    for number in range(3):
        happen(world.alice.organization, target=f"job_{number}")
    following.follow()
    alices.update(failures=retries.AWAY_AFTER, failing_since=Now())
    with tenant_scope(alices.organization_id):
        later = Delivery.objects.filter(data__id__in=("job_1", "job_2"))
        later.update(next_try_at=Now() + timedelta(hours=20))
    work()
    assert {one.status for one in alices.deliveries()} == {"delivered"}


def test_a_failing_endpoint_is_left_alone_for_a_moment(world, receiver, alices, work):
    receiver.statuses = [500] * 30
    for number in range(30):
        happen(world.alice.organization, target=f"job_{number}")
    alices.update(failures=6, failing_since=Now())
    work()
    assert len(receiver.got) == 1
    assert work() == 0


def test_a_name_that_leads_inside_by_the_time_of_delivery_gets_nothing(
    world, receiver, alices, work, settings
):
    """DNS rebinding: public when it was given, loopback a moment later."""
    settings.WEBHOOKS_TO_LOOPBACK = False
    answers = iter([["93.184.216.34"], ["127.0.0.1"], ["93.184.216.34", "64:ff9b::7f00:1"]])
    asked = []

    def changing(host, port):
        asked.append((host, port))
        return next(answers)

    url = f"https://rebinding.example.org:{receiver.port}/hooks"
    made = hook(world.alice.organization, url, lookup=changing)
    happen(world.alice.organization)
    work(lookup=changing)
    assert (made.delivery().reason, made.delivery().answer_status) == ("target_forbidden", None)
    made.pass_time(timedelta(seconds=10))
    work(lookup=changing)
    assert (made.delivery().reason, made.delivery().attempts) == ("target_forbidden", 2)
    assert receiver.got == []
    assert set(asked) == {("rebinding.example.org", receiver.port)}


def test_an_address_given_while_it_was_allowed_is_judged_again(world, receiver, alices, work, settings):
    settings.WEBHOOKS_TO_LOOPBACK = False
    happen(world.alice.organization)
    work()
    assert alices.delivery().reason == "target"
    assert receiver.got == []


def test_a_slow_receiver_holds_up_nobody_else(world, receiver, alices, work):
    release = threading.Event()
    with receiving() as slow:
        slow.before = lambda handler: release.wait(20)
        slows = hook(world.bob.organization, slow.url)
        happen(world.bob.organization)
        happen(world.alice.organization)
        worker = threading.Thread(target=close_after, args=(lambda: work(lanes=2),))
        worker.start()
        for _ in range(3):
            happen(world.alice.organization)
        wait_until(lambda: len(receiver.got) == 4)
        assert slows.delivery().status == "waiting"
        release.set()
        worker.join(30)
    assert slows.delivery().status == "delivered"


def test_however_many_hang_one_that_answers_does_not_wait(world, receiver, alices, work):
    release = threading.Event()
    with receiving() as hanging:
        hanging.before = lambda handler: release.wait(20)
        for _ in range(4):
            hook(world.bob.organization, hanging.url)
        Turn.objects.filter(organization=world.bob.organization).update(failing=True)
        happen(world.bob.organization)
        happen(world.alice.organization)
        worker = threading.Thread(target=close_after, args=(lambda: work(lanes=4),))
        worker.start()
        wait_until(lambda: len(receiver.got) == 1 and len(hanging.got) == 2)
        happen(world.alice.organization)
        wait_until(lambda: len(receiver.got) == 2)
        assert len(hanging.got) == 2  # of four lanes two are left for those that answer
        release.set()
        worker.join(30)
    assert not Turn.objects.filter(organization=world.bob.organization, failing=True).exists()


def test_an_endpoint_with_a_long_queue_lets_others_through(world, receiver, alices):
    for _ in range(10):
        happen(world.alice.organization)
    bobs = hook(world.bob.organization, receiver.url)
    happen(world.bob.organization)
    following.follow()
    served = [serve_one() for _ in range(2)]
    assert bobs.endpoint.pk in served
    assert bobs.delivery().status == "delivered"


def test_no_two_workers_send_to_one_endpoint_at_once(world, alices):
    happen(world.alice.organization)
    following.follow()
    held = turns.take()
    assert held.endpoint_id == alices.endpoint.pk
    assert turns.take() is None
    Turn.objects.filter(pk=held.endpoint_id).update(lease_until=Now())  # its worker was killed
    assert turns.take().lease != held.lease


def test_workers_at_once_send_each_delivery_once(world, receiver, alices, work):
    for _ in range(12):
        happen(world.alice.organization)
    workers = [threading.Thread(target=close_after, args=(work,)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    ids = [got.headers["webhook-id"] for got in receiver.got]
    assert (len(ids), len(set(ids))) == (12, 12)


def test_a_killed_worker_loses_nothing_and_what_it_sent_comes_under_the_same_id(
    world, receiver, alices, work
):
    happen(world.alice.organization)
    following.follow()
    held = turns.take()
    message = sending._begin(held)
    sending._sent(message, None)  # it arrived, and the worker dies before it notes so
    assert work() == 0  # nobody takes over while the lease lasts
    Turn.objects.filter(pk=held.endpoint_id).update(lease_until=Now())
    work()
    assert len({got.headers["webhook-id"] for got in receiver.got}) == 1
    assert (len(receiver.got), alices.delivery().attempts, alices.delivery().status) == (2, 2, "delivered")


def test_a_worker_that_lost_its_lease_notes_nothing(world, receiver, alices, work):
    receiver.statuses = [500]
    happen(world.alice.organization)
    following.follow()
    held = turns.take()
    message = sending._begin(held)
    Turn.objects.filter(pk=held.endpoint_id).update(lease_until=Now())
    late = sending._sent(message, None)
    work()
    sending._note(held, message, late)
    assert (alices.delivery().status, alices.stored().failures) == ("delivered", 0)


def test_an_endpoint_deleted_in_the_middle_of_an_attempt_is_gone(world, receiver, alices):
    happen(world.alice.organization)
    following.follow()
    held = turns.take()
    message = sending._begin(held)
    actions.delete(endpoint=alices.endpoint, by=BY)
    sending._note(held, message, sending._sent(message, None))
    assert turns.take() is None
    assert alices.deliveries() == []


def test_while_a_secret_is_replaced_both_sign(world, receiver, alices, work):
    renewed = actions.renew_secret(endpoint=alices.endpoint, by=BY)
    happen(world.alice.organization)
    work()
    [got] = receiver.got
    assert alices.verify(got)["type"] == "job.queued"
    alices.secret = renewed.secret
    assert alices.verify(got)["type"] == "job.queued"
    assert len(got.headers["webhook-signature"].split()) == 2


def test_a_secret_in_other_hands_signs_nothing_any_more(world, receiver, alices, work):
    renewed = actions.renew_secret(endpoint=alices.endpoint, by=BY, overlap_hours=0)
    replays.test(endpoint=alices.endpoint, by=BY)
    work()
    [got] = receiver.got
    assert len(got.headers["webhook-signature"].split()) == 1
    alices.secret = renewed.secret
    assert alices.verify(got)["type"] == "webhook.test"


def test_the_body_is_what_is_signed_byte_for_byte(world, receiver, alices, work):
    happen(world.alice.organization)
    work()
    [got] = receiver.got
    assert got.body == sending.body_of(alices.delivery())
    assert len(got.body) < 20_000
    assert set(json.loads(got.body)) == {"type", "timestamp", "data"}


def serve_one():
    held = turns.take()
    sending.send(held)
    return held.endpoint_id


def close_after(work):
    try:
        work()
    finally:
        connection.close()


def wait_until(condition, seconds=20.0):
    waited = threading.Event()
    for _ in range(int(seconds / 0.05)):
        if condition():
            return
        waited.wait(0.05)
    pytest.fail("It did not come about in time.")
