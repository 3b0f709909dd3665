"""Galleries and jobs of the story: submitted as an analyst would, run by the real worker."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from django.core.management.base import CommandError

from compliance.models import RulingRecord
from compliance.policy.vocabulary import Purpose
from portal.common.errors import Refused
from portal.tenancy.scope import tenant_scope
from portal.web.demo.casting import Cast, Probe
from portal.web.demo.photos import Photo
from portal.web.demo.review import Member
from recognition.actions import galleries, images, jobs, results
from recognition.actions.orders import Order
from recognition.models import Gallery, Job, JobKind, JobStatus
from recognition.states import UNFINISHED

WAIT_SECONDS = 120.0
LOOK_EVERY_SECONDS = 0.25
FINISHED = frozenset({JobStatus.RELEASED, JobStatus.PARTIAL})
Files = list[tuple[str, bytes]]


@dataclass(frozen=True)
class Desk:
    """A gallery, and what is stated with every job on it."""

    member: Member
    gallery: Gallery
    purpose: Purpose
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Found:
    """What a search gave for one probe.

    Attributes:
        best: The first candidate; empty where there is none.
        similarity: Of the first candidate, 0 to 100.
        reason: Why the photo could not be searched for; empty where it was.
    """

    probe: Probe
    best: str
    similarity: float
    reason: str

    @property
    def is_right(self) -> bool:
        """Whether the gallery named the right person, or nobody where it should not."""
        return self.best == (self.probe.expected or "") and not (self.probe.expected and self.reason)


def open_desk(
    member: Member,
    *,
    name: str,
    owner: str,
    source: str,
    facts: dict[str, Any],
    purpose: Purpose | None = None,
) -> Desk:
    """Make a gallery for a purpose, the one the organization was reviewed for unless another is given."""
    purpose = purpose or member.part.purpose
    gallery = galleries.create(
        organization=member.organization,
        name=_free_name(member, name),
        purpose=purpose.value,
        legal_basis=str(member.part.answers["legal_basis"]),
        owner=owner,
        retention_days=180,
        image_source=source,
        jurisdictions=[member.part.jurisdiction],
        by=member.acting,
    )
    return Desk(member, gallery, purpose, facts)


def enroll(desk: Desk, cast: Cast) -> Job:
    """Submit the enrollment of a cast; each person's photo lies in a folder of their name."""
    files = [(f"{person}/{photo.name}", photo.data) for person, photo in cast.enrolled]
    return _submit(desk, JobKind.ENROLL, files, subject_from="folder")


def search(desk: Desk, photos: Sequence[Photo]) -> Job:
    """Submit a search for every face in photos."""
    files = [(numbered(index, photo), photo.data) for index, photo in enumerate(photos, 1)]
    return _submit(desk, JobKind.SEARCH, files, subject_from="filename")


def numbered(index: int, photo: Photo) -> str:
    """Return the name under which a probe is submitted: two people may have photos of the same name."""
    return f"{index:03d} {PurePath(photo.name).name}"


def refused(desk: Desk, photo: Photo) -> RulingRecord:
    """Submit a search that has to be refused; return the ruling.

    Raises:
        CommandError: It was not refused.
    """
    try:
        job = search(desk, [photo])
    except Refused as refusal:
        return _ruling(desk.member, refusal.detail["ruling"])
    raise CommandError(f"{desk.member.organization} should have been refused, and was not ({job.public_id}).")


def ruling_of(desk: Desk, job: Job) -> RulingRecord:
    """Return the ruling a job runs under."""
    return _ruling(desk.member, job.ruling)


def done(job: Job, seconds: float = WAIT_SECONDS) -> Job:
    """Return the job once the worker has finished it, looking at the database again and again.

    Raises:
        CommandError: It has not in time, or it ended otherwise.
    """
    deadline = time.monotonic() + seconds
    while (current := _look(job)).status in UNFINISHED:
        if time.monotonic() > deadline:
            raise CommandError(
                f"{current.public_id} is {current.get_status_display().lower()} after {seconds:.0f} s. "
                "Is the engine worker alive? `manage.py doctor` tells."
            )
        time.sleep(LOOK_EVERY_SECONDS)
    if current.status not in FINISHED:
        raise CommandError(
            f"{current.public_id} should have run, and is {current.get_status_display().lower()}."
        )
    return current


def found(desk: Desk, job: Job, probes: Sequence[Probe]) -> list[Found]:
    """Return what a finished search gave for each probe, read through the release gate."""
    ruling = results.open_results(job=job, by=desk.member.acting)
    rows = {row["name"]: row for row in results.rows(job, ruling)}
    unread = {one["name"]: one["reason"] for one in job.rejected}
    names = [(numbered(index, probe.photo), probe) for index, probe in enumerate(probes, 1)]
    return [_found(probe, rows.get(name), unread.get(name, "")) for name, probe in names]


def photos_a_second(job: Job) -> float:
    """Return how fast the worker did a job, from its first shard to its last; 0 where that is not known."""
    if job.started_at is None or job.finished_at is None:
        return 0.0
    return job.total / max((job.finished_at - job.started_at).total_seconds(), 0.001)


def _found(probe: Probe, row: dict[str, Any] | None, reason: str) -> Found:
    if row is None:
        return Found(probe, "", 0.0, reason or "not searched")
    candidates = [candidate for face in row["faces"] for candidate in face["candidates"]]
    best = max(candidates, key=lambda candidate: float(candidate["similarity"]), default=None)
    if best is None:
        return Found(probe, "", 0.0, str(row["reason"] or ""))
    return Found(probe, str(best["subject"]), float(best["similarity"]), "")


def _submit(desk: Desk, kind: JobKind, files: Files, *, subject_from: str) -> Job:
    organization, by = desk.member.organization, desk.member.acting
    received = images.receive(organization=organization, files=files, subject_from=subject_from, by=by)
    order = Order(
        kind=kind,
        gallery=desk.gallery,
        purpose=desk.purpose.value,
        end_user_id=desk.member.end_user.pk,
        facts=desk.facts | ({"probe_source": None} if kind == JobKind.ENROLL else {}),
    )
    return jobs.submit(organization=organization, order=order, received=received, by=by)


def _look(job: Job) -> Job:
    with tenant_scope(job.organization_id):
        return Job.objects.get(pk=job.pk)


def _ruling(member: Member, public_id: str) -> RulingRecord:
    with tenant_scope(member.organization):
        ruling: RulingRecord = RulingRecord.objects.with_public_id(public_id)
    return ruling


def _free_name(member: Member, name: str) -> str:
    """Return the name, with the number of the run behind it from the second one on."""
    with tenant_scope(member.organization):
        taken = Gallery.objects.filter(name__startswith=name).count()
    return f"{name}, run {taken + 1}" if taken else name
