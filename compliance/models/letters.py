"""Letters: what the office tells organizations, officers and recipients, kept until mailed and after."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from portal.tenancy.kinds import Identified, Kind, ScopedQuerySet, office_objects


class LetterQuerySet(ScopedQuerySet["Letter"]):
    """Reads of letters."""

    def due(self) -> LetterQuerySet:
        """Return those whose next attempt has come, by the database's clock, the oldest first."""
        return self.filter(sent_at=None, given_up_at=None, next_try_at__lte=Now()).order_by("pk")

    def newest_first(self) -> LetterQuerySet:
        """Return them, the last written first."""
        return self.order_by("-written_at", "-pk")


class Letter(Identified):
    """One letter to one address. Without an organization it is the office's own, and no tenant sees it."""

    PREFIX = "let"
    model_kind: ClassVar[Kind] = Kind.OFFICE

    organization = models.ForeignKey(
        "tenancy.Organization", on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    kind = models.CharField(max_length=48, help_text="Name of its template.")
    about = models.CharField(max_length=96, help_text="Public id it is about, such as cas_…")
    address = models.EmailField(help_text="Where it goes.")
    subject = models.CharField(max_length=200)
    body = models.TextField()
    written_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    given_up_at = models.DateTimeField(null=True, blank=True)
    failure = models.CharField(max_length=64, blank=True, help_text="Class of the last error, no text of it.")

    objects: ClassVar = office_objects(LetterQuerySet)

    class Meta:
        """What was sent was not given up; what waits is found by an index."""

        constraints = (
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True) | Q(given_up_at__isnull=True),
                name="letter_sent_or_given_up",
            ),
        )
        indexes = (
            models.Index(
                fields=("next_try_at",),
                condition=Q(sent_at__isnull=True, given_up_at__isnull=True),
                name="letter_waiting",
            ),
            models.Index(fields=("organization", "about"), name="letter_by_subject"),
        )

    def __str__(self) -> str:
        return self.subject

    @property
    def status(self) -> str:
        """`sent`, `given_up` or `to_be_mailed`."""
        if self.sent_at:
            return "sent"
        return "given_up" if self.given_up_at else "to_be_mailed"
