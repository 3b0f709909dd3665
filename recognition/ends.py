"""How an item ends: with an answer about its photo, or with the reason why there is none."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection
from django.db.models.functions import Now

from recognition.models import Image, Item, ItemStatus

# Reasons that say "nothing to use here", against those that say "could not be read".
_ANSWERS = frozenset({"no_face", "face_too_small", "low_quality", "duplicate", "erased", "other_person"})
DUPLICATE = "duplicate"  # the photo is enrolled already
ERASED = "erased"  # the person or the photo was erased before the item's turn
FILE_MISSING = "file_missing"  # no file where the photo was put, and nobody erased it
OTHER_FACE = "other_face"  # another face of the photo was enrolled or compared: the largest usable one
OTHER_PERSON = "other_person"  # the face that was to be searched for was moved to somebody else
GALLERY_FULL = "gallery_full"  # the grant allows no more faces in one gallery
MODEL_MISMATCH = "model_mismatch"  # the gallery is pinned to another pipeline
REEMBEDDING = "reembedding"  # the gallery is on its way to another pipeline
FACE_LOST = "face_lost"  # an enrolled face was not found again in its photo by another pipeline


def is_answer(reason: str) -> bool:
    """Whether a reason, if there is any, says what is in a photo, against that it could not be read."""
    return not reason or reason in _ANSWERS


# Django's own way to update many rows takes as long as a tenth of the engine's work on them.
_END = """
UPDATE recognition_item AS item
SET status = ended.status, reason = ended.reason, faces = ended.faces, second_reason = ended.second_reason,
    second_faces = ended.second_faces, done_at = statement_timestamp()
FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::integer[], %s::text[], %s::integer[])
    AS ended (id, status, reason, faces, second_reason, second_faces)
WHERE item.id = ended.id
"""


def end(items: Sequence[Item]) -> None:
    """Write the state, reasons and counts that items were given, and the moment; in the scope in force."""
    if not items:
        return
    _tell_erased([item for item in items if FILE_MISSING in (item.reason, item.second_reason)])
    rows = [(i.pk, str(i.status), i.reason, i.faces, i.second_reason, i.second_faces) for i in items]
    with connection.cursor() as cursor:
        cursor.execute(_END, [list(column) for column in zip(*rows, strict=True)])


def _tell_erased(items: Sequence[Item]) -> None:
    """Say of photos without a file which were erased: their rows do, before the file goes.

    All others the store has lost, or does not show at the moment. That is no answer, and can be tried again.
    """
    photos = [image.pk for item in items for image in item.photos]
    purged = Image.objects.filter(pk__in=photos, purged_at__isnull=False) if photos else Image.objects.none()
    erased = set(purged.values_list("pk", flat=True))
    for item in items:
        if item.reason == FILE_MISSING and item.image_id in erased:
            item.reason = ERASED
        if item.second_reason == FILE_MISSING and item.second_id in erased:
            item.second_reason = ERASED
        answered = is_answer(item.reason) and is_answer(item.second_reason)
        item.status = ItemStatus.DONE if answered else ItemStatus.FAILED


def fail(item: Item, reason: str) -> None:
    """End one item without a result."""
    Item.objects.filter(pk=item.pk).update(status=ItemStatus.FAILED, reason=reason, done_at=Now())
