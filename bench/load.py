"""Loads of any size: photos with distinct bytes, made with a seed from those of `lfw_dev`, else plain."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator

from PIL import Image

from portal.env import ROOT

PEOPLE = ROOT.parent / "shared" / "data" / "lfw_dev"
_SEED = 20260301
_ORIGINALS = 400  # decoded once, drawn from again and again


def photos(number: int, mark: bytes = b"") -> Iterator[tuple[str, bytes]]:
    """Yield (name, bytes) of photos that all differ: another crop, turn and quality each time.

    Args:
        number: How many.
        mark: Bytes that stand in the comment of each.
    """
    chance = random.Random(f"{_SEED} {mark!r}")
    originals = _originals(min(number, _ORIGINALS))
    for position in range(number):
        picture = _varied(chance.choice(originals), chance)
        file = io.BytesIO()
        comment = b"%d %s" % (position, mark)
        picture.save(file, "JPEG", quality=chance.randint(80, 95), comment=comment)
        yield f"{position:05}.jpg", file.getvalue()


def _originals(number: int) -> list[Image.Image]:
    files = sorted(PEOPLE.rglob("*.jpg"))
    if not files:  # a face is not needed to see whether work is lost
        return [Image.new("RGB", (250, 250), (200, 30, 30))]
    chance = random.Random(_SEED)
    return [Image.open(file).convert("RGB") for file in chance.sample(files, min(number, len(files)))]


def _varied(picture: Image.Image, chance: random.Random) -> Image.Image:
    left, top = chance.randint(0, 6), chance.randint(0, 6)
    return picture.rotate(chance.uniform(-4, 4)).crop((left, top, left + 244, top + 244))
