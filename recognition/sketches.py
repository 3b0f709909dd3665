"""Whether two photos are one and the same: sketches of templates that tell this and, beyond a test, nothing.

A tester could hand in one pair many times, each time saved anew, and read from an error rate what one pair
scores. The bytes of such copies differ, their templates hardly do. A sketch is the side, of each of 1,024
hyperplanes drawn from a secret of the test, on which a template lies (Charikar, "Similarity estimation
techniques from rounding algorithms", 2002): of two templates at an angle of a degrees, 1,024 a / 180 bits
differ. Sketches of two tests, with hyperplanes of their own, cannot be compared. It is made of a face all the
same, so it is sealed and goes with the score. Needs numpy only.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recognition.engine.types import Float32

BYTES = 128
MOST_BITS_APART = 34  # of 1,024: docs/decisions/0158 has what copies and other photos of a person come to
_WORD = np.dtype("<u8")
_BLOCK = 512


def sketch(template: Float32, secret: bytes) -> bytes:
    """Return the sketch of a template, 128 bytes.

    Args:
        template: Unit length.
        secret: Of the test; sketches of different secrets have nothing in common.
    """
    seed = np.frombuffer(secret.ljust(-(-len(secret) // 4) * 4, b"\0"), dtype="<u4")
    planes = np.random.default_rng(seed).standard_normal((8 * BYTES, len(template)))
    return np.packbits(planes @ template > 0).tobytes()


def first_alike(sketches: Sequence[bytes]) -> list[int]:
    """Return for each sketch the place of the first that is of the same photo; its own where it is new."""
    if not sketches:
        return []
    words = np.frombuffer(b"".join(sketches), dtype=_WORD).reshape(len(sketches), -1)
    found: list[int] = []
    for start in range(0, len(words), _BLOCK):
        found += _close(words[start : start + _BLOCK], words).argmax(axis=1).tolist()
    return found


def _close(some: NDArray[np.uint64], words: NDArray[np.uint64]) -> NDArray[np.bool_]:
    apart = np.zeros((len(some), len(words)), dtype=np.uint16)
    for column in range(words.shape[1]):
        apart += np.bitwise_count(some[:, None, column] ^ words[None, :, column])
    return apart <= MOST_BITS_APART
