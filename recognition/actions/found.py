"""A person was found: the search ends at once, and what was held about them is erased with a receipt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce, Now

from portal.audit.models import Event
from portal.common.states import move
from portal.common.steps import alone
from portal.tenancy import directory
from portal.tenancy.access import require
from portal.tenancy.actor import Actor
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition.actions import endings, erasure, images, jobs, keeping, naming, notices, records, removal
from recognition.models import (
    Candidate,
    CaseRecord,
    CaseRecordPhoto,
    Face,
    Image,
    Item,
    Job,
    JobKind,
    JobStatus,
    RecordStatus,
    Subject,
    Verification,
)
from recognition.states import RECORD

CLOCK = Actor.system("clock")
_ENDS = (JobStatus.AWAITING_APPROVAL, JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.HELD)


@dataclass(frozen=True)
class Found:
    """What "found" did.

    Attributes:
        on_hold: Something keeps the data: it is erased by the clock as soon as nothing does.
        event: The receipt; the note that the person was found, while it waits.
        told: Exports whose recipients are told not to use them any more.
    """

    on_hold: bool
    event: str
    told: int
    faces: int = 0
    subjects: int = 0
    photos: int = 0
    candidates: int = 0
    jobs: int = 0


@dataclass
class _Erased:
    """Counts of one erasure, and the photos whose bytes go once it is committed."""

    faces: int = 0
    subjects: int = 0
    candidates: int = 0
    jobs: int = 0
    photos: list[Image] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """What the receipt says."""
        counted = {name: getattr(self, name) for name in ("faces", "subjects", "candidates", "jobs")}
        return counted | {"photos": len(self.photos)}


def found(*, record: CaseRecord, by: Actor) -> Found:
    """Close a record whose person was found, end its jobs, tell recipients, and erase what is held.

    Probe photos, photos of the record, the people in galleries that are linked to it, results and candidates
    about them go. What the organization calls the case stays, so that nobody is searched for once more.

    Raises:
        Conflict: `transition_not_allowed`, they were found before; `state_changed`.
    """
    require(by, Permission.MANAGE_CASES, organization=record.organization_id)
    with tenant_scope(record.organization_id):
        locked = CaseRecord.objects.select_for_update(of=("self",), no_key=True).get(pk=record.pk)
        own = _locked_jobs(locked)
        for job in own:
            naming.adopt(job)
            if job.status in _ENDS and not endings.has_results(job):
                jobs.end(job, by=by)
        told = sum(len(notices.tell_recipients(job=job, by=by)) for job in own)
        held = _is_kept(locked, own)
        ended = {"ended_at": Coalesce("ended_at", Now()), "erase_when_lifted": held}
        move(locked, RecordStatus.FOUND, table=RECORD, **ended)
        event = records.note(locked, "record.found", by, on_hold=held, exports=told)
        if held:
            endings.close_results(own, JobStatus.RECALLED)
            return Found(on_hold=True, event=str(event.pk), told=told)
        erased = _erase(locked, own, by)
        event = _receipt(locked, erased, by)
    erasure.destroy(erased.photos)
    return Found(False, str(event.pk), told, **erased.counts)


def sweep() -> int:
    """Erase what was kept when its person was found and is kept by nothing any more; may run at any time."""
    keys = directory.organizations_with(_to_erase)
    return sum(alone(_erase_if_lifted, key, waiting) for key in keys for waiting in _waiting(key))


def what_goes(record: CaseRecord) -> dict[str, int]:
    """Return how much an erasure would concern, to be shown before it is confirmed. In scope."""
    own = Job.objects.filter(record=record)
    return {
        "photos": CaseRecordPhoto.objects.filter(record=record).count(),
        "subjects": Subject.objects.filter(record=record).count(),
        "faces": Face.objects.filter(subject__record=record).count(),
        "searches": own.exclude(kind=JobKind.ENROLL).count(),
        "running": own.filter(status__in=(JobStatus.QUEUED, JobStatus.RUNNING)).count(),
    }


def _waiting(organization_id: UUID) -> list[UUID]:
    with tenant_scope(organization_id):
        # All of them: those that a hold keeps must not stand before those that none keeps any more.
        return list(_to_erase().order_by("pk").values_list("pk", flat=True))


def _to_erase() -> QuerySet[CaseRecord]:
    rows: QuerySet[CaseRecord] = CaseRecord.objects.filter(erase_when_lifted=True)
    return rows


def _erase_if_lifted(organization_id: UUID, record_id: UUID) -> bool:
    with tenant_scope(organization_id):
        rows = _to_erase()
        record = rows.select_for_update(of=("self",), no_key=True).filter(pk=record_id).first()
        if record is None:
            return False
        own = _locked_jobs(record)
        if _is_kept(record, own):
            return False
        erased = _erase(record, own, CLOCK)
        _receipt(record, erased, CLOCK)
    erasure.destroy(erased.photos)
    return True


def _locked_jobs(record: CaseRecord) -> list[Job]:
    """Lock a record's jobs, in the order in which everybody locks jobs."""
    rows = Job.objects.filter(record=record).select_for_update(of=("self",))
    return list(rows.order_by("pk"))


