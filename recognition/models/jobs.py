"""Jobs."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now

from portal.tenancy.kinds import ScopedQuerySet, TenantModel, tenant_objects
from recognition.models.fields import days, owned
from recognition.models.ledger import Priority

RETENTION_DAYS = 30  # of probe photos and results, where no rule asks for less
# Of the photos of a job that nobody will ever read anything of: as long as a decision may take, so that it
# can be submitted again with what was missing, and so that a question about misuse meets them.
UNREAD_DAYS = 14
HOLD_REASONS = ("policy", "tenant", "operator")


class JobKind(models.TextChoices):
    """What a job does with its items."""

    ENROLL = "enroll", "Enroll"
    SEARCH = "search", "Search"
    COMPARE = "compare", "Compare"
    DETECT = "detect", "Detect"

    @property
    def uses_gallery(self) -> bool:
        """Whether it works on a gallery."""
        return self in {JobKind.ENROLL, JobKind.SEARCH}


class JobStatus(models.TextChoices):
    """Life of a job."""

    SUBMITTED = "submitted", "Submitted"
    REFUSED = "refused", "Refused"
    AWAITING_APPROVAL = "awaiting_approval", "Awaiting approval"
    EXPIRED = "expired", "Expired"
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    HELD = "held", "Held"
    FAILED = "failed", "Failed"
    PARTIAL = "partial", "Partly done"
    AWAITING_REVIEW = "awaiting_review", "Awaiting review"
    RELEASED = "released", "Released"
    RECALLED = "recalled", "Recalled"
    CANCELLED = "cancelled", "Cancelled"
    TERMINATED = "terminated", "Terminated"
    PURGED = "purged", "Purged"


_NEVER_READ = frozenset({JobStatus.REFUSED, JobStatus.EXPIRED, JobStatus.CANCELLED})
_KEPT_FOR_A_TIME = (
    JobStatus.REFUSED,
    JobStatus.EXPIRED,
    JobStatus.CANCELLED,
    JobStatus.FAILED,
    JobStatus.PARTIAL,
    JobStatus.RELEASED,
    JobStatus.RECALLED,
    JobStatus.TERMINATED,
)


class JobQuerySet(ScopedQuerySet["Job"]):
    """Reads of jobs."""

    def undecided_for(self, time: timedelta) -> JobQuerySet:
        """Return those that wait for a decision since longer than a time."""
        return self.filter(status=JobStatus.AWAITING_APPROVAL, created_at__lte=Now() - time)

    def held_for(self, time: timedelta) -> JobQuerySet:
        """Return those that are held since longer than a time."""
        return self.filter(status=JobStatus.HELD, held_at__lte=Now() - time)

    def to_purge(self) -> JobQuerySet:
        """Return those whose photos and results were kept long enough.

        Kept from the release on, else from the job's end; of a terminated job nothing is kept.
        """
        since = Coalesce("released_at", "finished_at", "created_at")
        over = Q(since__lte=Now() - days(F("retention_days"))) | Q(status=JobStatus.TERMINATED)
        return self.filter(purged_at=None, status__in=_KEPT_FOR_A_TIME).annotate(since=since).filter(over)


class Job(TenantModel):
    """A batch: one kind of operation on many images, under one purpose, end user and ruling."""

    PREFIX = "job"

    kind = models.CharField(max_length=10, choices=JobKind.choices)
    status = models.CharField(max_length=20, choices=JobStatus.choices, default=JobStatus.SUBMITTED)
    gallery = owned("recognition.Gallery", null=True)
    record = owned("recognition.CaseRecord", null=True)
    reembeds_to = models.CharField(
        max_length=64, blank=True, help_text="Enrolled faces get templates of this pipeline, nobody new."
    )
    of_subject = models.BooleanField(
        default=False, help_text="A search with the faces enrolled of a subject, not with photos."
    )
    subject = owned("recognition.Subject", null=True)
    purpose = models.CharField(max_length=64)
    end_user_id = models.UUIDField(null=True)
    facts = models.JSONField(
        default=dict, help_text="What the submitter declared, in words of the vocabulary."
    )
    ruling = models.CharField(max_length=40, blank=True, help_text="The newest ruling on the job.")
    refused_by = models.CharField(max_length=100, blank=True, help_text="Rule that refused or holds it.")
    review = models.CharField(max_length=20, default="none", help_text="none, before_release, after_delivery")
    reviewers = models.PositiveSmallIntegerField(
        default=1, help_text="How many have to agree on a candidate."
    )
    threshold_asked = models.FloatField(help_text="Similarity, 0 to 100.")
    threshold = models.FloatField(help_text="Similarity in force: never below floor or budget.")
    threshold_reason = models.CharField(max_length=20, help_text="asked, floor or budget")
    max_candidates = models.PositiveSmallIntegerField(default=10)
    priority = models.PositiveSmallIntegerField(choices=Priority.choices, default=Priority.NORMAL)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0, help_text="Of its items, in step with them.")
    failed = models.PositiveIntegerField(default=0, help_text="Of its items, in step with them.")
    rejected = models.JSONField(
        default=list, help_text="Files that never became items: name and reason code."
    )
    submitted_by = models.CharField(max_length=96)
    approved_by = models.CharField(max_length=96, blank=True)
    declined_because = models.TextField(blank=True, help_text="The approver's reason; the trail holds none.")
    held_from = models.CharField(max_length=20, blank=True)
    held_reason = models.CharField(max_length=20, blank=True, help_text="policy, tenant or operator")
    held_by = models.CharField(max_length=96, blank=True)
    held_because = models.TextField(blank=True, help_text="What was given as reason; the trail holds none.")
    held_at = models.DateTimeField(null=True, blank=True)
    recoveries = models.PositiveIntegerField(default=0, help_text="Shards taken over from a lost worker.")
    watched_at = models.DateTimeField(null=True, blank=True, help_text="When it was looked at for misuse.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)
    recalled_because = models.TextField(blank=True, help_text="The trail holds no reason.")
    retention_days = models.PositiveSmallIntegerField(
        default=RETENTION_DAYS, help_text="After which photos and results are destroyed."
    )
    purged_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = tenant_objects(JobQuerySet)

    class Meta:
        """Words are known, thresholds on the scale, gallery present where needed, a hold has its moment."""

        indexes = (
            models.Index(fields=("organization", "-created_at"), name="job_newest_first"),
            models.Index(
                fields=("organization",),
                condition=Q(status__in=("awaiting_approval", "queued", "running", "held")),
                name="job_not_ended",
            ),
            models.Index(
                fields=("organization", "id"), condition=Q(watched_at__isnull=True), name="job_unwatched"
            ),
            models.Index(
                fields=("organization", "subject"), condition=Q(subject__isnull=False), name="job_by_subject"
            ),
        )
        constraints = (
            models.CheckConstraint(condition=Q(status__in=JobStatus.values), name="job_status_known"),
            models.CheckConstraint(
                condition=Q(
                    threshold__gte=0, threshold__lte=100, threshold_asked__gte=0, threshold_asked__lte=100
                ),
                name="job_threshold_on_scale",
            ),
            models.CheckConstraint(
                condition=Q(total__gte=models.F("done") + models.F("failed")), name="job_ends_no_item_twice"
            ),
            models.CheckConstraint(condition=Q(priority__in=Priority.values), name="job_priority_known"),
            models.CheckConstraint(
                condition=Q(kind__in=(JobKind.DETECT, JobKind.COMPARE)) | Q(gallery__isnull=False),
                name="job_has_its_gallery",
            ),
            models.CheckConstraint(
                condition=Q(of_subject=False, subject__isnull=True) | Q(of_subject=True, kind=JobKind.SEARCH),
                name="job_of_subject_searches",
            ),
            models.CheckConstraint(
                condition=Q(reembeds_to="") | Q(kind=JobKind.ENROLL), name="job_reembeds_as_enrollment"
            ),
            models.CheckConstraint(
                condition=~Q(status=JobStatus.HELD) | Q(held_at__isnull=False, held_reason__in=HOLD_REASONS),
                name="job_held_since_and_why",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=(JobStatus.RELEASED, JobStatus.RECALLED))
                | Q(released_at__isnull=False),
                name="job_released_at",
            ),
            models.CheckConstraint(
                condition=~Q(status=JobStatus.PURGED) | Q(purged_at__isnull=False), name="job_purged_at"
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.public_id}"

    def days_kept(self, end: str) -> int:
        """Days that photos and results are kept once the job has ended so."""
        return min(self.retention_days, UNREAD_DAYS) if end in _NEVER_READ else self.retention_days

    @property
    def photos(self) -> int:
        """Photos handed in: two for each pair."""
        return self.total * (2 if self.kind == JobKind.COMPARE else 1)

    @property
    def state(self) -> str:
        """The status with the reason of a hold, e.g. `held:policy`."""
        return f"held:{self.held_reason}" if self.status == JobStatus.HELD else str(self.status)

    @property
    def subject_erased(self) -> bool:
        """Whether it was to search for somebody who was erased since: it says nothing about them."""
        return self.of_subject and self.subject_id is None

    @property
    def waiting(self) -> int:
        """How many of its items have neither a result nor failed."""
        return self.total - self.done - self.failed
