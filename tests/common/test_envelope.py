import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.common import envelope
from portal.common.envelope import SEGMENT, DataKey, EnvelopeError

KEY = DataKey(os.urandom(32))
SIZES = [0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 2 * SEGMENT, 2 * SEGMENT + 7]


@pytest.mark.parametrize("size", SIZES)
def test_what_is_sealed_opens_again(size):
    data = os.urandom(size)
    assert envelope.open_sealed(KEY, envelope.seal(KEY, data, b"a"), b"a") == data


@pytest.mark.parametrize("size", SIZES)
def test_any_cut_is_noticed(size):
    sealed = envelope.seal(KEY, os.urandom(size), b"a")
    for end in {0, 5, 11, len(sealed) - 1, min(len(sealed) - 1, 11 + SEGMENT + 16)}:
        with pytest.raises(EnvelopeError):
            envelope.open_sealed(KEY, sealed[:end], b"a")


def test_segments_cannot_be_swapped():
    sealed = envelope.seal(KEY, os.urandom(3 * SEGMENT), b"a")
    head, piece = sealed[:11], SEGMENT + 16
    first, second, rest = (
        sealed[11 : 11 + piece],
        sealed[11 + piece : 11 + 2 * piece],
        sealed[11 + 2 * piece :],
    )
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


def test_a_wrapped_data_key_opens_under_its_key_encryption_key_only():
    outer = os.urandom(32)
    wrapped = envelope.new_data_key(outer)
    assert len(envelope.unwrap(outer, wrapped).secret) == 32
    with pytest.raises(EnvelopeError):
        envelope.unwrap(os.urandom(32), wrapped)


def test_a_data_key_never_prints_itself():
    assert "secret" not in repr(DataKey(b"x" * 32))


@pytest.mark.parametrize("text", ["", "abc", "A" * 44, "é"])
def test_a_bad_key_encryption_key_is_named(text):
    with pytest.raises(EnvelopeError, match="bad_key"):
        envelope.key_from_text(text)
