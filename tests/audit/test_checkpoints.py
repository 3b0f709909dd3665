"""Signed notes, against those of Go's checksum database and of the C2SP specification."""

import base64

import pytest

from portal.audit import checkpoints
from portal.audit.checkpoints import KeyUnusable, NotSigned, Signer, VerifierKey
from portal.audit.merkle import EMPTY

# golang.org/x/mod/sumdb/note, note_test.go
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgK"
    "vqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
# c2sp.org/signed-note, the example
C2SP_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
C2SP_NOTE = (
    "This is an example message.\n"
    "\n"
    "\u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsY"
    "jOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
OURS = Signer("log.example.org/transparency", bytes(32))


@pytest.mark.parametrize(("key", "note"), [(GO_KEY, GO_NOTE), (C2SP_KEY, C2SP_NOTE)])
def test_notes_of_others_are_found_signed(key, note):
    assert checkpoints.signed_text(note, [VerifierKey.parse(key)]) == note.partition("\n\n")[0] + "\n"


@pytest.mark.parametrize("key", [GO_KEY, C2SP_KEY])
def test_keys_of_others_are_written_as_they_were_read(key):
    assert str(VerifierKey.parse(key)) == key


def test_the_same_seed_has_the_same_key_as_in_go():
    assert str(Signer("PeterNeumann", GO_SEED).key) == GO_KEY


def test_a_checkpoint_says_origin_size_and_root():
    head = checkpoints.opened(OURS.note(0, EMPTY), [OURS.key])
    assert str(head) == f"log.example.org/transparency\n0\n{base64.b64encode(EMPTY).decode()}\n"


@pytest.mark.parametrize(
    "changed",
    [
        lambda note: note.replace("\n7\n", "\n8\n"),
        lambda note: note.replace("log.", "other."),
        lambda note: note.replace("\u2014 ", "- "),
        lambda note: note.replace("\n\n", "\n"),
        lambda note: note[:-8],
        lambda note: "",
    ],
)
def test_a_changed_note_is_signed_by_nobody(changed):
    with pytest.raises(NotSigned):
        checkpoints.opened(changed(OURS.note(7, EMPTY)), [OURS.key])


def test_a_note_of_another_key_of_the_same_name_is_not_trusted():
    other = Signer(OURS.key.name, b"1" * 32)
    with pytest.raises(NotSigned):
        checkpoints.opened(other.note(7, EMPTY), [OURS.key])


def test_a_signed_note_that_is_no_checkpoint_is_none():
    with pytest.raises(NotSigned, match="no checkpoint"):
        checkpoints.opened(GO_NOTE, [VerifierKey.parse(GO_KEY)])


@pytest.mark.parametrize("line", ["", "name", GO_KEY[:-1], GO_KEY.replace("c74f", "c74e"), "a+b+c"])
def test_a_line_that_is_no_key_is_none(line):
    with pytest.raises(ValueError):  # noqa: PT011 - whatever is wrong with it
        VerifierKey.parse(line)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LOG_SIGNING_KEY", "short"),
        ("LOG_SIGNING_KEY", "é"),
        ("LOG_ORIGIN", "a b"),
        ("LOG_ORIGIN", "a+b"),
    ],
)
def test_a_key_or_name_that_cannot_sign_says_so(settings, name, value):
    setattr(settings, name, value)
    with pytest.raises(KeyUnusable, match=name):
        checkpoints.signer()
