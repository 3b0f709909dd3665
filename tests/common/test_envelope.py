import io
import itertools
import os
import tracemalloc

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from portal.common import envelope
from portal.common.envelope import SEGMENT, DataKey, EnvelopeError

KEY = DataKey(os.urandom(32))
HEADER = 15  # format, version of the key, random bytes
SIZES = [0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 2 * SEGMENT, 2 * SEGMENT + 7]


def parts_of(sealed: bytes) -> tuple[bytes, list[bytes]]:
    """The head of something sealed, and its segments."""
    body, piece = sealed[HEADER:], SEGMENT + 16
    return sealed[:HEADER], [body[at : at + piece] for at in range(0, len(body), piece)]


@pytest.mark.parametrize("size", SIZES)
def test_what_is_sealed_opens_again(size):
    data = os.urandom(size)
    assert envelope.open_sealed(KEY, envelope.seal(KEY, data, b"a"), b"a") == data


@pytest.mark.parametrize("size", SIZES)
def test_any_cut_is_noticed(size):
    sealed = envelope.seal(KEY, os.urandom(size), b"a")
    for end in {0, 5, HEADER, len(sealed) - 1, min(len(sealed) - 1, HEADER + SEGMENT + 16)}:
        with pytest.raises(EnvelopeError):
            envelope.open_sealed(KEY, sealed[:end], b"a")


def test_segments_cannot_be_swapped():
    sealed = envelope.seal(KEY, os.urandom(3 * SEGMENT), b"a")
    head, (first, second, rest) = parts_of(sealed)
    with pytest.raises(EnvelopeError):
        envelope.open_sealed(KEY, head + second + first + rest, b"a")


def test_it_opens_for_no_other_context():
    with pytest.raises(EnvelopeError, match="sealed_damaged"):
        envelope.open_sealed(KEY, envelope.seal(KEY, b"face", b"image-1"), b"image-2")


def test_it_opens_with_no_other_key():
    with pytest.raises(EnvelopeError):
        envelope.open_sealed(DataKey(os.urandom(32)), envelope.seal(KEY, b"face", b"a"), b"a")


@given(st.binary(min_size=1, max_size=300), st.data())
def test_any_flipped_bit_is_noticed(plain, data):
    sealed = bytearray(envelope.seal(KEY, plain, b"a"))
    at = data.draw(st.integers(0, len(sealed) - 1))
    sealed[at] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(EnvelopeError):
        envelope.open_sealed(KEY, bytes(sealed), b"a")


@given(st.lists(st.binary(max_size=400), max_size=6))
def test_chunks_make_no_difference(chunks):
    sealed = b"".join(envelope.seal_stream(KEY, chunks, b"a"))
    assert envelope.open_sealed(KEY, sealed, b"a") == b"".join(chunks)


def test_a_data_key_never_prints_itself():
    assert "secret" not in repr(DataKey(b"x" * 32))


@pytest.mark.parametrize("text", ["", "abc", "A" * 44, "é"])
def test_a_bad_key_encryption_key_is_named(text):
    with pytest.raises(EnvelopeError, match="bad_key"):
        envelope.key_from_text(text)


@pytest.mark.parametrize("size", SIZES[3:])
def test_no_other_sequence_of_segments_opens(size):
    """Cut at a border, repeated, reordered, or mixed with another object under the same key and context."""
    plain = os.urandom(size)
    head, own = parts_of(envelope.seal(KEY, plain, b"a"))
    _, others = parts_of(envelope.seal(KEY, plain, b"a"))
    segments = own + others
    for count in range(1, len(own) + 1):
        for chosen in itertools.permutations(segments, count):
            if list(chosen) != own:
                with pytest.raises(EnvelopeError):
                    envelope.open_sealed(KEY, head + b"".join(chosen), b"a")
    for extra in segments:
        with pytest.raises(EnvelopeError):
            envelope.open_sealed(KEY, head + b"".join([*own, extra]), b"a")


def test_a_key_opens_what_its_older_versions_sealed_and_seals_under_the_newest():
    old = DataKey(os.urandom(32), 1)
    new = DataKey(os.urandom(32), 2, (old,))
    assert envelope.open_sealed(new, envelope.seal(old, b"face", b"a"), b"a") == b"face"
    sealed = envelope.seal(new, b"face", b"a")
    assert sealed.startswith(new.head)
    with pytest.raises(EnvelopeError):
        envelope.open_sealed(old, sealed, b"a")


def test_the_version_in_front_cannot_be_changed():
    old = DataKey(os.urandom(32), 1)
    new = DataKey(old.secret, 2, (old,))  # one secret: only the associated data tells them apart
    sealed = envelope.seal(new, b"face", b"a")
    with pytest.raises(EnvelopeError):
        envelope.open_sealed(new, old.head + sealed[len(old.head) :], b"a")


def test_what_was_sealed_before_keys_had_versions_opens():
    prefix, old = os.urandom(7), DataKey(os.urandom(32), 1)
    whole = AESGCM(old.secret).encrypt(prefix + bytes(4) + b"\1", b"face", b"a")
    key = DataKey(os.urandom(32), 2, (old,))
    assert envelope.open_sealed(key, b"CTE1" + prefix + whole, b"a") == b"face"
    with pytest.raises(EnvelopeError):
        envelope.open_sealed(key, b"CTE1" + prefix + whole, b"b")


def test_a_stream_that_comes_in_small_pieces_opens():
    data = os.urandom(SEGMENT + 5)
    file = io.BytesIO(envelope.seal(KEY, data, b"a"))
    pieces = envelope.open_stream(KEY, lambda size: file.read(min(size, 1000)), b"a")
    assert b"".join(pieces) == data


def test_a_long_stream_is_opened_and_sealed_in_the_memory_of_a_few_segments():
    sealed = io.BytesIO(envelope.seal(KEY, os.urandom(12 * SEGMENT), b"a"))
    tracemalloc.start()
    for piece in envelope.seal_stream(KEY, envelope.open_stream(KEY, sealed.read, b"a"), b"a"):
        del piece
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 9 * SEGMENT
