"""Searching for a subject: all faces enrolled of one person against a gallery, as a job like any other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from portal.common.errors import Conflict, InvalidInput, Refused
from portal.tenancy.access import require
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition import grants
from recognition.actions import jobs
from recognition.actions.images import Photo, Received
from recognition.actions.orders import Order
from recognition.models import Face, Job, Subject


def submit(*, organization: Organization, order: Order, by: Actor) -> Job:
    """Submit a search for the order's subject: ruled on like every search, with the facts of whoever asks.

    Where the photos come from is what the subject's gallery says; the case is theirs, where they belong to
    one and none is named.

    Args:
        organization: Whose job.
        order: What is asked for, with `subject`; its gallery may be theirs or another one.
        by: The submitter.

    Raises:
        InvalidInput: `subject_missing`; `no_faces`, none is enrolled of them; `image_source_differs`;
            `case_differs`, they are the person of another case; as for `jobs.submit`.
        Refused: `gallery_purpose`, their gallery was made for another purpose; as for `jobs.submit`.
        Conflict: `subject_merged`; as for `jobs.submit`.
        NotFound: Their gallery is not visible to the submitter.
    """
    require(by, Permission.SUBMIT_JOBS, organization=organization)
    if order.subject is None:
        raise InvalidInput("subject_missing", "Say whom to search for.", field="subject")
    with tenant_scope(organization):
        whom = Subject.objects.select_related("gallery", "record", "merged_into").get(pk=order.subject.pk)
        grants.require_use(by, whom.gallery)
        facts = facts_of(order, whom)
        faces = Face.objects.filter(subject=whom).select_related("image").defer("template")
        photos = [Photo(face.image, probe=face) for face in faces.order_by("pk")]
    if not photos:
        raise InvalidInput("no_faces", f"No face of {whom} is enrolled.", field="subject")
    asked = replace(order, subject=whom, facts=facts)
    return jobs.submit(organization=organization, order=asked, received=Received(photos), by=by)


def facts_of(order: Order, whom: Subject) -> dict[str, Any]:
    """Return the facts of a search for a subject: what is on file goes before what is declared. In scope.

    Raises:
        InvalidInput: `image_source_differs`, `case_differs`.
        Refused: `gallery_purpose`.
        Conflict: `subject_merged`.
    """
    if (other := whom.merged_into) is not None:
        sentence = f"{whom} was merged into {other}. Search for {other} instead."
        raise Conflict("subject_merged", sentence, field="subject", merged_into=other.public_id)
    if whom.gallery.purpose != order.purpose:
        sentence = (
            f"{whom} was enrolled for the purpose {whom.gallery.purpose}, and is searched for in no other."
        )
        raise Refused("gallery_purpose", sentence, field="subject")
    source = order.facts.get("probe_source") or whom.gallery.image_source
    if source != whom.gallery.image_source:
        sentence = f"The photos of {whom} are of the source {whom.gallery.image_source}."
        raise InvalidInput("image_source_differs", sentence, field="image_source")
    return {**order.facts, "probe_source": source, "case_reference": _case(order, whom)}


def _case(order: Order, whom: Subject) -> str | None:
    stated = order.facts.get("case_reference")
    if whom.record is None:
        return str(stated) if stated else None
    if stated and str(stated).strip() != whom.record.reference:
        sentence = f"{whom} is the person of case {whom.record.reference}. Search for them under it."
        raise InvalidInput("case_differs", sentence, field="case_reference")
    return str(whom.record.reference)
