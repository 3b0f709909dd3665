"""What was made of a candidate or pair, what may be made of it now, and who was handed it. In scope."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from portal.tenancy.roles import Permission
from portal.web import handed_out, histories
from portal.web.cards import face_url
from portal.web.guards import MemberRequest
from recognition.models import CandidateStatus, Job, Judged, Reopening, Verification
from recognition.models.verifications import reference


def of(found: Judged, request: MemberRequest) -> dict[str, Any]:
    """Return what `tenant/results/_judged.html` and `_new_photos.html` show of a candidate or pair."""
    actor = request.actor
    return {
        "candidate": found,
        "new_photos": _new_photos(found),
        "is_lead": found.status == CandidateStatus.LEAD,
        "is_withdrawn": found.status == CandidateStatus.WITHDRAWN,
        "is_inconclusive": found.status == CandidateStatus.INCONCLUSIVE,
        "may_follow_up": actor.may(Permission.EXPORT) or actor.may(Permission.ADJUDICATE),
        "exports": handed_out.of_lead(found, request),
        **histories.of(found, request),
    }


def page_url(found: Judged, job: Job) -> str:
    """Return where a candidate or pair of a job is shown; the pair was read with its item."""
    if isinstance(found, Verification):
        return reverse("result", args=[job.public_id, found.item.public_id])
    return reverse("candidate", args=[found.public_id])


def _new_photos(found: Judged) -> list[dict[str, Any]]:
    """Return the new photos with which it was judged again, the newest first."""
    rows = Reopening.objects.filter(**reference(found)).order_by("-round")
    rows = rows.select_related("face__image", "found__item__image", "found__item__second")
    return [_new_photo(row) for row in rows.defer("face__template")]


def _new_photo(row: Reopening) -> dict[str, Any]:
    if row.face is not None:
        url, of = face_url(row.face.image, row.face.public_id), "the person enrolled"
    else:
        of = "one of the two" if row.verification_id else "the person looked for"
        url = face_url(row.found.item.photos[row.found.side], row.found.public_id)
    return {"url": url, "of": of, "reason": row.reason, "at": row.created_at}
