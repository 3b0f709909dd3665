"""Photos to measure with: press photos of 250 pixels where there are any, else variants of one portrait.

Load sets of any size are re-encodes with bytes of their own, drawn with a fixed seed: every run and every
machine gets the same photos.
"""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from random import Random

from PIL import Image
from skimage import data

PRESS_PHOTOS = Path(__file__).parents[2] / "shared" / "data" / "lfw_dev"


def photos(count: int) -> list[bytes]:
    """Return photos as they lie on disk, spread over the set."""
    table = PRESS_PHOTOS.with_suffix(".csv")
    if not table.is_file():
        return [_jpeg(_turned(number), 92, number) for number in range(count)]
    with table.open() as file:
        names = [row["path"] for row in csv.DictReader(file)]
    return [(PRESS_PHOTOS / name).read_bytes() for name in names[:: max(1, len(names) // count)][:count]]


def written(count: int, folder: Path) -> list[Path]:
    """Write photos into a folder and return their paths."""
    paths = [folder / f"{number:06}.jpg" for number in range(count)]
    for path, photo in zip(paths, photos(count), strict=True):
        path.write_bytes(photo)
    return paths


def load_set(count: int, seed: int = 1) -> Iterator[bytes]:
    """Return so many photos, no two with the same bytes, one after the other."""
    originals, chance = photos(2000), Random(seed)
    for number in range(count):
        with Image.open(io.BytesIO(chance.choice(originals))) as image:
            yield _jpeg(image.convert("RGB"), chance.randrange(85, 96), number)


def enlarged(photo: bytes, size: tuple[int, int]) -> bytes:
    """Return a photo at another size, as a camera would have taken it."""
    with Image.open(io.BytesIO(photo)) as image:
        return _jpeg(image.convert("RGB").resize(size, Image.Resampling.BICUBIC), 90, 0)


def _turned(number: int) -> Image.Image:
    portrait = Image.fromarray(data.astronaut()).crop((80, 0, 380, 300))
    return portrait.rotate(number % 21 - 10).resize((250, 250))


def _jpeg(image: Image.Image, quality: int, number: int) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality, comment=str(number))
    return file.getvalue()
