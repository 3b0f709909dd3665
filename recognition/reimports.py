"""Photos that left another organization as part of a lead, seen when they come in here.

A lead is handed to a named recipient for one purpose. Searched again by somebody else, its photos would
serve a purpose that nobody ruled on: they are not looked at, and their items say why.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from recognition.models import ExportedImage, Image
from recognition.models.exports import keyed

REIMPORT = "reimport"
SENTENCE = "This photo left another organization as part of a lead, and is not looked at here."


def among(images: Iterable[Image], *, organization_id: UUID) -> frozenset[UUID]:
    """Return the ids of those photos that an export of another organization named, in one query.

    Args:
        images: Photos of one organization.
        organization_id: Which; what it exported itself it may look at again.
    """
    by_digest: dict[str, list[UUID]] = {}
    for image in images:
        by_digest.setdefault(keyed(image.sha256), []).append(image.pk)
    known = ExportedImage.objects.filter(digest__in=by_digest).exclude(organization_id=organization_id)
    digests = known.order_by().values_list("digest", flat=True).distinct()
    return frozenset(key for digest in digests for key in by_digest[digest])
