"""Loads of any size: photos with distinct bytes, made with a seed from those of `lfw_dev`, else plain."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator

from django.db import connection
from PIL import Image as Pictures

from portal.env import ROOT
from portal.tenancy.scope import tenant_scope
from recognition.actions.images import Photo
from recognition.models import Image
from tests.support.jobs import Desk

PEOPLE = ROOT.parent / "shared" / "data" / "lfw_dev"
_SEED = 20260301
_ORIGINALS = 400  # decoded once, drawn from again and again


# Rows of photos that nobody uploaded, for what never reads one.
_UNREAD = """
INSERT INTO recognition_image
    (id, organization_id, name, taken, sha256, size, format, width, height, key_version, uploaded_by)
SELECT uuidv7(), %(organization)s, number || '.jpg', '', encode(sha256(number::text::bytea), 'hex'),
    20000, 'JPEG', 250, 250, 1, 'bench'
FROM generate_series(1, %(count)s) AS number
"""


def unread(desk: Desk, number: int) -> list[Photo]:
    """Return photos that have no bytes; an engine that reads them is told that they were erased."""
    organization = desk.tenant.organization
    with tenant_scope(organization), connection.cursor() as cursor:
        cursor.execute(_UNREAD, {"organization": organization.pk, "count": number})
        return [Photo(image) for image in Image.objects.order_by("pk")]


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


def _originals(number: int) -> list[Pictures.Image]:
    files = sorted(PEOPLE.rglob("*.jpg"))
    if not files:  # a face is not needed to see whether work is lost
        return [Pictures.new("RGB", (250, 250), (200, 30, 30))]
    chance = random.Random(_SEED)
    return [Pictures.open(file).convert("RGB") for file in chance.sample(files, min(number, len(files)))]


def _varied(picture: Pictures.Image, chance: random.Random) -> Pictures.Image:
    left, top = chance.randint(0, 6), chance.randint(0, 6)
    return picture.rotate(chance.uniform(-4, 4)).crop((left, top, left + 244, top + 244))
