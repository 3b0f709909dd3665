"""Templates turned by a secret rotation per gallery.

Distances stay as they were, so search works on turned templates; without the seed they do not compare with
any other gallery's. This is renewal and a second wall behind encryption, not encryption: whoever knows as
many faces of a gallery as a template has dimensions can work the rotation out.
"""

import hashlib

import numpy as np
from numpy.typing import NDArray

from recognition.engine.types import Float32

LEAST_SEED_BYTES = 16


def rotation(seed: bytes, dimensions: int) -> Float32:
    """Return the orthogonal matrix that belongs to a seed.

    Random normal numbers from the seed, orthogonalized with the signs fixed, give every rotation the same
    chance (Mezzadri 2007). The numbers come from SHAKE-256, so no library update can change them.

    Args:
        seed: Secret, 16 bytes or more.
        dimensions: Of the templates, D.

    Returns:
        Shape (D, D), float32.

    Raises:
        ValueError: The seed is shorter than 16 bytes.
    """
    if len(seed) < LEAST_SEED_BYTES:
        raise ValueError(f"A rotation needs a seed of {LEAST_SEED_BYTES} bytes or more.")
    basis, triangle = np.linalg.qr(_normal(seed, dimensions))
    return (basis * np.sign(np.diag(triangle))).astype(np.float32)


def rotate(templates: Float32, matrix: Float32) -> Float32:
    """Turn templates (N, D), or one (D,), with a matrix from `rotation`.

    Added up in double precision and template by template: what one becomes depends on no other.
    """
    turned: NDArray[np.float64] = np.einsum(
        "...d,de->...e", templates.astype(np.float64), matrix.astype(np.float64)
    )
    return turned.astype(np.float32)


def renew(templates: Float32, old: Float32, new: Float32) -> Float32:
    """Turn stored templates (N, D) out of one rotation and into another, without a rounding between.

    Brought to unit length again, so that renewing many times adds up to nothing.

    Args:
        templates: As `rotate` returned them under `old`.
        old: Matrix they are stored under.
        new: Matrix to store them under.
    """
    step = old.astype(np.float64).T @ new.astype(np.float64)
    turned: NDArray[np.float64] = np.einsum("nd,de->ne", templates.astype(np.float64), step)
    lengths = np.linalg.norm(turned, axis=1, keepdims=True)
    turned /= np.where(lengths > 0, lengths, 1.0)
    return turned.astype(np.float32)


def to_text(template: Float32) -> str:
    """Write a template as the database reads it; the digits of a double give each float back exactly."""
    return f"[{','.join(map(repr, template.tolist()))}]"


def from_text(text: str) -> Float32:
    """Read a template as the database writes it: as many digits as give each float back exactly."""
    return np.array(text[1:-1].split(","), dtype=np.float32)


def _normal(seed: bytes, dimensions: int) -> NDArray[np.float64]:
    """Return (D, D) independent standard normal numbers (Box and Muller) drawn from the seed."""
    count = dimensions * dimensions
    stream = hashlib.shake_256(b"countenance rotation 1" + seed).digest(16 * count)
    words = np.frombuffer(stream, "<u8").astype(np.float64)
    uniform = (words + 0.5) / 2.0**64
    radius, turn = np.sqrt(-2 * np.log(uniform[:count])), 2 * np.pi * uniform[count:]
    normal: NDArray[np.float64] = radius * np.cos(turn)
    return normal.reshape(dimensions, dimensions)
