"""From the trail to the queues: what is told, to whom, once."""

import threading
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now

from portal.audit import actions as audit
from portal.audit import sequencer
from portal.audit.verbs import VERBS
from portal.env import ROOT
from portal.tenancy.scope import tenant_scope
from portal.webhooks import actions, following, kinds
from portal.webhooks.kinds import CHOOSABLE, KINDS
from portal.webhooks.models import LATE, Follower, Straggler
from tests.support.database import as_superuser
from tests.webhooks.conftest import BY, catch_up, happen, hook


def told(hook) -> list[str]:
    return [delivery.type for delivery in hook.deliveries()]


def test_every_type_stands_for_events_that_there_are():
    for name, kind in KINDS.items():
        for verb, wanted in kind.verbs.items():
            assert verb in VERBS, name
            assert VERBS[verb].payload.issuperset(wanted), f"{name}: {verb} has no {wanted}"
        assert any(VERBS[verb].payload.issuperset(set(kind.tells)) for verb in kind.verbs) or all(
            any(key in VERBS[verb].payload for verb in kind.verbs) for key in kind.tells
        ), name


def test_the_page_for_receivers_names_every_type_and_what_it_tells():
    page = (ROOT / "docs" / "webhooks.md").read_text()
    for name, kind in KINDS.items():
        keys = ", ".join(f"`{key}`" for key in kind.tells)
        assert f"| `{name}` | {kind.sentence} | {keys} |" in page


def test_no_type_tells_what_would_name_anybody():
    """What may go along, by name: ids, codes, counts and moments. Add to it only what names nobody."""
    harmless = {
        "ruling", "reason", "done", "failed", "exports", "kind", "due_at", "outcome", "old", "new",
        "moratorium_status", "purpose", "rule", "end_user", "expires_at",
    }  # fmt: skip
    assert {key for kind in KINDS.values() for key in kind.tells} <= harmless


def test_an_event_is_put_in_the_queue_of_every_endpoint_that_wants_it(world, receiver, alices):
    fond_of_cases = hook(world.alice.organization, receiver.url, types=["case.opened"])
    happen(world.alice.organization, "job.held", "job_7", reason="policy", ruling="rul_1")
    happen(world.alice.organization, "gallery.deleted", "gal_7", faces=1, subjects=1)
    following.follow()
    delivery = alices.delivery()
    assert (delivery.type, delivery.data["id"], delivery.data["reason"]) == ("job.held", "job_7", "policy")
    assert told(fond_of_cases) == []


def test_what_happens_to_others_is_told_to_them_alone(world, receiver, alices):
    bobs = hook(world.bob.organization, receiver.url)
    happen(world.bob.organization)
    happen(world.charlie.organization)
    following.follow()
    assert (told(alices), told(bobs)) == ([], ["job.queued"])


def test_what_happens_to_the_platform_is_told_to_everybody(world, receiver, alices):
    bobs = hook(world.bob.organization, receiver.url)
    with tenant_scope(world.alice.organization):
        audit.record(verb="policy.published", actor=BY, target="pol_1", pack="p", number=3)
    sequencer.run()
    following.follow()
    assert (told(alices), told(bobs)) == (["policy.changed"], ["policy.changed"])
    assert set(alices.delivery().data) == {"id", "event"}


@pytest.mark.parametrize("verb", ["case.opened", "demand.told", "measure.taken"])
def test_an_event_of_the_office_alone_is_told_to_nobody(world, alices, verb):
    with tenant_scope(world.alice.organization):
        audit.record(verb=verb, actor=BY, target="cas_1", organization=None, kind="incident")
    sequencer.run()
    following.follow()
    assert told(alices) == []


def test_an_event_read_twice_is_put_in_the_queue_once(world, alices):
    happen(world.alice.organization)
    before = Follower.objects.get().next_index
    following.follow()
    Follower.objects.update(next_index=before)  # as if the worker had died before it noted how far it came
    following.follow()
    assert told(alices) == ["job.queued"]


def test_readers_at_once_put_each_event_in_the_queue_once(world, alices):
    for number in range(20):
        happen(world.alice.organization, target=f"job_{number}")

    def read():
        following.follow()
        connection.close()

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    ids = [delivery.data["id"] for delivery in alices.deliveries()]
    assert sorted(ids) == sorted(f"job_{number}" for number in range(20))


