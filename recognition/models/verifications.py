"""What comparing the two photos of a pair came to."""

from __future__ import annotations

from typing import ClassVar, TypeAlias
from uuid import UUID

from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from portal.tenancy.kinds import ScopedQuerySet, TenantModel, tenant_objects
from recognition.models.fields import owned
from recognition.models.results import Adjudication, Candidate, CandidateStatus


class VerificationQuerySet(ScopedQuerySet["Verification"]):
    """Reads of verifications."""

    def alike(self) -> VerificationQuerySet:
        """Return those at or above their threshold."""
        return self.filter(similarity__gte=F("threshold"))

    def unsettled(self) -> VerificationQuerySet:
        """Return those at or above their threshold that wait for a judgment."""
        return self.alike().filter(status=CandidateStatus.CANDIDATE)

    def to_judge(self, reviewer: UUID) -> VerificationQuerySet:
        """Return those that wait for a judgment and that this reviewer has not judged in this round."""
        own = Adjudication.objects.filter(
            verification=OuterRef("pk"), round=OuterRef("round"), reviewer=reviewer
        )
        return self.unsettled().exclude(Exists(own))


class Verification(TenantModel):
    """How alike the largest usable faces of a pair of photos are. Not an identification.

    A pair of which one photo has no usable face has no row: nothing was compared, and that is not a "no".
    """

    PREFIX = "ver"

    item = owned("recognition.Item")
    first = owned("recognition.FoundFace")
    second = owned("recognition.FoundFace")
    similarity = models.FloatField(help_text="0 to 100.")
    threshold = models.FloatField(help_text="Similarity in force when the two were compared.")
    status = models.CharField(
        max_length=12, choices=CandidateStatus.choices, default=CandidateStatus.CANDIDATE
    )
    round = models.PositiveSmallIntegerField(default=1, help_text="Judged anew with a new photo: 2, 3, …")

    objects: ClassVar = tenant_objects(VerificationQuerySet)

    class Meta:
        """A pair is compared once."""

        constraints = (
            models.UniqueConstraint(fields=("organization", "item"), name="verification_once"),
            models.CheckConstraint(
                condition=Q(similarity__gte=0, similarity__lte=100, threshold__gte=0, threshold__lte=100),
                name="verification_on_scale",
            ),
            models.CheckConstraint(
                condition=Q(status__in=CandidateStatus.values), name="verification_status_known"
            ),
        )

    def __str__(self) -> str:
        return f"Verification {self.similarity}"

    @property
    def is_alike(self) -> bool:
        """Whether the similarity is at or above the threshold."""
        return self.similarity >= self.threshold


Judged: TypeAlias = Candidate | Verification


def reference(judged: Judged, *, candidate: str = "candidate") -> dict[str, Judged]:
    """Return what names a candidate or a pair in a row about it, by its field.

    Args:
        judged: The candidate or the pair.
        candidate: The field that names a candidate; a pair is named by `verification`.
    """
    return {"verification" if isinstance(judged, Verification) else candidate: judged}
