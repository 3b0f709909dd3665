"""What outsiders read of the log, and what the one-file verifier makes of it."""

import base64
import json
import subprocess
import sys

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client

from portal.audit import actions as audit
from portal.audit import checkpoints, log, merkle, sequencer
from portal.audit.checkpoints import VerifierKey
from portal.tenancy.actor import Actor
from portal.web.public import evidence, limits

BY = Actor.system("tests")


def happen(count=1):
    with transaction.atomic():
        audit.record_many(verb="image.uploaded", actor=BY, about=[(f"img_{n}", {}) for n in range(count)])
    while sequencer.run():
        pass


@pytest.fixture
def size(database):
    """The size of a log of at least a dozen entries."""
    cache.clear()
    happen(12)
    return log.size()


def get(path, **asked):
    return Client().get(f"/transparency/{path}", asked)


def head():
    keys = [VerifierKey.parse(line) for line in get("key").content.decode().splitlines()]
    return checkpoints.opened(get("checkpoint").content.decode(), keys)


def lines(**asked):
    return [json.loads(line) for line in get("entries", **asked).content.decode().splitlines()]


def bodies(**asked):
    return [base64.b64decode(line["leaf"]) for line in lines(**asked)]


def test_the_checkpoint_is_signed_by_the_published_key(size):
    assert head().size == size
    assert head().origin == "127.0.0.1/transparency"


def test_the_entries_hash_to_the_signed_root(size):
    tree, start = merkle.Growth(0, []), 0
    while start < size:
        page = bodies(start=start, end=size - 1)
        for body in page:
            tree.append(merkle.leaf_hash(body))
        start += len(page)
    assert tree.root == head().root


def test_entries_are_given_from_start_to_end_both_included(size):
    assert [line["index"] for line in lines(start=3, end=5)] == [3, 4, 5]


def test_a_page_of_entries_has_an_end(size, monkeypatch):
    monkeypatch.setattr(evidence, "MOST_ENTRIES", 4)
    assert len(lines(start=0, end=size)) == len(lines(start=0)) == 4


def test_past_the_end_there_is_nothing_yet(size):
    answer = get("entries", start=size, end=size + 5)
    assert (answer.status_code, answer.content, answer["Cache-Control"]) == (200, b"", "public, max-age=3")


def test_an_entry_is_proven_to_be_in_the_signed_log(size):
    proof = get("proof/inclusion", index=size - 2, size=size)
    [body] = bodies(start=size - 2, end=size - 2)
    hashes = [bytes.fromhex(one) for one in proof.json()["hashes"]]
    assert merkle.includes(merkle.leaf_hash(body), size - 2, size, hashes, head().root)


def test_an_earlier_log_is_proven_to_be_the_beginning_of_the_later(size):
    before = head()
    happen(3)
    proof = get("proof/consistency", **{"from": before.size, "to": before.size + 3}).json()["hashes"]
    hashes = [bytes.fromhex(one) for one in proof]
    assert merkle.extends(before.size, before.size + 3, hashes, before.root, head().root)


@pytest.mark.parametrize(
    ("path", "asked", "code", "field"),
    [
        ("entries", {}, "bad_number", "start"),
        ("entries", {"start": "-1", "end": "3"}, "bad_number", "start"),
        ("entries", {"start": "0", "end": "x"}, "bad_number", "end"),
        ("entries", {"start": "\u0663"}, "bad_number", "start"),
        ("entries", {"start": "9" * 30}, "bad_number", "start"),
        ("entries", {"start": "5", "end": "4"}, "out_of_range", "end"),
        ("entries", {"start": "99999999", "end": "99999999"}, "out_of_range", "start"),
        ("proof/inclusion", {"index": "0"}, "bad_number", "size"),
        ("proof/inclusion", {"index": "4", "size": "4"}, "out_of_range", "index"),
        ("proof/inclusion", {"index": "0", "size": "0"}, "out_of_range", "index"),
        ("proof/inclusion", {"index": "0", "size": "99999999"}, "out_of_range", "size"),
        ("proof/consistency", {"from": "3", "to": "2"}, "out_of_range", "from"),
        ("proof/consistency", {"from": "3", "to": "99999999"}, "out_of_range", "to"),
        ("proof/consistency", {"to": "2"}, "bad_number", "from"),
    ],
)
def test_what_cannot_be_answered_says_which_value_is_wrong(size, path, asked, code, field):
    answer = get(path, **asked)
    told = answer.json()
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert (told["code"], told["field"]) == (code, field)


def test_what_never_changes_may_be_kept_for_ever(size):
    for answer in (get("entries", start=0, end=5), get("proof/inclusion", index=0, size=5)):
        assert "immutable" in answer["Cache-Control"]
        assert not answer.cookies
    assert get("checkpoint")["Cache-Control"] == "public, max-age=3"


@pytest.mark.parametrize("path", ["checkpoint", "key", "entries", "proof/inclusion", "proof/consistency"])
def test_the_log_takes_no_form(size, path):
    assert Client().post(f"/transparency/{path}").status_code == 405


def test_readers_take_turns(size, monkeypatch):
    monkeypatch.setattr(limits, "READS_PER_MINUTE", 2)
    answers = [get("checkpoint") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 1 <= int(answers[-1]["Retry-After"]) <= 60


def test_a_log_in_which_nothing_is_says_so(fresh_database):
    answer = get("checkpoint")
    assert (answer.status_code, answer.json()["code"]) == (404, "log_empty")
    assert get("entries", start=0, end=10).content == b""


def test_the_verifier_runs_alone_on_a_saved_copy(size, tmp_path):
    """As an auditor would: the file from the portal, the log in a folder, Python and nothing else."""
    (tmp_path / "verifier.py").write_bytes(get("verifier.py").content)
    (tmp_path / "checkpoint").write_bytes(get("checkpoint").content)
    (tmp_path / "key").write_bytes(get("key").content)
    (tmp_path / "entries.jsonl").write_text("\n".join(map(json.dumps, all_lines(size))))
    command = [sys.executable, "-I", "-S", "verifier.py", "check", ".", "--key", "key"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=100)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"has {size} entries" in done.stdout


def all_lines(size):
    found = []
    while len(found) < size:
        found += lines(start=len(found), end=size - 1)
    return found


def test_the_public_page_shows_the_checkpoint_and_how_to_verify_it(size):
    page = Client().get("/transparency/")
    assert page.context["log"]["note"] == get("checkpoint").content.decode()
    text = page.content.decode()
    assert "python verifier.py check http://testserver/transparency --key KEY" in text
    assert all(key in text for key in get("key").content.decode().split())


def test_the_public_page_says_where_no_entry_is(fresh_database):
    assert "No entry yet" in Client().get("/transparency/").content.decode()
