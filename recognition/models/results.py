"""What a job found: faces, candidates, and what reviewers made of them."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import MD5, Cast, Concat, Now

from portal.tenancy.kinds import ScopedQuerySet, TenantModel, tenant_objects
from recognition.models.fields import owned


class FoundFace(TenantModel):
    """A face in a photo of a job, used or not; `reason` says why not."""

    PREFIX = "fnd"

    item = owned("recognition.Item")
    side = models.PositiveSmallIntegerField(default=0, help_text="0, or 1 in the second photo of a pair.")
    index = models.PositiveSmallIntegerField()
    box = models.JSONField(help_text="left, top, width, height in pixels of the upright photo.")
    quality = models.JSONField(default=dict)
    reason = models.CharField(max_length=32, blank=True)

    class Meta:
        """A face of an item is written once: a result counted twice is impossible."""

        ordering = ("side", "index")
        constraints = (
            models.UniqueConstraint(fields=("organization", "item", "side", "index"), name="found_face_once"),
            models.CheckConstraint(condition=Q(side__in=(0, 1)), name="found_face_side_known"),
        )

    def __str__(self) -> str:
        return f"Face {self.index}"

    @property
    def image_id(self) -> UUID:
        """The photo it is in."""
        return self.item.second_id if self.side else self.item.image_id


class CandidateStatus(models.TextChoices):
    """What trained reviewers made of a candidate."""

    CANDIDATE = "candidate", "Candidate, not reviewed"
    LEAD = "lead", "Lead"
    REJECTED = "rejected", "Rejected"
    INCONCLUSIVE = "inconclusive", "Inconclusive"
    WITHDRAWN = "withdrawn", "Withdrawn"


class Verdict(models.TextChoices):
    """What one reviewer says of a candidate."""

    LEAD = "lead", "Lead"
    REJECTED = "rejected", "Rejected"
    INCONCLUSIVE = "inconclusive", "Inconclusive"


class Compared(models.TextChoices):
    """What a reviewer looked at in both faces. The order is that of the checklist."""

    EARS = "ears", "Ears"
    HAIRLINE = "hairline", "Hairline and shape of the face"
    EYES = "eyes", "Eyes and eyebrows"
    NOSE = "nose", "Nose"
    MOUTH = "mouth", "Mouth and chin"
    MARKS = "marks", "Scars, moles and other marks, and on which side"
    AGE = "age", "Age difference between the photos"
    QUALITY = "quality", "Sharpness, light and angle of both photos"


class CandidateQuerySet(ScopedQuerySet["Candidate"]):
    """Reads of candidates."""

    def unsettled(self) -> CandidateQuerySet:
        """Return those that wait for a judgment."""
        return self.filter(status=CandidateStatus.CANDIDATE)

    def to_judge(self, reviewer: UUID) -> CandidateQuerySet:
        """Return those that wait for a judgment and that this reviewer has not judged in this round."""
        return self.unsettled().exclude(_judged_by(reviewer))

    def judged_by(self, reviewer: UUID) -> CandidateQuerySet:
        """Return those that this reviewer has judged in their present round."""
        return self.filter(_judged_by(reviewer))

    def shuffled_for(self, reviewer: UUID, *within: str) -> CandidateQuerySet:
        """Order them by chance, the same for one reviewer each time: the order tells nothing of the rank.

        Args:
            reviewer: Who looks at them.
            *within: What they are ordered by first.
        """
        chance = MD5(Concat(Cast("pk", models.CharField()), models.Value(f":{reviewer}")))
        return self.order_by(*within, chance)


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
    round = models.PositiveSmallIntegerField(default=1, help_text="Judged anew with a new photo: 2, 3, …")

    objects: ClassVar = tenant_objects(CandidateQuerySet)

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


class Adjudication(TenantModel):
    """One trained reviewer's judgment of a candidate or of a pair, made before they saw the similarity."""

    PREFIX = "adj"

    candidate = owned("recognition.Candidate", null=True)
    verification = owned("recognition.Verification", null=True)
    round = models.PositiveSmallIntegerField(default=1, help_text="Of the candidate when it was judged.")
    reviewer = models.ForeignKey("tenancy.User", on_delete=models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=12, choices=Verdict.choices)
    compared = ArrayField(
        models.CharField(max_length=12, choices=Compared.choices),
        default=list,
        help_text="The checklist: what was compared.",
    )
    reason = models.TextField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        """A reviewer judges a candidate or a pair once a round."""

        constraints = (
            models.UniqueConstraint(
                fields=("organization", "candidate", "reviewer", "round"), name="adjudicated_once_a_round"
            ),
            models.UniqueConstraint(
                fields=("organization", "verification", "reviewer", "round"),
                name="pair_adjudicated_once_a_round",
            ),
            models.CheckConstraint(
                condition=Q(candidate__isnull=True) ^ Q(verification__isnull=True),
                name="adjudication_of_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(verdict__in=Verdict.values), name="adjudication_verdict_known"
            ),
            models.CheckConstraint(
                condition=Q(compared__contained_by=Compared.values), name="adjudication_compared_known"
            ),
        )

    def __str__(self) -> str:
        return self.verdict


class Reopening(TenantModel):
    """An inconclusive candidate or pair that is judged again: there is a new photo of one of the two."""

    PREFIX = "reo"

    candidate = owned("recognition.Candidate", null=True)
    verification = owned("recognition.Verification", null=True)
    round = models.PositiveSmallIntegerField(help_text="The round it began.")
    face = owned("recognition.Face", null=True, blank=True)
    found = owned("recognition.FoundFace", null=True, blank=True)
    reason = models.TextField()
    reopened_by = models.CharField(max_length=96)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        """A round begins once, with one new photo: of the person enrolled, or of the one looked for."""

        constraints = (
            models.UniqueConstraint(
                fields=("organization", "candidate", "round"), name="reopened_once_a_round"
            ),
            models.UniqueConstraint(
                fields=("organization", "verification", "round"), name="pair_reopened_once_a_round"
            ),
            models.CheckConstraint(
                condition=Q(candidate__isnull=True) ^ Q(verification__isnull=True),
                name="reopening_of_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(face__isnull=True) ^ Q(found__isnull=True), name="reopening_one_photo"
            ),
        )

    def __str__(self) -> str:
        return f"Round {self.round}"


def _judged_by(reviewer: UUID) -> Exists:
    own = Adjudication.objects.filter(candidate=OuterRef("pk"), round=OuterRef("round"), reviewer=reviewer)
    return Exists(own)