def _is_kept(record: CaseRecord, own: Iterable[Job]) -> bool:
    """Whether a legal hold keeps something of this. The organization is told no more than that it waits."""
    if any(erasure.is_kept(one) for one in Subject.objects.filter(record=record)):
        return True
    return keeping.is_kept(
        record.organization_id,
        record.public_id,
        *(job.public_id for job in own),
        photos=Image.objects.filter(pk__in=CaseRecordPhoto.objects.filter(record=record).values("image")),
    )


def _erase(record: CaseRecord, own: Sequence[Job], by: Actor) -> _Erased:
    """Erase what is held about a person, inside the caller's scope with record and jobs locked."""
    portraits = CaseRecordPhoto.objects.filter(record=record)
    keys = set(portraits.values_list("image", flat=True))
    portraits.delete()
    about = [job for job in own if _is_about(job, record)]
    seen = Q(item__job__in=about) | Q(subject__record=record)
    number = Candidate.objects.filter(seen).count()
    number += Verification.objects.filter(item__job__in=about).count()
    erased = _erase_people(record, own, by)
    erased.candidates = number
    for job in about:
        faces, count = removal.results(job)
        jobs.record(job, "job.purged", by, status=str(job.status), faces=faces, candidates=count)
    endings.close_results(about, JobStatus.PURGED)
    Job.objects.filter(pk__in=[job.pk for job in about], purged_at=None).update(purged_at=Now(), rejected=[])
    erased.jobs = len(about)
    keys |= set(Item.objects.filter(job__in=about).photos().values_list("pk", flat=True))
    unneeded = list(images.unneeded(Image.objects.filter(pk__in=keys), besides=about))
    images.purge_all(unneeded, by=by)
    erased.photos += unneeded
    CaseRecord.objects.filter(pk=record.pk).update(details=b"", erase_when_lifted=False)
    return erased


def _is_about(job: Job, record: CaseRecord) -> bool:
    """Whether all of a job is about the person: a search is, an enrollment of this one person is."""
    if job.kind != JobKind.ENROLL:
        return True
    name = naming.only_person(job)
    others = Subject.objects.filter(gallery=job.gallery_id, name=name).exclude(record=record)
    return bool(name) and not others.exists()


def _erase_people(record: CaseRecord, own: Sequence[Job], by: Actor) -> _Erased:
    """Erase the linked people from their galleries; the record's own jobs are seen to by the caller."""
    erased = _Erased()
    for subject in Subject.objects.filter(record=record).order_by("gallery", "pk"):
        _, faces, photos = erasure.erase_person(subject, by=by, besides=own)
        erased.faces += faces
        erased.subjects += 1
        erased.photos += photos
    return erased


def _receipt(record: CaseRecord, erased: _Erased, by: Actor) -> Event:
    return records.note(record, "record.erased", by, **erased.counts)
