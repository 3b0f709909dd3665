"""Re-embedding: enrolled faces get a template of another pipeline beside the one that is searched.

Nothing that is searched changes until one transaction puts the new templates in the place of the old ones. It
is made under the gallery's lock, as every enrollment is, so that no face slips through. Everything here runs
in the scope in force.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection
from django.db.models import QuerySet

from portal.audit import actions as audit
from portal.common.envelope import DataKey
from portal.tenancy.actor import Actor
from recognition import client, ends, ledger, matrices
from recognition.engine import protect
from recognition.engine.types import Box, DetectedFace, Float32
from recognition.models import Face, Gallery, ItemStatus, Job, JobStatus
from recognition.states import UNFINISHED
from recognition.writing import Outcome

LEDGER = Actor.system("ledger")
# Share of two boxes' union. Detectors draw their boxes tighter or wider around one face; the boxes of two
# people beside each other have almost nothing in common. Chosen, not measured: what falls below is named.
LEAST_OVERLAP = 0.3
OPEN = UNFINISHED | {JobStatus.SUBMITTED, JobStatus.AWAITING_APPROVAL}
_GIVEN_UP = frozenset({JobStatus.CANCELLED, JobStatus.REFUSED, JobStatus.EXPIRED, JobStatus.TERMINATED})

_KEEP = """
UPDATE recognition_face AS face SET next_template = made.template::vector
FROM unnest(%s::uuid[], %s::text[]) AS made (id, template)
WHERE face.organization_id = %s AND face.id = made.id
"""
_SWITCH = """
UPDATE recognition_face SET template = next_template, next_template = NULL, pipeline = %s
WHERE organization_id = %s AND gallery_id = %s AND next_template IS NOT NULL
"""
Made = list[tuple[Face, Float32]]


def write(job: Job, gallery: Gallery, outcomes: list[Outcome], key: DataKey, pipeline: str) -> None:
    """Write the next template of every face enrolled from some photos, and the state of every item.

    A face is told by its place: of those that the engine sees in the photo, the one whose box covers the
    enrolled one best. A photo fails where one of its faces is not found again; it then names why.

    Args:
        job: Whose items.
        gallery: Its gallery.
        outcomes: What the engine found, an item each.
        key: The organization's data key.
        pipeline: What the engine looked with.
    """
    locked = _locked(gallery.pk)
    if locked.next_pipeline != job.reembeds_to or pipeline != job.reembeds_to:
        for outcome in outcomes:
            outcome.item.status, outcome.item.reason = ItemStatus.FAILED, ends.MODEL_MISMATCH
    else:
        faces = _enrolled(locked, outcomes)
        made = [one for outcome in outcomes for one in _made(outcome, faces[outcome.item.image_id])]
        _keep(locked, made, key)
    ends.end([outcome.item for outcome in outcomes])


def lacking(gallery: Gallery) -> QuerySet[Face]:
    """Return the faces that the next version of a gallery would not have."""
    rows: QuerySet[Face] = Face.objects.filter(gallery=gallery, next_template=None)
    return rows.exclude(pipeline=gallery.next_pipeline)


def open_jobs(gallery: Gallery) -> QuerySet[Job]:
    """Return the jobs that re-embed a gallery and have not ended."""
    rows: QuerySet[Job] = Job.objects.filter(gallery=gallery, status__in=OPEN)
    return rows.exclude(reembeds_to="")


def pipeline_for(job: Job) -> str:
    """Return the pipeline whose workers alone take a job's shards; empty where any may.

    Where workers of several pipelines live, a gallery is left to those of its own. Where none of its own
    lives, the items fail with `model_mismatch`, which is no answer, rather than wait for nobody.
    """
    if job.reembeds_to or job.of_subject or job.gallery_id is None:
        return job.reembeds_to
    return _served_by(_gallery(job.gallery_id))


def route_waiting(gallery: Gallery) -> None:
    """Leave what waits for a gallery to workers of its pipeline, as it is now."""
    rows = Job.objects.filter(gallery=gallery, reembeds_to="", of_subject=False, status__in=OPEN)
    ledger.route(rows.values_list("pk", flat=True), _served_by(gallery))


def settle(job: Job, *, by: Actor) -> None:
    """Switch the gallery of a job that has ended, where no face would be left out."""
    gallery = _locked(job.gallery_id)
    if gallery.next_pipeline == job.reembeds_to and not lacking(gallery).exists():
        switch(gallery, by=by)


def switch(gallery: Gallery, *, by: Actor) -> None:
    """Put the next templates in the place of those that were searched; the gallery is locked."""
    left_out = lacking(gallery).count()
    with connection.cursor() as cursor:
        cursor.execute(_SWITCH, [gallery.next_pipeline, gallery.organization_id, gallery.pk])
    gallery.pipeline, gallery.next_pipeline, gallery.version = gallery.next_pipeline, "", gallery.version + 1
    gallery.save(update_fields=["pipeline", "next_pipeline", "version"])
    route_waiting(gallery)
    faces = Face.objects.searched().filter(gallery=gallery).count()
    record(gallery, "gallery.reembedded", by, pipeline=gallery.pipeline, faces=faces, left_out=left_out)


def abandon(gallery: Gallery, *, by: Actor) -> None:
    """Destroy the next templates of a gallery, and let it be enrolled into again; the gallery is locked."""
    if not gallery.next_pipeline:
        return
    Face.objects.filter(gallery=gallery).exclude(next_template=None).update(next_template=None)
    pipeline, gallery.next_pipeline = gallery.next_pipeline, ""
    gallery.save(update_fields=["next_pipeline"])
    record(gallery, "gallery.reembed_cancelled", by, pipeline=pipeline)


def drop(job: Job, to: JobStatus) -> None:
    """Give a re-embedding up with the last of its jobs, where that was cancelled, refused or ended."""
    if not job.reembeds_to or to not in _GIVEN_UP:
        return
    gallery = _locked(job.gallery_id)
    others = open_jobs(gallery).exclude(pk=job.pk)
    if gallery.next_pipeline == job.reembeds_to and not others.exists():
        abandon(gallery, by=LEDGER)


def record(gallery: Gallery, verb: str, by: Actor, **payload: Any) -> None:
    """Record an event about a gallery."""
    audit.record(verb=verb, actor=by, target=gallery, organization=gallery.organization_id, **payload)


def _served_by(gallery: Gallery) -> str:
    live = client.live_pipelines()
    return gallery.pipeline if len(live) > 1 and gallery.pipeline in live else ""


def _gallery(gallery_id: Any) -> Gallery:
    found: Gallery = Gallery.objects.get(pk=gallery_id)
    return found


def _locked(gallery_id: Any) -> Gallery:
    locked: Gallery = Gallery.objects.locked().get(pk=gallery_id)
    return locked


def _enrolled(gallery: Gallery, outcomes: Sequence[Outcome]) -> dict[UUID, list[Face]]:
    """Return the faces to renew by their photo; those that were erased meanwhile are not there any more."""
    photos = [outcome.item.image_id for outcome in outcomes]
    faces: dict[UUID, list[Face]] = defaultdict(list)
    rows = Face.objects.filter(gallery=gallery, image__in=photos).exclude(pipeline=gallery.next_pipeline)
    for face in rows.defer("template", "next_template").order_by("pk"):
        faces[face.image_id].append(face)
    return faces


def _made(outcome: Outcome, faces: list[Face]) -> Made:
    item, result = outcome.item, outcome.result
    made = _found_again(faces, result.usable)
    item.faces, item.status, item.reason = len(made), ItemStatus.DONE, "" if faces else ends.ERASED
    if len(made) < len(faces):
        item.status, item.reason = ItemStatus.FAILED, result.reason or ends.FACE_LOST
    return made


def _found_again(faces: Sequence[Face], seen: Sequence[DetectedFace]) -> Made:
    """Pair enrolled faces with those seen now, best overlap first, each with one at most."""
    pairs = [(overlap(one.box, now.box), a, b) for a, one in enumerate(faces) for b, now in enumerate(seen)]
    made: Made = []
    left, free = set(range(len(faces))), set(range(len(seen)))
    for share, a, b in sorted(pairs, reverse=True):
        template = seen[b].template
        if share >= LEAST_OVERLAP and a in left and b in free and template is not None:
            left.remove(a)
            free.remove(b)
            made.append((faces[a], template))
    return made


def overlap(stored: dict[str, float], seen: Box) -> float:
    """Return which share of their union two boxes have in common, 0 to 1."""
    right, bottom = stored["left"] + stored["width"], stored["top"] + stored["height"]
    wide = min(right, seen.left + seen.width) - max(stored["left"], seen.left)
    high = min(bottom, seen.top + seen.height) - max(stored["top"], seen.top)
    common = max(wide, 0.0) * max(high, 0.0)
    both = stored["width"] * stored["height"] + seen.width * seen.height - common
    return common / both if both > 0 else 0.0


def _keep(gallery: Gallery, made: Made, key: DataKey) -> None:
    """Write next templates, turned by the gallery's key; it is not renewed meanwhile."""
    if not made:
        return
    plain = np.stack([template for _, template in made])
    turn = matrices.turns(gallery, key, plain.shape[1])[gallery.key_version]
    names = [face.pk for face, _ in made]
    texts = [protect.to_text(one) for one in protect.rotate(plain, turn)]
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, [names, texts, gallery.organization_id])
