"""Every committed event gets one place, once, without a gap, whatever order transactions commit in."""

import json
import threading
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import InternalError

from portal.audit import actions as audit
from portal.audit import checkpoints, leaves, log, merkle, sequencer
from portal.audit.models import Checkpoint, Event, Leaf, LogKey, Unplaced
from portal.tenancy.actor import Actor
from portal.tenancy.scope import officer_scope
from tests.support.threads import together

BY = Actor.system("tests")
AT = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def young_log(database):
    """A log with some events, in which nothing waits."""
    for number in range(3):
        happen(f"img_young_{number}")
    while sequencer.run():
        pass


def happen(target: str, **options):
    with transaction.atomic():
        return audit.record(verb="image.uploaded", actor=BY, target=target, **options)


def dying(act):
    """Do something in a transaction that does not come to its end."""
    with transaction.atomic():
        act()
        raise ZeroDivisionError


def placed() -> list:
    return list(Leaf.objects.order_by("index").values_list("index", "event_id"))


def test_every_event_gets_one_place_without_a_gap(young_log):
    made = [happen(f"img_{number}") for number in range(5)]
    sequencer.run()
    places = placed()
    assert [index for index, _ in places] == list(range(Event.objects.count()))
    assert [event for _, event in places][-5:] == [event.pk for event in made]
    assert not Unplaced.objects.exists()


def test_an_event_that_commits_late_gets_a_later_place(young_log):
    begun, go_on, late = threading.Event(), threading.Event(), []

    def slow():
        with transaction.atomic():
            late.append(audit.record(verb="image.uploaded", actor=BY, target="img_slow"))
            begun.set()
            go_on.wait(10)
        connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    begun.wait(10)
    quick = happen("img_quick")  # its id is newer, its transaction commits first
    assert sequencer.run() == 1  # and nothing waits for the other
    go_on.set()
    thread.join(10)
    assert sequencer.run() == 1
    assert [event for _, event in placed()][-2:] == [quick.pk, late[0].pk]


def test_an_event_that_is_rolled_back_gets_no_place(young_log):
    with pytest.raises(ZeroDivisionError):
        dying(lambda: audit.record(verb="image.uploaded", actor=BY, target="img_never"))
    assert sequencer.run() == 0


def test_events_of_the_office_get_places_too(young_log):
    with officer_scope():
        audit.record(verb="case.noted", actor=BY, target="cas_1")
    assert sequencer.run() == 1


def test_two_sequencers_at_once_place_each_event_once(young_log):
    before = log.size()
    with transaction.atomic():
        audit.record_many(verb="image.uploaded", actor=BY, about=[(f"img_{n}", {}) for n in range(60)])

    def work():
        placed = 0
        while Unplaced.objects.exists():  # where another is at work, nothing is placed and it is tried again
            placed += sequencer.place(5)
        return placed

    assert sum(together(work, work, work)) == 60
    assert [index for index, _ in placed()] == list(range(before + 60))


def test_a_sequencer_that_dies_leaves_nothing_half_done(young_log):
    before = log.size()
    happen("img_survivor")
    with pytest.raises(ZeroDivisionError):
        dying(lambda: sequencer.place(10))
    assert (log.size(), Unplaced.objects.count()) == (before, 1)
    assert sequencer.run() == 1
    assert merkle.root(before + 1, log.nodes) == bytes(Checkpoint.objects.get(size=before + 1).root)


def test_more_than_one_batch_is_placed_in_one_run(young_log, monkeypatch):
    monkeypatch.setattr(sequencer, "BATCH", 4)
    for number in range(10):
        happen(f"img_{number}")
    assert sequencer.run() == 10


def test_each_batch_is_signed(young_log):
    happen("img_signed")
    sequencer.run()
    last = Checkpoint.objects.order_by("-size").first()
    head = checkpoints.opened(last.note, [checkpoints.signer().key])
    assert (head.size, head.root) == (log.size(), merkle.root(log.size(), log.nodes))


def test_a_new_signing_key_is_kept_beside_the_old_one(young_log, settings):
    settings.LOG_SIGNING_KEY = "A" * 43 + "="
    happen("img_rotated")
    sequencer.run()
    *earlier, newest = LogKey.objects.order_by("first_size")
    assert (newest.first_size, newest.verifier_key) == (log.size(), str(checkpoints.signer().key))
    assert earlier


def test_a_leaf_opens_to_its_event_and_to_nothing_else(young_log):
    event = happen("img_opened", organization="01890000-0000-7000-8000-000000000001", size=5)
    sequencer.run()
    leaf = Leaf.objects.get(event_id=event.pk)
    said = json.loads(bytes(leaf.body))
    salt = bytes(leaf.salt)
    assert said["commitments"]["target"] == sha256(leaves.key_of("target", salt) + b"img_opened").hexdigest()
    assert bytes(leaf.body) == leaves.body(event, salt)
    assert bytes(leaf.body) != leaves.body(event, leaves.new_salt())


@pytest.mark.parametrize(
    "told", ["img_secret", "01890000-0000-7000-8000-000000000001", "system:tests", "4711"]
)
def test_a_leaf_does_not_tell_who_did_what_to_whom(told):
    event = Event(verb="image.uploaded", actor="system:tests", target="img_secret", payload={"size": 4711})
    event.organization, event.at = "01890000-0000-7000-8000-000000000001", AT
    body = leaves.body(event, leaves.new_salt()).decode()
    assert told not in body
    assert '"verb":"image.uploaded"' in body


def test_policy_versions_are_open():
    payload = {"pack": "countenance-default", "number": 3, "sha256": "ab", "epoch": 4}
    event = Event(verb="policy.published", actor="usr_1", target="pol_1", payload=payload, at=AT)
    assert json.loads(leaves.body(event, leaves.new_salt()))["open"] == payload


def test_what_an_organization_is_not_told_the_log_does_not_name():
    event = Event(verb="demand.recorded", actor="usr_1", target="dem_1", payload={"kind": "warrant"}, at=AT)
    body = leaves.body(event, leaves.new_salt()).decode()
    assert "demand" not in body
    assert "warrant" not in body
    assert "verb" in json.loads(body)["commitments"]


@pytest.mark.parametrize("model", [Leaf, Checkpoint, LogKey])
def test_the_log_is_only_inserted_into(young_log, model):
    with pytest.raises((InternalError, IntegrityError), match="never changed or deleted"):
        model.objects.all()._raw_delete("default")


@pytest.mark.parametrize("value", [2**60, float("inf"), "\ud800"])
def test_a_payload_without_canonical_form_is_not_recorded(database, value):
    with pytest.raises(RuntimeError, match="canonical"), transaction.atomic():
        audit.record(verb="image.uploaded", actor=BY, target="img_odd", size=value)