def test_an_event_that_commits_late_is_not_missed(world, alices):
    """Its id and moment are older than those of what was read before it."""
    late = threading.Event()
    written = threading.Event()

    def slow():
        with tenant_scope(world.alice.organization):
            audit.record(
                verb="job.queued", actor=BY, target="job_late", organization=world.alice.organization.pk
            )
            written.set()
            assert late.wait(20)
        connection.close()

    writer = threading.Thread(target=slow)
    writer.start()
    assert written.wait(20)
    happen(world.alice.organization, target="job_quick")
    following.follow()
    late.set()
    writer.join()
    catch_up()
    assert {delivery.data["id"] for delivery in alices.deliveries()} == {"job_quick", "job_late"}


def test_what_happened_before_an_endpoint_was_there_is_not_told(world, receiver, database):
    catch_up()
    happen(world.alice.organization)
    made = hook(world.alice.organization, receiver.url)
    following.follow()
    assert told(made) == []


def test_what_happens_while_an_endpoint_is_off_has_failed_and_can_be_replayed(world, alices):
    actions.change(endpoint=alices.endpoint, enabled=False, by=BY)
    happen(world.alice.organization)
    following.follow()
    delivery = alices.delivery()
    assert (delivery.status, delivery.reason) == ("failed", "disabled")


# An organization whose rows cannot be written


@pytest.fixture
def barred(world):
    """Let the database refuse every delivery of Bob's; lifted by calling it."""
    name = f"barred_{world.bob.organization.pk.hex}"
    as_superuser(f"""
        CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'refused'; END $$;
        CREATE TRIGGER {name} BEFORE INSERT ON webhooks_delivery FOR EACH ROW
        WHEN (NEW.organization_id = '{world.bob.organization.pk}') EXECUTE FUNCTION {name}()""")
    lift = partial(as_superuser, f"DROP FUNCTION IF EXISTS {name}() CASCADE")
    yield lift
    lift()
    Straggler.objects.all().delete()


def jobs(hook) -> list[str]:
    """The jobs that are told of, in the order of their sending."""
    return [one.data["id"] for one in sorted(hook.deliveries(), key=lambda one: one.next_try_at)]


def wait_is_over() -> None:
    Straggler.objects.update(retry_at=Now())


def test_who_cannot_be_written_to_keeps_nobody_waiting(world, receiver, alices, barred):
    hook(world.bob.organization, receiver.url)
    for number in range(3):
        happen(world.bob.organization, target=f"job_b{number}")
        happen(world.alice.organization, target=f"job_a{number}")
        following.follow()
    assert jobs(alices) == ["job_a0", "job_a1", "job_a2"]


def test_who_could_not_be_written_to_is_told_all_in_order_and_once(world, receiver, alices, barred):
    bobs = hook(world.bob.organization, receiver.url)
    for number in range(3):
        happen(world.bob.organization, target=f"job_b{number}")
        following.follow()
    barred()
    wait_is_over()
    happen(world.bob.organization, target="job_b3")
    catch_up()
    wait_is_over()
    catch_up()
    assert jobs(bobs) == ["job_b0", "job_b1", "job_b2", "job_b3"]
    assert not Straggler.objects.exists()


def test_it_is_tried_again_after_a_while_and_doctor_tells(world, receiver, barred):
    hook(world.bob.organization, receiver.url)
    happen(world.bob.organization)
    following.follow()
    Straggler.objects.update(retry_at=Now() + LATE)
    following.follow()
    assert (Straggler.objects.get().failures, following.is_behind()) == (1, False)
    wait_is_over()
    following.follow()
    Straggler.objects.update(since=Now() - LATE - timedelta(seconds=1))
    assert (Straggler.objects.get().failures, following.is_behind()) == (2, True)


@pytest.mark.parametrize(
    ("verb", "payload", "kind"),
    [
        ("job.submitted", {"outcome": "cleared"}, ""),
        ("job.submitted", {"outcome": "referred"}, "job.awaiting_approval"),
        ("job.submitted", {"outcome": "refused"}, "job.refused"),
        ("job.finished", {"status": "released"}, "job.released"),
        ("job.finished", {"status": "awaiting_review"}, "job.awaiting_review"),
        ("job.finished", {"status": "partial"}, "job.partial"),
        ("job.finished", {"status": "failed"}, "job.failed"),
        ("results.released", {}, "job.released"),
        ("record.found", {}, "case_record.found"),
        ("exemption.ended", {"reason": "expired"}, "exemption.ended"),
        ("member.added", {}, ""),
        ("webhook.tested", {}, ""),
    ],
)
def test_an_event_has_one_type_or_none(database, verb, payload, kind):
    with transaction.atomic():
        event = audit.event(verb=verb, actor=BY, target="x", **payload)
    assert kinds.kind_of(event) == kind
    assert kind == "" or kind in CHOOSABLE
