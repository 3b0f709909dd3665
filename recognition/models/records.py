"""Case records: whom an organization looks for, in which photos. A case of the office is something else."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from portal.tenancy.kinds import ScopedQuerySet, TenantModel, tenant_objects
from recognition.models.fields import owned


class RecordStatus(models.TextChoices):
    """Life of a case record."""

    OPEN = "open", "Open"
    CLOSED = "closed", "Closed"
    FOUND = "found", "Found"


class CaseRecordQuerySet(ScopedQuerySet["CaseRecord"]):
    """Reads of case records."""

    def open(self) -> CaseRecordQuerySet:
        """Leave out closed ones and those of people who were found."""
        return self.filter(status=RecordStatus.OPEN)

    def called(self, reference: str) -> CaseRecordQuerySet:
        """Return the one with this reference, if there is one."""
        return self.filter(reference=reference)

    def with_counts(self) -> CaseRecordQuerySet:
        """Add `photo_count`, one query for all."""
        photos = CaseRecordPhoto.objects.filter(record=models.OuterRef("pk")).order_by().values("record")
        number = photos.annotate(number=models.Count("pk")).values("number")
        return self.annotate(
            photo_count=models.functions.Coalesce(
                models.Subquery(number, output_field=models.IntegerField()), 0
            )
        )


class CaseRecord(TenantModel):
    """One person an organization looks for.

    The reference is the organization's own. When the person was born and went missing, and who reported it,
    is sealed (`recognition.details`), and destroyed when the person is found.
    """

    PREFIX = "cre"

    reference = models.CharField(max_length=100, help_text="As jobs state it: the organization's own.")
    purpose = models.CharField(max_length=64)
    requested_by = models.CharField(max_length=16)
    status = models.CharField(max_length=10, choices=RecordStatus.choices, default=RecordStatus.OPEN)
    details = models.BinaryField(default=bytes, help_text="Sealed; empty where nothing is known.")
    created_by = models.CharField(max_length=96)
    opened_at = models.DateTimeField(db_default=Now(), editable=False)
    ended_at = models.DateTimeField(null=True, blank=True)
    erase_when_lifted = models.BooleanField(
        default=False, help_text="Found while a legal hold stood: erased when it is lifted."
    )

    objects: ClassVar = tenant_objects(CaseRecordQuerySet)

    class Meta:
        """A reference is used once; what has ended says when; only what was found is to be erased."""

        constraints = (
            models.UniqueConstraint(fields=("organization", "reference"), name="case_record_reference_once"),
            models.CheckConstraint(
                condition=Q(status__in=RecordStatus.values), name="case_record_status_known"
            ),
            models.CheckConstraint(
                condition=Q(status=RecordStatus.OPEN, ended_at__isnull=True)
                | (~Q(status=RecordStatus.OPEN) & Q(ended_at__isnull=False)),
                name="case_record_end_has_its_time",
            ),
            models.CheckConstraint(
                condition=Q(erase_when_lifted=False) | Q(status=RecordStatus.FOUND),
                name="case_record_erased_when_found",
            ),
        )
        indexes = (
            models.Index(
                fields=("organization",), condition=Q(erase_when_lifted=True), name="case_record_to_erase"
            ),
        )

    def __str__(self) -> str:
        return self.reference


class CaseRecordPhoto(TenantModel):
    """A photo of the person, with when it was taken, as far as anybody knows (sealed)."""

    PREFIX = "crp"

    record = owned("recognition.CaseRecord")
    image = owned("recognition.Image")
    details = models.BinaryField(default=bytes, help_text="Sealed; empty where nothing is known.")
    edited = models.BooleanField(default=False)
    age_progressed = models.BooleanField(default=False)
    added_by = models.CharField(max_length=96)
    added_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        """A photo is in a record once."""

        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "record", "image"), name="case_record_photo_once"
            ),
        )
        indexes = (models.Index(fields=("organization", "image"), name="case_photo_by_image"),)

    def __str__(self) -> str:
        return self.public_id
