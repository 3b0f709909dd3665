"""`trail/`: one's own events, which a program verifies with the one-file verifier and nothing of ours."""

import json
import subprocess
import sys

import pytest
from django.db import transaction

from portal.api import trail_examples
from portal.audit import actions as audit
from portal.audit import checkpoints, log, sequencer, verifier
from portal.audit.checkpoints import Signer
from portal.audit.models import Event
from tests.api.conftest import Program, problem
from tests.compliance.conftest import new_officer


@pytest.fixture
def auditor(world):
    """A program of Alice's that may read the whole trail."""
    return Program(world.alice, world.alice.new_key(scopes=["view_trail"]).bearer)


def place_all():
    while sequencer.run():
        pass


def keys():
    return verifier.keys_of("\n".join(log.verifier_keys()))


def test_a_key_reads_what_it_caused_and_no_more(alice):
    gallery = alice.gallery()
    told = alice.get("trail/").json()["items"]
    assert told[0]["target"] == gallery
    assert {event["actor"] for event in told} == {alice.side.key.key.public_id}


def test_with_the_scope_a_key_reads_all_of_its_organization_and_of_no_other(alice, auditor, charlie):
    own, foreign = alice.gallery(), charlie.gallery()
    targets = [event["target"] for event in auditor.get("trail/").json()["items"]]
    assert own in targets
    assert foreign not in targets


def test_an_event_is_verified_with_its_proof_and_opening(alice, tmp_path):
    gallery = alice.gallery()
    place_all()
    [event] = alice.get(f"trail/?target={gallery}").json()["items"]
    index, head, closed = verifier.check_event(event, keys())
    assert (event["verb"], closed) == ("gallery.created", [])
    assert index < head.size == log.size()


def test_an_event_is_verified_offline_by_the_file_from_the_portal(alice, client, tmp_path):
    gallery = alice.gallery()
    place_all()
    event = alice.get(f"trail/?target={gallery}").json()["items"][0]["id"]
    (tmp_path / "event.json").write_bytes(alice.get(f"trail/{event}/").content)
    for name in ("verifier.py", "key"):
        (tmp_path / name).write_bytes(client.get(f"/transparency/{name}").content)
    command = [sys.executable, "-I", "-S", "verifier.py", "event", "event.json", "--key", "key"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Verified: the event is entry ")


def another(event):
    """The checkpoint of the event, as if it counted one entry more."""
    size = event["log"]["size"]
    return event["log"]["checkpoint"].replace(f"\n{size}\n", f"\n{size + 1}\n")


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda event: event["payload"].update(retention_days=1), "payload"),
        (lambda event: event.update(actor="usr_other"), "actor"),
        (lambda event: event.update(target="gal_other"), "target"),
        (lambda event: event.update(verb="gallery.deleted"), "verb"),
        (lambda event: event.update(at="2020-01-01T00:00:00.000000Z"), "at"),
        (lambda event: event["log"]["opening"]["target"].update(value="gal_other"), "target"),
        (lambda event: event["log"].update(index=0), "is not in the log|proof"),
        (lambda event: event["log"]["hashes"].append("00" * 32), "is not in the log|too long"),
        (lambda event: event["log"].update(checkpoint=another(event)), "signed by no key"),
    ],
)
def test_a_changed_event_is_not_verified(alice, change, found):
    gallery = alice.gallery()
    place_all()
    [event] = alice.get(f"trail/?target={gallery}").json()["items"]
    change(event)
    with pytest.raises((verifier.Wrong, ValueError), match=found):
        verifier.check_event(event, keys())


def test_an_event_without_a_place_says_so(alice):
    place_all()
    gallery = alice.gallery()
    [event] = alice.get(f"trail/?target={gallery}").json()["items"]
    assert event["log"] is None
    with pytest.raises(verifier.Wrong, match="Ask again"):
        verifier.check_event(event, keys())


def test_an_officer_is_the_office_and_is_not_opened(auditor, world):
    officer, organization = new_officer("Ada"), world.alice.organization
    with transaction.atomic():
        audit.record(verb="case.asked", actor=officer, target="cas_trail", organization=organization.pk)
    place_all()
    answer = auditor.get("trail/?target=cas_trail")
    [event] = answer.json()["items"]
    assert event["actor"] == "office"
    assert officer.id not in answer.content.decode()
    assert verifier.check_event(event, keys())[2] == ["actor"]


def test_a_verb_that_the_log_withholds_is_opened_to_its_owner(auditor, world):
    with transaction.atomic():
        audit.record(
            verb="demand.told", actor=world.alice.actor, target="dem_trail",
            organization=world.alice.organization.pk,
        )  # fmt: skip
    place_all()
    [event] = auditor.get("trail/?target=dem_trail").json()["items"]
    assert verifier.check_event(event, keys())[2] == []
    assert event["log"]["opening"]["verb"]["value"] == "demand.told"


def test_the_trail_is_filtered_and_comes_in_pages(alice):
    made = [alice.gallery() for _ in range(3)]
    first = alice.get("trail/?verb=gallery.created&limit=2").json()
    second = alice.get(f"trail/?verb=gallery.created&limit=2&cursor={first['next']}").json()
    assert [event["target"] for event in first["items"] + second["items"]][:3] == made[::-1]
    middle = Event.objects.get(target=made[1]).at.isoformat().replace("+00:00", "Z")
    assert len(alice.get(f"trail/?verb=gallery.created&since={middle}").json()["items"]) == 2
    assert made[2] not in alice.get(f"trail/?until={middle}").content.decode()


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ("verb=job.admired", "verb_unknown"),
        ("since=yesterday", "bad_moment"),
        ("until=2026-13-01", "bad_moment"),
        ("limit=0", "bad_limit"),
        ("cursor=x", "bad_cursor"),
    ],
)
def test_what_cannot_be_asked_is_told_so(alice, asked, code):
    problem(alice.get(f"trail/?{asked}"), 422, code)


@pytest.mark.parametrize("event", ["x", "019ac0de-0000-7000-8000-000000000000"])
def test_an_event_that_never_was_is_not_found(alice, event):
    problem(alice.get(f"trail/{event}/"), 404, "not_found")


def test_a_page_of_events_takes_a_few_queries(alice, django_assert_max_num_queries):
    for _ in range(5):
        alice.gallery()
    place_all()
    alice.get("trail/")
    with django_assert_max_num_queries(14):
        answer = alice.get("trail/?limit=200")
    assert len(answer.json()["items"]) >= 5


def test_the_example_of_the_description_can_be_verified():
    key = str(Signer("portal.example.org/transparency", bytes(32)).key)
    index, head, closed = verifier.check_event(
        json.loads(json.dumps(trail_examples.EVENT)), verifier.keys_of(key)
    )
    assert (index, head.size, closed) == (1, 2, [])


def test_the_checkpoint_it_names_is_the_published_one(alice, client):
    gallery = alice.gallery()
    place_all()
    [event] = alice.get(f"trail/?target={gallery}").json()["items"]
    assert event["log"]["checkpoint"] == client.get("/transparency/checkpoint").content.decode()
    assert (
        checkpoints.opened(event["log"]["checkpoint"], [checkpoints.signer().key]).size
        == event["log"]["size"]
    )
