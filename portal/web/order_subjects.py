"""The person that a search is ordered for: all faces enrolled of them, in place of photos."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from portal.common.errors import NotFound
from portal.tenancy.access import get_or_404
from portal.web import reads
from portal.web.guards import MemberRequest
from recognition.actions import searches
from recognition.actions.orders import Order
from recognition.models import Face, Gallery, Job, JobKind, Subject

MOST_OTHERS = 20


def named(request: MemberRequest, kind: JobKind) -> Subject | None:
    """Return whom a search is for, where the address or form names somebody (`subject`). In scope.

    Raises:
        NotFound: There is no such subject in a gallery that the member may see.
    """
    text = request.POST.get("subject") or request.GET.get("subject", "")
    if not text or kind != JobKind.SEARCH:
        return None
    found = get_or_404(Subject, request.actor, text, "gallery", "record")
    if not reads.galleries(request.actor).filter(pk=found.gallery_id).exists():
        raise NotFound()
    return found


def submit(request: MemberRequest, order: Order, whom: Subject) -> Job:
    """Submit a search for a person; opens its own scopes."""
    asked = replace(order, subject=whom)
    return searches.submit(organization=request.organization, order=asked, by=request.actor)


def about(request: MemberRequest, whom: Subject | None, gallery: Gallery | None) -> dict[str, Any]:
    """Return whom a search is for, how many faces of them there are, and where else to search. In scope."""
    if whom is None or gallery is None:
        return {}
    rows = reads.galleries(request.actor).filter(purpose=whom.gallery.purpose).exclude(pk=gallery.pk)
    return {
        "whom": whom,
        "face_count": Face.objects.filter(subject=whom).count(),
        "others": list(rows.order_by("name")[:MOST_OTHERS]),
        "title": f"Search {gallery} for {whom}",
    }
