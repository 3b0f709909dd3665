"""`trail verify` finds what a superuser changed behind the triggers, and names it."""

import io
import json
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from portal.audit import actions as audit
from portal.audit import checkpoints, log, merkle, sequencer
from portal.audit.checkpoints import Signer
from portal.audit.models import Checkpoint, Event, Leaf
from portal.common.ids import uuid7
from portal.tenancy.actor import Actor
from tests.support.database import as_superuser

BY = Actor.system("tests")
TABLES = ("audit_event", "audit_leaf", "audit_checkpoint", "audit_logkey")


def happen(name, **payload):
    with transaction.atomic():
        audit.record(verb="image.uploaded", actor=BY, target=name, **payload)
    sequencer.run()


@pytest.fixture
def unguarded(fresh_database):
    """A log of seven entries, each signed, whose triggers a superuser has switched off."""
    for number in range(7):
        happen(f"img_{number}", size=number)
    for table in TABLES:
        as_superuser(f"ALTER TABLE {table} DISABLE TRIGGER {table}_insert_only")


def faults(**options):
    out = io.StringIO()
    try:
        call_command("trail", "verify", json=True, stdout=out, **options)
    except CommandError:
        return [(fault["code"], fault["sentence"]) for fault in json.loads(out.getvalue())["faults"]]
    assert json.loads(out.getvalue())["faults"] == []
    return []


def codes(**options):
    return {code for code, _ in faults(**options)}


def event_at(index):
    return Leaf.objects.get(index=index).event_id


def test_a_log_as_it_was_published_is_verified(unguarded):
    out = io.StringIO()
    call_command("trail", "verify", stdout=out)
    assert out.getvalue().strip() == "7 entries and 7 checkpoints are as they were published."


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ("payload = '{\"size\": 99}'", "payload"),
        ("payload = '{}'", "payload"),
        ("actor = 'usr_other'", "actor"),
        ("target = 'img_other'", "target"),
        ("organization = 'other'", "organization"),
        ("verb = 'image.deleted'", "verb"),
        ("at = at - interval '1 second'", "at"),
    ],
)
def test_a_changed_event_is_found_and_named(unguarded, change, field):
    event = event_at(3)
    as_superuser(f"UPDATE audit_event SET {change} WHERE id = %s", event)  # noqa: S608 - from the table above
    assert faults() == [("event_changed", f"Entry 3, event {event}: {field} differ from what was published.")]


def test_a_removed_event_is_found_and_named(unguarded):
    event = event_at(2)
    as_superuser("DELETE FROM audit_event WHERE id = %s", event)
    assert faults() == [("event_missing", f"The event {event} of entry 2 is gone.")]


def test_events_that_changed_places_are_found(unguarded):
    """Swapping which event a place belongs to, with everything published left as it was."""
    first, second = event_at(1), event_at(2)
    for index, event in ((1, uuid7()), (2, first), (1, second)):
        as_superuser("UPDATE audit_leaf SET event_id = %s WHERE index = %s", event, index)
    assert faults() == [
        ("event_changed", f"Entry 1, event {second}: this place was given to the event {first}."),
        ("event_changed", f"Entry 2, event {first}: this place was given to the event {second}."),
    ]


def test_entries_that_changed_places_are_found(unguarded):
    """Swapping whole entries, each with its own event."""
    for old, new in ((4, -1), (5, 4), (-1, 5)):
        as_superuser("UPDATE audit_leaf SET index = %s WHERE index = %s", new, old)
    assert "tree_changed" in codes()


def test_a_removed_entry_is_found_with_its_event(unguarded):
    event = event_at(3)
    as_superuser("DELETE FROM audit_leaf WHERE index = 3")
    assert faults() == [
        ("entries_missing", "Entries 3 to 3 are not there."),
        ("event_unplaced", f"The event {event} has no place in the log and waits for none."),
    ]


def test_a_cut_log_is_found(unguarded):
    as_superuser("DELETE FROM audit_event WHERE id IN (SELECT event_id FROM audit_leaf WHERE index >= 5)")
    as_superuser("DELETE FROM audit_leaf WHERE index >= 5")
    assert ("entries_missing", "A checkpoint counts 7 entries, and there are 5.") in faults()


