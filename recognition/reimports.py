"""Photos that left another organization as part of a lead, seen when they come in here.

A lead is handed to a named recipient for one purpose. Searched again by somebody else, its photos would
serve a purpose that nobody ruled on: they are not looked at, and their items say why.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from portal.common import planned
from recognition.models import Image
from recognition.models.exports import keyed

REIMPORT = "reimport"
SENTENCE = "This photo left another organization as part of a lead, and is not looked at here."

_KNOWN = """
SELECT DISTINCT digest FROM recognition_exportedimage WHERE digest = ANY(%s) AND organization_id <> %s
"""


def among(images: Iterable[Image], *, organization_id: UUID) -> frozenset[UUID]:
    """Return the ids of those photos that an export of another organization named, in one query.

    Args:
        images: Photos of one organization.
        organization_id: Which; what it exported itself it may look at again.
    """
    by_digest: dict[str, list[UUID]] = {}
    for image in images:
        by_digest.setdefault(keyed(image.sha256), []).append(image.pk)
    digests = _known(by_digest, organization_id)
    return frozenset(key for digest in digests for key in by_digest[digest])


def digests_among(digests: Iterable[str], *, organization_id: UUID) -> frozenset[str]:
    """Return the SHA-256 of those files that an export of another organization named, in one query."""
    named = {keyed(one): one for one in digests}
    return frozenset(named[digest] for digest in _known(named, organization_id))


def _known(digests: Iterable[str], organization_id: UUID) -> Iterable[str]:
    return [digest for (digest,) in planned.rows(_KNOWN, [list(digests), organization_id])]
