"""The faces of a gallery, listed by plain statements: programs page through them all day long.

Photos and people are read by the ids of a page. Joined, the database may read all of a tenant's anew for each
face while it does not know yet how many there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, LiteralString, NamedTuple
from uuid import UUID

from portal.common import planned
from portal.common.ids import public_id
from recognition.models import Gallery, Subject

_START = UUID(int=0)
_PAGE: LiteralString = """
SELECT id, image_id, subject_id, pipeline, external_image_id,
       (box->>'left')::float8, (box->>'top')::float8, (box->>'width')::float8, (box->>'height')::float8,
       (quality->>'confidence')::float8
FROM recognition_face
WHERE organization_id = %(organization)s AND gallery_id = %(gallery)s AND id > %(after)s {more}
ORDER BY id LIMIT %(limit)s
"""
_BESIDES: LiteralString = """
SELECT id, width, height, NULL, NULL FROM recognition_image
WHERE organization_id = %(organization)s AND id = ANY(%(images)s)
UNION ALL
SELECT id, NULL, NULL, user_id, is_unnamed FROM recognition_subject
WHERE organization_id = %(organization)s AND id = ANY(%(subjects)s)
"""


class Listed(NamedTuple):
    """An enrolled face.

    Attributes:
        box: left, top, width, height in pixels of the upright photo.
        width: Of the photo, in pixels.
        height: Likewise.
        confidence: That it is a face, 0 to 1; None where nobody measured it.
        user_id: Whom it shows; empty where nobody was named.
    """

    face: UUID
    image: UUID
    box: dict[str, float]
    width: int
    height: int
    confidence: float | None
    pipeline: str
    external_image_id: str
    user_id: str


def faces(
    gallery: Gallery,
    *,
    after: UUID | None = None,
    limit: int,
    subject: UUID | None = None,
    among: Sequence[str] | None = None,
) -> list[Listed]:
    """Return faces in the order of their ids, which is that of their enrollment; in the scope in force.

    Args:
        gallery: Whose.
        after: Those behind this one.
        limit: At most so many.
        subject: Only this person's.
        among: Only these: UUIDs.
    """
    values: dict[str, Any] = {
        "organization": gallery.organization_id,
        "gallery": gallery.pk,
        "after": after or _START,
    }
    values |= {"limit": limit, "subject": subject, "among": list(map(UUID, among or ()))}
    more: LiteralString = "" if subject is None else "AND subject_id = %(subject)s "
    more += "" if among is None else "AND id = ANY(%(among)s)"
    rows = planned.rows(_PAGE.format(more=more), values)
    sizes, people = _besides(gallery.organization_id, rows)
    return [
        Listed(
            face,
            image,
            {"left": left, "top": top, "width": width, "height": height},
            *sizes[image],
            confidence,
            pipeline,
            external_image_id,
            people[subject_id],
        )
        for face, image, subject_id, pipeline, external_image_id, left, top, width, height, confidence in rows
    ]


def _besides(organization: UUID, rows: Sequence[Any]) -> tuple[dict[UUID, tuple[int, int]], dict[UUID, str]]:
    """Return the sizes of photos and the user ids of people that a page of faces is about."""
    if not rows:
        return {}, {}
    images, subjects = list({row[1] for row in rows}), list({row[2] for row in rows})
    sizes, people = {}, {}
    values = {"organization": organization, "images": images, "subjects": subjects}
    for key, width, height, user_id, is_unnamed in planned.rows(_BESIDES, values):
        if width is not None:
            sizes[key] = (width, height)
        else:
            people[key] = "" if is_unnamed else user_id or public_id(Subject.PREFIX, key)
    return sizes, people