def rewritten(key):
    """Change an event and everything that follows from it, with a signature of this key."""
    as_superuser("UPDATE audit_event SET payload = '{}' WHERE target = 'img_3'")
    tree, signer = merkle.Growth(0, []), Signer(checkpoints.signer().key.name, key)
    for leaf in Leaf.objects.order_by("index"):
        body = bytes(leaf.body) + b" "
        hashes = b"".join(tree.append(merkle.leaf_hash(body)))
        as_superuser(
            "UPDATE audit_leaf SET hashes = %s, body = %s WHERE index = %s", hashes, body, leaf.index
        )
        replace_checkpoint(tree.size, tree.root, signer)


def replace_checkpoint(size, root, signer):
    note = signer.note(size, root)
    as_superuser("UPDATE audit_checkpoint SET root = %s, note = %s WHERE size = %s", root, note, size)


def test_a_log_that_was_rewritten_without_the_key_is_found(unguarded):
    rewritten(bytes(32))
    assert {"checkpoint_unsigned", "event_changed"} == codes()


def test_a_log_that_was_rewritten_with_the_key_is_found_by_a_checkpoint_kept_elsewhere(
    unguarded, tmp_path, settings
):
    settings.LOG_SIGNING_KEY = "A" * 43 + "="
    happen("img_7")
    kept = tmp_path / "checkpoint"
    kept.write_text(Checkpoint.objects.get(size=8).note)
    rewritten(bytes(32))
    assert "history_changed" in codes(checkpoint=[kept])


def test_a_wrong_checkpoint_is_found(unguarded):
    note = checkpoints.signer().note(4, merkle.EMPTY)
    as_superuser("UPDATE audit_checkpoint SET note = %s WHERE size = 4", note)
    assert faults() == [("checkpoint_changed", "The checkpoint of 4 entries says otherwise.")]


def test_a_wrong_checkpoint_with_its_root_is_found(unguarded):
    replace_checkpoint(4, merkle.EMPTY, checkpoints.signer())
    assert faults() == [("root_differs", "The first 4 entries are not those that their checkpoint signed.")]


def test_removed_checkpoints_are_found(unguarded):
    as_superuser("DELETE FROM audit_checkpoint WHERE size > 4")
    assert faults() == [("entries_unsigned", "No checkpoint counts the entries from 4 on.")]


def test_an_event_taken_out_of_the_queue_is_found(unguarded):
    with transaction.atomic():
        event = audit.record(verb="image.uploaded", actor=BY, target="img_hidden")
    as_superuser("DELETE FROM audit_unplaced")
    assert sequencer.run() == 0
    assert faults() == [
        ("event_unplaced", f"The event {event.pk} has no place in the log and waits for none.")
    ]


def test_what_waits_in_vain_is_found_and_stops_nobody(unguarded):
    gone, twice = "01890000-0000-7000-8000-000000000001", event_at(0)
    as_superuser("INSERT INTO audit_unplaced (event_id) VALUES (%s), (%s)", gone, twice)
    happen("img_next")
    assert faults() == [
        ("waits_in_vain", f"The event {gone} waits for a place, and is gone."),
        ("waits_in_vain", f"The event {twice} waits for a place, and has a place already."),
    ]
    assert log.size() == 8


def test_checkpoints_of_an_earlier_key_take_that_key(unguarded, settings):
    before = str(checkpoints.signer().key)
    settings.LOG_SIGNING_KEY = "A" * 43 + "="
    happen("img_rotated")
    assert codes() == {"checkpoint_unsigned"}
    assert faults(key=[before]) == []


def test_the_newest_checkpoint_is_printed_after_what_waits_was_placed(unguarded):
    with transaction.atomic():
        audit.record(verb="image.uploaded", actor=BY, target="img_last")
    out = io.StringIO()
    call_command("trail", "checkpoint", stdout=out)
    assert checkpoints.opened(out.getvalue(), [checkpoints.signer().key]).size == Event.objects.count() == 8


def test_an_export_is_verified_without_anything_of_ours(unguarded, tmp_path):
    call_command("trail", "export", to=tmp_path / "log", stdout=io.StringIO())
    command = [sys.executable, "-I", "-S", "log/verifier.py", "check", "log"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert "has 7 entries" in done.stdout


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["export"], "--to FOLDER"),
        (["verify", "--key", "no key"], "no verifier's key"),
        (["verify", "--checkpoint", "/nowhere"], "--checkpoint /nowhere"),
    ],
)
def test_a_wrong_call_is_told_so(database, options, said):
    with pytest.raises(CommandError, match=said):
        call_command("trail", *options)


def test_an_empty_log_has_no_checkpoint(fresh_database):
    with pytest.raises(CommandError, match="Nothing is published yet"):
        call_command("trail", "checkpoint")
