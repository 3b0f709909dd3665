"""What a job found: faces, candidates, and what reviewers made of them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from portal.tenancy.kinds import TenantModel
from recognition.models.fields import owned


class FoundFace(TenantModel):
    """A face in a photo of a job, used or not; `reason` says why not."""

    PREFIX = "fnd"

    item = owned("recognition.Item")
    index = models.PositiveSmallIntegerField()
    box = models.JSONField(help_text="left, top, width, height in pixels of the upright photo.")
    quality = models.JSONField(default=dict)
    reason = models.CharField(max_length=32, blank=True)

    class Meta:
        """A face of an item is written once: a result counted twice is impossible."""

        ordering = ("index",)
        constraints = (
            models.UniqueConstraint(fields=("organization", "item", "index"), name="found_face_once"),
        )

    def __str__(self) -> str:
        return f"Face {self.index}"


class CandidateStatus(models.TextChoices):
    """What trained reviewers made of a candidate."""

    CANDIDATE = "candidate", "Candidate, not reviewed"
    LEAD = "lead", "Lead"
    REJECTED = "rejected", "Rejected"
    INCONCLUSIVE = "inconclusive", "Inconclusive"


class Candidate(TenantModel):
    """A gallery face above the threshold. Not an identification."""

    PREFIX = "can"

    item = owned("recognition.Item")
    found = owned("recognition.FoundFace")
    face = owned("recognition.Face")
    subject = owned("recognition.Subject")
    rank = models.PositiveSmallIntegerField()
    similarity = models.FloatField(help_text="0 to 100.")
    status = models.CharField(
        max_length=12, choices=CandidateStatus.choices, default=CandidateStatus.CANDIDATE
    )

    class Meta:
        """A gallery face is a candidate once for a found face."""

        ordering = ("rank",)
        constraints = (
            models.UniqueConstraint(fields=("organization", "found", "face"), name="candidate_once"),
            models.CheckConstraint(
                condition=Q(similarity__gte=0, similarity__lte=100), name="candidate_similarity_on_scale"
            ),
            models.CheckConstraint(
                condition=Q(status__in=CandidateStatus.values), name="candidate_status_known"
            ),
        )
        indexes = (
            models.Index(fields=("organization", "item"), name="candidate_by_item"),
            models.Index(fields=("organization", "face"), name="candidate_by_face"),
        )

    def __str__(self) -> str:
        return f"Candidate {self.rank}"


class ExportRecord(TenantModel):
    """Results that were handed out as a file, and to whom. The trail holds its id, never the name."""

    PREFIX = "exp"

    job = owned("recognition.Job")
    recipient = models.CharField(max_length=200, help_text="Who receives it, as the exporter named them.")
    format = models.CharField(max_length=10)
    ruling = models.CharField(max_length=40, help_text="Under which it was read.")
    exported_by = models.CharField(max_length=96)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return self.public_id


class Adjudication(TenantModel):
    """One trained reviewer's judgment of one candidate."""

    PREFIX = "adj"

    candidate = owned("recognition.Candidate")
    reviewer = models.ForeignKey("tenancy.User", on_delete=models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=12, choices=CandidateStatus.choices[1:])
    reason = models.TextField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        """A reviewer judges a candidate once."""

        constraints = (
            models.UniqueConstraint(
                fields=("organization", "candidate", "reviewer"), name="adjudicated_once"
            ),
        )

    def __str__(self) -> str:
        return self.verdict
