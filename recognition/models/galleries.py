"""Galleries and their enrolled faces."""

from __future__ import annotations

from contextlib import suppress
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce, Now
from pgvector.django import VectorField

from portal.common.errors import NotFound
from portal.common.ids import parse_public_id
from portal.tenancy.kinds import ScopedQuerySet, TenantModel, tenant_objects
from recognition.models.fields import days, owned
from recognition.models.subjects import Subject, SubjectQuerySet

# Tags that mean something here; each may only narrow what is allowed without it.
KEPT_DAYS = "countenance:retention_days"
LEAST_SIMILARITY = "countenance:min_similarity"
FALSE_CANDIDATES = "countenance:false_candidates"


class GalleryQuerySet(ScopedQuerySet["Gallery"]):
    """Reads of galleries."""

    def in_use(self) -> GalleryQuerySet:
        """Leave out deleted ones."""
        return self.filter(deleted_at=None)

    def locked(self) -> GalleryQuerySet:
        """Lock them against change until the transaction ends.

        `FOR NO KEY UPDATE`: references to a gallery are checked when a call or a job commits, which holds the
        organization's counts by then. Were it to wait for the gallery, and who has that for the counts, both
        would wait for ever.
        """
        return self.select_for_update(of=("self",), no_key=True)

    def called(self, collection_id: str) -> GalleryQuerySet:
        """Return the one that the Rekognition interface calls so: by its collection id, else by its own."""
        if "\0" in collection_id:  # nothing is called what the database cannot store
            return self.none()
        named = Q(collection_id=collection_id)
        with suppress(NotFound):
            named |= Q(collection_id=None, pk=parse_public_id(Gallery.PREFIX, collection_id))
        return self.filter(named)

    def with_overdue_faces(self) -> GalleryQuerySet:
        """Return those that have faces for longer than they may keep them."""
        return self.in_use().filter(Exists(Face.objects.overdue().filter(gallery=OuterRef("pk"))))

    def with_counts(self) -> GalleryQuerySet:
        """Add `face_count` and `subject_count`, one query for all."""
        return self.annotate(
            face_count=_count(Face.objects.filter(gallery=OuterRef("pk"))),
            subject_count=_count(listed_subjects().filter(gallery=OuterRef("pk"))),
        )


