"""Photos and faces, opened and drawn anew on their way out: nothing but pixels leaves, to members only."""

from __future__ import annotations

import io
from typing import Any

from django.http import HttpResponse
from PIL import Image as Pictures

from portal.common.errors import NotFound
from portal.tenancy import secrets
from portal.tenancy.access import get_or_404
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from portal.web import reads
from portal.web.guards import MemberRequest, member_view, private
from recognition import storage
from recognition.actions import results
from recognition.engine.decode import Photo, decode_photo
from recognition.models import Face, FoundFace, Image, JobKind

SIDE = 256  # pixels of a face crop, twice what the largest card shows at
SMALL = 512  # pixels of the longer side of a whole photo in a list
MARGIN = 0.3  # of the box on each side: hair, ears and chin help people to compare
_QUALITY = 88
_BACKGROUND = (238, 240, 242)


@member_view(permission=Permission.VIEW_RESULTS)
def photo(request: MemberRequest, image_id: str) -> HttpResponse:
    """Serve a photo upright; at most about 3,200 pixels a side unless `?size=full`, 512 if `?size=small`."""
    image, size = reads.image(request.actor, image_id), request.GET.get("size")
    picture = _draw(_decoded(request, image, reduced=size != "full"))
    if size == "small":
        picture.thumbnail((SMALL, SMALL), Pictures.Resampling.LANCZOS)
    return _jpeg(picture)


@member_view(permission=Permission.VIEW_RESULTS, scoped=False)
def face(request: MemberRequest, image_id: str, face_id: str) -> HttpResponse:
    """Serve one face of a photo: an enrolled one (`fac_…`), or one that a job found (`fnd_…`).

    What a job found is a result, and stands behind the release gate like the page it is shown on (`under`).
    """
    if not face_id.startswith(f"{Face.PREFIX}_"):
        _pass_gate(request, face_id)
    with tenant_scope(request.organization):
        image = reads.image(request.actor, image_id)
        return _jpeg(crop(_decoded(request, image, reduced=True), _box(request, image, face_id)))


def redrawn(data: bytes) -> HttpResponse:
    """Serve stored bytes upright and drawn anew, at most about 3,200 pixels a side."""
    return _jpeg(_draw(decode_photo(data, reduced=True)))


def crop(photo: Photo, box: dict[str, float]) -> Pictures.Image:
    """Return a square picture of a face.

    Args:
        photo: A decoded photo, possibly at a fraction of its size.
        box: left, top, width, height in pixels of the full-resolution photo; may reach beyond its edge.
    """
    scale = photo.scale
    side = max(box["width"], box["height"]) * (1 + 2 * MARGIN) / scale
    left = (box["left"] + box["width"] / 2) / scale - side / 2
    top = (box["top"] + box["height"] / 2) / scale - side / 2
    picture = _draw(photo)
    ground = Pictures.new("RGB", (max(round(side), 1),) * 2, _BACKGROUND)
    ground.paste(picture, (-round(left), -round(top)))
    return ground.resize((SIDE, SIDE), Pictures.Resampling.LANCZOS)


def _pass_gate(request: MemberRequest, face_id: str) -> None:
    """Pass the release gate of the job that found a face; what was enrolled is shown without asking it."""
    with tenant_scope(request.organization):
        found = get_or_404(FoundFace, request.actor, face_id, "item")
        job = reads.jobs(request.actor).filter(pk=found.item.job_id).first()
    if job is None:
        raise NotFound()
    if job.kind != JobKind.ENROLL:
        results.look_again(job=job, under=request.GET.get("under", ""), by=request.actor)


def _decoded(request: MemberRequest, image: Image, *, reduced: bool) -> Photo:
    try:
        data = storage.get(image.path, key=secrets.data_key(request.organization), owner=image.pk)
    except FileNotFoundError:  # purged between the two reads
        raise NotFound() from None
    return decode_photo(data, reduced=reduced)


def _box(request: MemberRequest, image: Image, face_id: str) -> dict[str, Any]:
    """Return the box of a face, which has to be one of this photo."""
    if face_id.startswith(f"{Face.PREFIX}_"):
        enrolled = get_or_404(Face, request.actor, face_id)
        owner, box = enrolled.image_id, enrolled.box
        visible = reads.galleries(request.actor).filter(pk=enrolled.gallery_id).exists()
    else:
        found = get_or_404(FoundFace, request.actor, face_id, "item")
        owner, box, visible = found.image_id, found.box, True  # its job was looked at, see `_pass_gate`
    if owner != image.pk or not visible:
        raise NotFound()
    return dict(box)


def _draw(photo: Photo) -> Pictures.Image:
    return Pictures.fromarray(photo.pixels)


def _jpeg(picture: Pictures.Image) -> HttpResponse:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=_QUALITY)
    response = HttpResponse(buffer.getvalue(), content_type="image/jpeg")
    response["X-Content-Type-Options"] = "nosniff"
    return private(response)
