"""Subjects: one person each, whom several faces may show, and how faces went from one to another."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar
from uuid import UUID

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from portal.common.errors import NotFound
from portal.common.ids import parse_public_id
from portal.tenancy.kinds import ScopedQuerySet, TenantModel, tenant_objects
from recognition.models.fields import owned

if TYPE_CHECKING:
    from recognition.models.galleries import Gallery


class SubjectQuerySet(ScopedQuerySet["Subject"]):
    """Reads of subjects."""

    def standing(self) -> SubjectQuerySet:
        """Leave out those that were merged into another."""
        return self.filter(merged_into=None)

    def users(self) -> SubjectQuerySet:
        """Return those that the Rekognition interface calls users: people whom somebody named."""
        return self.standing().filter(is_unnamed=False)

    def with_user_id(self, user_id: str) -> SubjectQuerySet:
        """Return the user of this id: that of the Rekognition interface, else the subject's own."""
        if "\0" in user_id:
            return self.none()
        named = Q(user_id=user_id)
        with suppress(NotFound):
            named |= Q(user_id=None, pk=parse_public_id(Subject.PREFIX, user_id))
        return self.users().filter(named)

    def called(self, name: str) -> SubjectQuerySet:
        """Return the one with this name, merged or not; nobody is called what the database cannot store."""
        return self.none() if "\0" in name else self.filter(name=name)

    def meant_by(self, gallery: Gallery | UUID, names: Collection[str]) -> dict[str, Subject]:
        """Return whom names mean now: the survivor, where the subject was merged; unknown ones left out.

        A name that was merged away stays taken, so that what is enrolled under it goes to the survivor.
        """
        rows = self.filter(gallery=gallery, name__in=names).select_related("merged_into")
        return {row.name: row.merged_into or row for row in rows}


class Subject(TenantModel):
    """One person in one gallery.

    One that was merged into another keeps its row and name, and has neither faces nor case of its own while
    it is so. `merged_into` is the last of a chain of merges: never one that was merged away itself.
    """

    PREFIX = "sub"

    gallery = owned("recognition.Gallery")
    record = owned("recognition.CaseRecord", null=True)
    merged_into = owned("recognition.Subject", null=True)
    name = models.CharField(max_length=200, help_text="The tenant's own reference of the person.")
    user_id = models.CharField(
        max_length=128, null=True, help_text="In the Rekognition interface; its own id where there is none."
    )
    is_unnamed = models.BooleanField(
        default=False, help_text="Stands for one face that was indexed without saying whom it shows."
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects: ClassVar = tenant_objects(SubjectQuerySet)

    class Meta:
        """A reference is used once a gallery; who was merged away belongs to no case and is not itself."""

        constraints = (
            models.UniqueConstraint(fields=("organization", "gallery", "name"), name="subject_name_once"),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | (~Q(merged_into=F("id")) & Q(record__isnull=True)),
                name="subject_merged_has_nothing",
            ),
            models.UniqueConstraint(
                fields=("organization", "gallery", "user_id"), name="subject_user_id_once"
            ),
            models.CheckConstraint(
                condition=Q(is_unnamed=False) | Q(user_id__isnull=True), name="subject_unnamed_is_no_user"
            ),
        )
        indexes = (
            models.Index(
                fields=("organization", "merged_into"),
                condition=Q(merged_into__isnull=False),
                name="subject_by_survivor",
            ),
            models.Index(
                fields=("organization", "gallery", "id"),
                condition=Q(is_unnamed=False, merged_into__isnull=True),
                name="subject_user",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def wire_id(self) -> str:
        """Its user id in the Rekognition interface."""
        return self.user_id or self.public_id

    @property
    def is_user(self) -> bool:
        """Whether the Rekognition interface knows them as a user."""
        return not self.is_unnamed and self.merged_into_id is None

    @classmethod
    def of_face(cls, gallery: Gallery, face: UUID) -> Subject:
        """Return a new subject, not saved, for one face that nobody was named for."""
        name = cls.name_of_face(face)
        return cls(organization_id=gallery.organization_id, gallery=gallery, name=name, is_unnamed=True)

    @staticmethod
    def name_of_face(face: UUID) -> str:
        """Return how the subject is called that stands for one face."""
        return f"face {face}"


class SubjectMergeQuerySet(ScopedQuerySet["SubjectMerge"]):
    """Reads of merges."""

    def in_force(self) -> SubjectMergeQuerySet:
        """Leave out those that were undone."""
        return self.filter(undone_at=None)

    def under(self, survivor: Subject) -> SubjectMergeQuerySet:
        """Return the merges in force that made a subject what it is, those before another merge too."""
        return self.in_force().filter(Q(survivor=survivor) | Q(survivor__merged_into=survivor))


class SubjectMerge(TenantModel):
    """Two subjects said to be one person; undone, where they were not."""

    PREFIX = "mrg"

    gallery = owned("recognition.Gallery")
    survivor = owned("recognition.Subject")
    merged = owned("recognition.Subject")
    record = owned("recognition.CaseRecord", null=True)
    gave_record = models.BooleanField(
        default=False, help_text="The survivor belonged to no case before and got this one."
    )
    reason = models.TextField()
    merged_by = models.CharField(max_length=96)
    merged_at = models.DateTimeField(db_default=Now(), editable=False)
    undone_because = models.TextField(blank=True)
    undone_by = models.CharField(max_length=96, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = tenant_objects(SubjectMergeQuerySet)

    class Meta:
        """Nobody is merged with themselves or into two; what was undone says by whom, when and why."""

        constraints = (
            models.UniqueConstraint(
                fields=("organization", "merged"),
                condition=Q(undone_at__isnull=True),
                name="subject_merged_once_at_a_time",
            ),
            models.CheckConstraint(condition=~Q(survivor=F("merged")), name="subject_merge_of_two"),
            models.CheckConstraint(
                condition=Q(undone_at__isnull=True, undone_by="", undone_because="")
                | (Q(undone_at__isnull=False) & ~Q(undone_by="") & ~Q(undone_because="")),
                name="subject_merge_undone_by_whom_and_why",
            ),
            models.CheckConstraint(
                condition=Q(gave_record=False) | Q(record__isnull=False), name="subject_merge_gave_a_record"
            ),
        )
        indexes = (models.Index(fields=("organization", "survivor"), name="subject_merge_by_survivor"),)

    def __str__(self) -> str:
        return self.public_id


class FaceMove(TenantModel):
    """A face that went from one subject to another: with a merge, when one was undone, or alone."""

    PREFIX = "mov"

    face = owned("recognition.Face")
    came_from = owned("recognition.Subject")
    went_to = owned("recognition.Subject")
    merge = owned("recognition.SubjectMerge", null=True)
    reason = models.TextField()
    moved_by = models.CharField(max_length=96)
    moved_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        """From one to another."""

        constraints = (models.CheckConstraint(condition=~Q(came_from=F("went_to")), name="face_moved_away"),)
        indexes = (
            models.Index(fields=("organization", "face"), name="face_move_by_face"),
            models.Index(fields=("organization", "merge"), name="face_move_by_merge"),
        )

    def __str__(self) -> str:
        return self.public_id