class Gallery(TenantModel):
    """Enrolled people for one purpose, with legal basis, owner and retention.

    `version` rises with each change of its faces, so that workers know when their copy is stale. A deleted
    gallery keeps its row, for the jobs that name it, and nothing else.
    """

    PREFIX = "gal"

    name = models.CharField(max_length=200)
    purpose = models.CharField(max_length=64)
    legal_basis = models.CharField(max_length=200)
    owner = models.CharField(max_length=200, help_text="Who answers for it.")
    retention_days = models.PositiveIntegerField()
    image_source = models.CharField(max_length=32)
    jurisdictions = ArrayField(models.CharField(max_length=16), default=list, help_text="Of its subjects.")
    collection_id = models.CharField(
        max_length=255, null=True, help_text="In the Rekognition interface; its own id where there is none."
    )
    tags = models.JSONField(default=dict, help_text="Those of the Rekognition interface.")
    pipeline = models.CharField(max_length=64, blank=True, help_text="Pinned by the first enrolled face.")
    next_pipeline = models.CharField(
        max_length=64, blank=True, help_text="Where a re-embedding takes it; empty where none runs."
    )
    key_version = models.PositiveIntegerField(default=1)
    version = models.BigIntegerField(default=0)
    created_by = models.CharField(max_length=96)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = tenant_objects(GalleryQuerySet)

    class Meta:
        """A name is used once at a time."""

        permissions = (("use_gallery", "Enroll into and search the gallery"),)
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "name"),
                condition=Q(deleted_at__isnull=True),
                name="gallery_name_once",
            ),
            models.UniqueConstraint(
                fields=("organization", "collection_id"),
                condition=Q(deleted_at__isnull=True),
                name="gallery_collection_id_once",
            ),
            models.CheckConstraint(
                condition=Q(retention_days__gte=1, retention_days__lte=3650), name="gallery_retention_sane"
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def wire_id(self) -> str:
        """Its collection id in the Rekognition interface."""
        return self.collection_id or self.public_id

    @property
    def least_similarity(self) -> float:
        """Searches of it name nobody below this, 0 to 100: a tag may ask for more than the rules do."""
        return float(self.tags.get(LEAST_SIMILARITY, 0))

    @property
    def most_false_candidates(self) -> float | None:
        """So many false candidates a search of it may be expected to name, where a tag says so."""
        said = self.tags.get(FALSE_CANDIDATES)
        return float(said) if said else None


class RekeyReason(models.TextChoices):
    """Why a gallery got a key."""

    FIRST = "first", "It was made with the gallery"
    ROUTINE = "routine", "It is renewed from time to time"
    THEFT = "theft", "Stored templates may have been stolen"


class GalleryKey(TenantModel):
    """The secret seed of a gallery's template rotation, sealed under the organization's data key."""

    PREFIX = "gky"

    gallery = owned("recognition.Gallery")
    version = models.PositiveIntegerField()
    seed = models.BinaryField()
    reason = models.CharField(max_length=10, choices=RekeyReason.choices, default=RekeyReason.FIRST)
    created_by = models.CharField(max_length=96, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        """One seed a version; a re-key finds those that are old."""

        constraints = (
            models.CheckConstraint(
                condition=Q(reason__in=RekeyReason.values), name="gallery_key_reason_known"
            ),
            models.UniqueConstraint(fields=("organization", "gallery", "version"), name="gallery_key_once"),
        )

    def __str__(self) -> str:
        return f"Key {self.version}"


class FaceQuerySet(ScopedQuerySet["Face"]):
    """Reads of enrolled faces."""

    def searched(self) -> FaceQuerySet:
        """Return those with a template of their gallery's pipeline: the only ones that are searched."""
        return self.filter(pipeline=F("gallery__pipeline"))

    def left_out(self) -> FaceQuerySet:
        """Return those that are kept, and not in the version of their gallery that is searched."""
        return self.exclude(pipeline=F("gallery__pipeline"))

    def overdue(self) -> FaceQuerySet:
        """Return those that were kept for as long as their gallery says.

        A gallery that says longer than a grant allows is refused at the gate.
        """
        return self.filter(created_at__lte=Now() - days(F("gallery__retention_days")))


class Face(TenantModel):
    """An enrolled face: its template (rotated by the gallery's secret), where it was, how good it is."""

    PREFIX = "fac"

    gallery = owned("recognition.Gallery")
    subject = owned("recognition.Subject")
    image = owned("recognition.Image")
    index = models.PositiveSmallIntegerField(help_text="Number of the face in its photo.")
    template = VectorField()
    next_template = VectorField(
        null=True, help_text="By the gallery's next pipeline, under the same key; not searched yet."
    )
    key_version = models.PositiveIntegerField()
    pipeline = models.CharField(max_length=64)
    box = models.JSONField(help_text="left, top, width, height in pixels of the upright photo.")
    quality = models.JSONField(default=dict)
    external_image_id = models.CharField(
        max_length=255, blank=True, help_text="What the Rekognition interface was told of its photo."
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects: ClassVar = tenant_objects(FaceQuerySet)

    class Meta:
        """A face of a photo is enrolled once a gallery."""

        constraints = (
            models.UniqueConstraint(
                fields=("organization", "gallery", "image", "index"), name="face_enrolled_once"
            ),
        )
        indexes = (
            models.Index(fields=("organization", "subject"), name="face_by_subject"),
            models.Index(fields=("organization", "gallery", "id"), name="face_by_gallery"),
        )

    def __str__(self) -> str:
        return self.public_id


def listed_subjects() -> SubjectQuerySet:
    """Return the subjects that lists show: all but those that stood for a face which is somebody's by now."""
    has_face = Exists(Face.objects.filter(subject=OuterRef("pk")))
    return Subject.objects.standing().filter(Q(is_unnamed=False) | has_face)


def _count(rows: models.QuerySet[models.Model]) -> Coalesce:
    counted = rows.order_by().values("gallery").annotate(number=models.Count("pk")).values("number")
    return Coalesce(models.Subquery(counted, output_field=models.IntegerField()), 0)
