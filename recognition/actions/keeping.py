"""What a legal hold keeps from being destroyed by hand: asked in the transaction that would destroy it.

Whoever is told no learns that something is kept, and nothing of why: a demand may be confidential.
"""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet

from compliance import legal_holds
from portal.common.errors import Conflict, NotFound
from portal.common.ids import parse_public_id
from recognition.models import Candidate, Face, Image, Item, Job

SENTENCE = "This has to be kept for now, and nothing was destroyed. Ask the compliance office when it can be."


def require_free(
    organization_id: UUID,
    *things: str,
    faces: QuerySet[Face] | None = None,
    photos: QuerySet[Image] | None = None,
) -> None:
    """Go on only where nothing that would be destroyed is kept. In scope.

    Raises:
        Conflict: `kept`.
    """
    if is_kept(organization_id, *things, faces=faces, photos=photos):
        raise Conflict("kept", SENTENCE)


def is_kept(
    organization_id: UUID,
    *things: str,
    faces: QuerySet[Face] | None = None,
    photos: QuerySet[Image] | None = None,
) -> bool:
    """Whether a hold keeps something that would go. In scope.

    Args:
        organization_id: Whose it is.
        *things: Public ids of what is destroyed: a subject, a gallery, a record.
        faces: Enrolled faces that would go, with the candidates that name them and their photos.
        photos: Further photos that would go.
    """
    held = legal_holds.standing(organization_id)
    if not held or "" in held or held & set(things):
        return bool(held)
    jobs = jobs_among(held)
    faces = Face.objects.none() if faces is None else faces
    going = Q(pk__in=faces.values("image"))
    if photos is not None:
        going |= Q(pk__in=photos.values("pk"))
    named = Candidate.objects.filter(item__job__in=jobs, face__in=faces.values("pk"))
    return bool(named.exists() or _shown_in(jobs).filter(going).exists())


def faces_to_keep(organization_id: UUID) -> QuerySet[Face]:
    """Return the enrolled faces that a job under a hold shows, or names as candidates. In scope."""
    jobs = jobs_among(legal_holds.standing(organization_id))
    named = Candidate.objects.filter(item__job__in=jobs).values("face")
    found: QuerySet[Face] = Face.objects.filter(Q(pk__in=named) | Q(image__in=_shown_in(jobs).values("pk")))
    return found


def jobs_among(held: frozenset[str]) -> list[UUID]:
    """Return the keys of the jobs among things under a hold."""
    found = []
    for text in held:
        try:
            found.append(parse_public_id(Job.PREFIX, text))
        except NotFound:
            continue  # a gallery, a record, or all of it
    return found


def _shown_in(jobs: list[UUID]) -> QuerySet[Image]:
    return Item.objects.filter(job__in=jobs).photos()
