"""Trees and proofs, against the published vectors of Certificate Transparency and against the definition.

The eight leaves, the roots and the proofs are those of the reference tests of RFC 6962 (`merkle_tree_test.cc`
of certificate-transparency; the same in transparency-dev/merkle, `testonly/constants.go`).
"""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.audit import merkle
from portal.audit.merkle import Node

LEAVES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657",
                 "606162636465666768696a6b6c6d6e6f")
]  # fmt: skip
ROOTS = [
    bytes.fromhex(text)
    for text in (
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    )
]
A96 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
F08 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
B47 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
A85 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
A06 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
EBC = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
INCLUSIONS = {  # (index from 0, size): proof
    (0, 1): [],
    (0, 8): [A96, F08, B47],
    (5, 8): [A06, A85, ROOTS[3].hex()],
    (2, 3): [ROOTS[1].hex()],
    (1, 5): [ROOTS[0].hex(), F08, A06],
}
CONSISTENCIES = {  # (old size, new size): proof
    (1, 1): [],
    (1, 8): [A96, F08, B47],
    (6, 8): [EBC, A85, ROOTS[3].hex()],
    (2, 5): [F08, A06],
}


class Tree:
    """A tree in memory, kept as the database keeps it: with each leaf, the hashes that it completes."""

    def __init__(self, entries):
        self.rows, growth = [], merkle.Growth(0, [])
        for entry in entries:
            self.rows.append(growth.append(merkle.leaf_hash(entry)))
        self.root = growth.root

    def read(self, wanted):
        return {node: self.rows[node.last_leaf][node.level] for node in wanted}


def defined(entries):
    """The hash of a tree, word for word as RFC 6962, section 2.1, defines it."""
    if not entries:
        return sha256(b"").digest()
    if len(entries) == 1:
        return sha256(b"\x00" + entries[0]).digest()
    split = 1
    while split * 2 < len(entries):
        split *= 2
    return sha256(b"\x01" + defined(entries[:split]) + defined(entries[split:])).digest()


PUBLISHED = Tree(LEAVES)
entries = st.lists(st.binary(max_size=4), min_size=1, max_size=70, unique=True)


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_the_published_ones(size):
    assert merkle.root(size, PUBLISHED.read) == Tree(LEAVES[:size]).root == ROOTS[size - 1]


def test_the_empty_tree_has_the_hash_of_nothing():
    assert merkle.root(0, PUBLISHED.read) == merkle.EMPTY == sha256().digest()


@pytest.mark.parametrize(("place", "size"), INCLUSIONS)
def test_inclusion_proofs_are_the_published_ones(place, size):
    proof = merkle.inclusion(place, size, PUBLISHED.read)
    assert [step.hex() for step in proof] == INCLUSIONS[place, size]
    assert merkle.includes(merkle.leaf_hash(LEAVES[place]), place, size, proof, ROOTS[size - 1])


@pytest.mark.parametrize(("first", "second"), CONSISTENCIES)
def test_consistency_proofs_are_the_published_ones(first, second):
    proof = merkle.consistency(first, second, PUBLISHED.read)
    assert [step.hex() for step in proof] == CONSISTENCIES[first, second]
    assert merkle.extends(first, second, proof, ROOTS[first - 1], ROOTS[second - 1])


@given(entries)
def test_a_grown_tree_has_the_hash_of_the_definition(entries):
    assert Tree(entries).root == defined(entries)


@given(entries, st.data())
def test_every_leaf_is_proven_and_none_elsewhere(entries, data):
    tree, size = Tree(entries), len(entries)
    place = data.draw(st.integers(0, size - 1))
    elsewhere = data.draw(st.integers(-1, size).filter(lambda other: other != place))
    proof, hashed = merkle.inclusion(place, size, tree.read), merkle.leaf_hash(entries[place])
    assert merkle.includes(hashed, place, size, proof, tree.root)
    assert not merkle.includes(hashed, elsewhere, size, proof, tree.root)


@given(entries, st.data())
def test_every_beginning_is_proven_and_no_other_tree(entries, data):
    tree, size = Tree(entries), len(entries)
    first = data.draw(st.integers(0, size))
    proof, old = merkle.consistency(first, size, tree.read), defined(entries[:first])
    assert merkle.extends(first, size, proof, old, tree.root)
    assert not merkle.extends(first, size, proof, sha256(b"other").digest(), tree.root)


@given(entries, st.data())
def test_a_changed_proof_proves_nothing(entries, data):
    tree, size = Tree(entries), len(entries)
    place, first = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    inclusion = damaged(merkle.inclusion(place, size, tree.read), data)
    consistency = damaged(merkle.consistency(first, size, tree.read), data)
    assert not merkle.includes(merkle.leaf_hash(entries[place]), place, size, inclusion, tree.root)
    assert not merkle.extends(first, size, consistency, defined(entries[:first]), tree.root)


def damaged(proof, data):
    """A proof with a step more, a step less, or another step."""
    other = sha256(b"damage").digest()
    place = data.draw(st.integers(0, len(proof)))
    how = data.draw(st.sampled_from(["more", "less", "other"] if proof else ["more"]))
    if how == "more":
        return [*proof[:place], other, *proof[place:]]
    place = min(place, len(proof) - 1)
    return [*proof[:place], *([other] if how == "other" else []), *proof[place + 1 :]]


@given(st.integers(1, 10**9), st.data())
def test_a_proof_reads_a_handful_of_rows_whatever_the_size(size, data):
    asked = []

    def read(wanted):
        asked.append(wanted)
        return dict.fromkeys(wanted, merkle.EMPTY)

    place = data.draw(st.integers(0, size - 1))
    merkle.inclusion(place, size, read)
    merkle.consistency(place, size, read)
    assert len(asked) == 2  # one query each
    assert max(map(len, asked)) <= 2 * size.bit_length()
    assert all(node.last_leaf < size for wanted in asked for node in wanted)


@pytest.mark.parametrize(("place", "size"), [(-1, 8), (8, 8), (0, 0)])
def test_no_proof_is_given_for_a_leaf_that_is_not_there(place, size):
    with pytest.raises(merkle.OutOfRange):
        merkle.inclusion(place, size, PUBLISHED.read)


@pytest.mark.parametrize(("first", "second"), [(-1, 8), (9, 8)])
def test_no_proof_is_given_for_a_beginning_that_is_none(first, second):
    with pytest.raises(merkle.OutOfRange):
        merkle.consistency(first, second, PUBLISHED.read)


def test_a_node_knows_the_leaf_that_completes_it():
    assert [Node(0, 5).last_leaf, Node(2, 1).last_leaf, Node(3, 0).last_leaf] == [5, 7, 7]
