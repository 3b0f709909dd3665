"""Every ruling that was made, with everything that led to it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from compliance.models.fields import is_word, word_field
from compliance.models.policy import published
from compliance.policy.facts import Facts
from compliance.policy.obligations import Obligations, read_obligations
from compliance.policy.shorthand import expand
from compliance.policy.vocabulary import Gate, MoratoriumStatus, Outcome
from portal.tenancy.kinds import OfficeModel, ScopedQuerySet, office_objects


class RulingQuerySet(ScopedQuerySet["RulingRecord"]):
    """Reads of rulings."""

    def about(self, subject: str) -> RulingQuerySet:
        """Return the rulings on one job or call, oldest first."""
        return self.filter(subject=subject).order_by("pk")

    def still_open(self) -> RulingQuerySet:
        """Return those under which something may still run."""
        return self.filter(open=True)


class RulingRecord(OfficeModel):
    """One ruling. Inserted, and closed when what it is about has ended; nothing else ever changes.

    `subject` is text (`job_…`, `call_…`): rulings know nothing of jobs, and outlive them.
    """

    PREFIX = "rul"

    subject = models.CharField(max_length=96)
    gate = word_field(Gate)
    made_for = models.CharField(max_length=96, help_text="Actor who asked.")
    outcome = word_field(Outcome)
    rule = models.CharField(max_length=96, help_text="Id of the rule that decided.")
    sentence = models.TextField()
    remedy = models.TextField()
    source = models.JSONField(help_text="Where the deciding rule comes from.")
    period = models.JSONField(help_text="In which it holds, as the version then in force said.")
    facts = models.JSONField()
    facts_sha256 = models.CharField(max_length=64)
    version = models.CharField(max_length=80, blank=True)
    version_sha256 = models.CharField(max_length=64, blank=True)
    evaluator_hash = models.CharField(max_length=64)
    at = models.DateTimeField()
    known_at = models.DateTimeField()
    findings = models.JSONField(help_text="Every rule with what it looked at and its result, in short.")
    obligations = models.JSONField(default=dict)
    valid_until = models.DateTimeField(null=True, blank=True)
    recorded_status = word_field(MoratoriumStatus)
    computed_status = word_field(MoratoriumStatus)
    policy_epoch = models.BigIntegerField()
    organization_epoch = models.BigIntegerField()
    open = models.BooleanField(default=True)
    made_at = models.DateTimeField(db_default=Now(), editable=False)

    objects: ClassVar = office_objects(RulingQuerySet)

    class Meta:
        """Outcome and gate are words; rulings are found by what they are about."""

        constraints = (
            models.CheckConstraint(condition=is_word("outcome", Outcome), name="ruling_outcome_known"),
            models.CheckConstraint(condition=is_word("gate", Gate), name="ruling_gate_known"),
        )
        indexes = (
            models.Index(fields=("organization", "subject"), name="ruling_by_subject"),
            models.Index(fields=("made_at",), condition=Q(open=True), name="ruling_open"),
        )

    def __str__(self) -> str:
        return f"{self.outcome} by {self.rule}"

    @property
    def is_cleared(self) -> bool:
        """Whether it lets things go ahead."""
        return self.outcome == Outcome.CLEARED

    @property
    def looked_at(self) -> list[dict[str, Any]]:
        """Every rule with what it looked at and its result, also those after the one that decided."""
        if isinstance(self.findings, list):  # as rulings were stored before there was a short form
            return self.findings
        version = published(self.version, self.version_sha256) if self.version else None
        return expand(self.findings, version)

    @property
    def demands(self) -> Obligations:
        """What has to be kept."""
        return read_obligations(self.obligations)

    @property
    def stated(self) -> Facts:
        """The facts it was made on."""
        return Facts.from_json(self.facts)

    def holds_at(self, moment: datetime) -> bool:
        """Whether it is cleared and its end is still ahead at a moment of the database's clock."""
        return self.is_cleared and (self.valid_until is None or moment < self.valid_until)
