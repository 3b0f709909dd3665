"""The one-file verifier: its arithmetic against the references, and all that it must not let pass."""

import base64
import json
import secrets

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from portal.audit import merkle, verifier
from portal.audit.checkpoints import Signer
from tests.audit.test_checkpoints import C2SP_KEY, GO_KEY
from tests.audit.test_merkle import CONSISTENCIES, INCLUSIONS, LEAVES, ROOTS, Tree

SIGNER = Signer("log.example.org/transparency", bytes(range(32)))
KEY = str(SIGNER.key)
# RFC 8032, section 7.1: public key, message, signature
ED25519 = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
            "d25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
            "387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
            "4a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
]


@pytest.mark.parametrize(("key", "message", "signature"), ED25519)
def test_signatures_of_the_standard_are_right(key, message, signature):
    public, said, signed = (bytes.fromhex(text) for text in (key, message, signature))
    assert verifier.is_signed(public, said, signed)
    assert not verifier.is_signed(public, said + b"x", signed)


@given(st.binary(max_size=100), st.integers(0, 511), st.binary(min_size=32, max_size=32))
def test_a_signature_of_another_library_is_right_and_one_bit_off_is_wrong(message, bit, seed):
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public, signed = private.public_key().public_bytes_raw(), private.sign(message)
    off = bytearray(signed)
    off[bit // 8] ^= 1 << bit % 8
    assert verifier.is_signed(public, message, signed)
    assert not verifier.is_signed(public, message, bytes(off))


def test_a_signature_is_not_taken_in_its_second_form():
    """RFC 8032, 8.4: S + L would pass a check that does not look at the size of S."""
    private = Ed25519PrivateKey.from_private_bytes(bytes(32))
    signed = private.sign(b"m")
    larger = int.from_bytes(signed[32:], "little") + verifier.ORDER
    again = signed[:32] + larger.to_bytes(32, "little")
    assert not verifier.is_signed(private.public_key().public_bytes_raw(), b"m", again)


@pytest.mark.parametrize(("place", "size"), INCLUSIONS)
def test_published_inclusion_proofs_lead_to_the_root(place, size):
    proof = [bytes.fromhex(step) for step in INCLUSIONS[place, size]]
    assert verifier.included(verifier.leaf_hash(LEAVES[place]), place, size, proof) == ROOTS[size - 1]


@pytest.mark.parametrize(("first", "second"), CONSISTENCIES)
def test_published_consistency_proofs_lead_to_both_roots(first, second):
    proof = [bytes.fromhex(step) for step in CONSISTENCIES[first, second]]
    old, new = ROOTS[first - 1], ROOTS[second - 1]
    assert verifier.grown(first, second, proof, old) == (old, new)


@given(st.lists(st.binary(max_size=3), min_size=1, max_size=40, unique=True), st.data())
def test_it_agrees_with_the_portal_about_every_proof(entries, data):
    tree, size = Tree(entries), len(entries)
    place, first = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    inclusion = merkle.inclusion(place, size, tree.read)
    consistency = merkle.consistency(first, size, tree.read)
    old = Tree(entries[:first]).root
    assert verifier.included(merkle.leaf_hash(entries[place]), place, size, inclusion) == tree.root
    assert verifier.grown(first, size, consistency, old) == (old, tree.root)


@pytest.mark.parametrize("length", [0, 1, 2, 4, 5])
def test_a_proof_of_another_length_leads_nowhere(length):
    steps = [ROOTS[0]] * length
    with pytest.raises(verifier.Wrong):
        verifier.included(ROOTS[0], 5, 8, steps)
    with pytest.raises(verifier.Wrong):
        verifier.grown(6, 8, steps, ROOTS[5])


@pytest.mark.parametrize("key", [KEY, GO_KEY, C2SP_KEY])
def test_keys_of_signed_notes_are_read(key):
    [(name, number)] = verifier.keys_of(key)
    assert key.startswith(f"{name}+{number.hex()}+")


@pytest.fixture
def saved(tmp_path):
    """A log of twelve entries in a folder."""
    return write(tmp_path, [f'{{"n":{n}}}'.encode() for n in range(12)])


def write(folder, entries, signer=SIGNER, size=None, root=None):
    tree = Tree(entries)
    lines = [
        json.dumps({"index": n, "leaf": base64.b64encode(one).decode()}) for n, one in enumerate(entries)
    ]
    (folder / "entries.jsonl").write_text("".join(f"{line}\n" for line in lines))
    (folder / "checkpoint").write_text(signer.note(size or len(entries), root or tree.root))
    (folder / "key").write_text(f"{signer.key}\n")
    return folder


def check(folder, *more):
    return verifier.main(["check", str(folder), "--key", KEY, *map(str, more)])


def test_a_log_as_it_was_signed_is_verified(saved, capsys):
    assert check(saved) == 0
    assert "has 12 entries" in capsys.readouterr().out


def change_entry(folder):
    text = (folder / "entries.jsonl").read_text()
    line = text.splitlines()[4]
    leaf = base64.b64encode(b'{"n":99}').decode()
    (folder / "entries.jsonl").write_text(text.replace(line, json.dumps({"index": 4, "leaf": leaf})))


def swap_entries(folder):
    lines = (folder / "entries.jsonl").read_text().splitlines()
    lines[3], lines[4] = lines[4], lines[3]
    (folder / "entries.jsonl").write_text("\n".join(lines))


def remove_entry(folder):
    lines = (folder / "entries.jsonl").read_text().splitlines()
    (folder / "entries.jsonl").write_text("\n".join(lines[:-1]))


def change_checkpoint(folder):
    note = (folder / "checkpoint").read_text()
    (folder / "checkpoint").write_text(note.replace("\n12\n", "\n11\n"))


def sign_with_another_key(folder):
    write(folder, [b"{}"], signer=Signer(SIGNER.key.name, secrets.token_bytes(32)))


def sign_another_root(folder):
    write(folder, [b"{}", b"[]"], root=merkle.EMPTY)


def damage(folder):
    (folder / "entries.jsonl").write_text("not JSON")


@pytest.mark.parametrize(
    ("tamper", "found"),
    [
        (change_entry, "not those that the checkpoint signs"),
        (swap_entries, "stands where entry 3 should"),
        (remove_entry, "counts 12 entries, and there are 11"),
        (change_checkpoint, "signed by no key that is trusted"),
        (sign_with_another_key, "signed by no key that is trusted"),
        (sign_another_root, "not those that the checkpoint signs"),
        (damage, "could not be read"),
    ],
)
def test_what_was_tampered_with_is_not_verified(saved, capsys, tamper, found):
    tamper(saved)
    assert check(saved) == 1
    assert found in capsys.readouterr().out


def test_an_earlier_checkpoint_finds_a_log_that_was_rewritten(saved, tmp_path, capsys):
    old = tmp_path / "old"
    old.write_text(SIGNER.note(2, Tree([b"another", b"past"]).root))
    assert check(saved, "--since", old) == 1
    assert "The first 2 entries are not those" in capsys.readouterr().out


def test_an_earlier_checkpoint_finds_a_log_that_was_cut(saved, tmp_path, capsys):
    old = tmp_path / "old"
    old.write_text(SIGNER.note(13, merkle.EMPTY))
    assert check(saved, "--since", old) == 1
    assert "The log has shrunk" in capsys.readouterr().out


def test_a_copy_that_it_saves_is_verified_again(saved, tmp_path):
    assert check(saved, "--save", tmp_path / "copy") == check(tmp_path / "copy") == 0


def test_without_a_trusted_key_it_says_what_that_means(saved, capsys):
    assert verifier.main(["check", str(saved)]) == 0
    assert "The key came with the log" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["follow", "x"], ["event", "x"], ["admire", "x"], []])
def test_a_wrong_call_is_told_so(arguments):
    with pytest.raises(SystemExit, match="2"):
        verifier.main(arguments)
