"""Policy versions as published, and the epoch that stops what runs when one is."""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from compliance.policy.packs import version_from_json
from compliance.policy.rules import Lineage, PolicyVersion
from portal.tenancy.kinds import Kind, PlatformModel


class PolicyVersionQuerySet(models.QuerySet["PolicyVersionRecord"]):
    """Reads of policy versions."""

    def of_pack(self, pack: str) -> PolicyVersionQuerySet:
        """Return the published versions of a pack, oldest first."""
        return self.filter(pack=pack, withdrawn_at=None).order_by("number")

    def lineage(self, pack: str) -> Lineage:
        """Return the lineage of a pack."""
        rows = self.of_pack(pack).values_list("pk", "sha256")
        return Lineage(tuple(version_of(pk, sha256) for pk, sha256 in rows))


@lru_cache(maxsize=64)
def version_of(pk: UUID, sha256: str) -> PolicyVersion:
    """Return a version, read once a process: its content never changes."""
    return PolicyVersionRecord.objects.get(pk=pk, sha256=sha256).version


class PolicyVersionRecord(PlatformModel):
    """One published version. Its content is never changed; it can be withdrawn."""

    PREFIX = "pol"

    pack = models.CharField(max_length=64)
    number = models.PositiveIntegerField()
    content = models.JSONField()
    sha256 = models.CharField(max_length=64)
    published_at = models.DateTimeField(help_text="As the version itself says.")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)
    recorded_by = models.CharField(max_length=96)
    countersigned_by = models.CharField(max_length=96, blank=True)
    ratified_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    synthetic = models.BooleanField(default=False, help_text="Published by a command, for tests.")

    objects: ClassVar = PolicyVersionQuerySet.as_manager()

    class Meta:
        """A number is used once a pack."""

        ordering = ("pack", "number")
        constraints = (models.UniqueConstraint(fields=("pack", "number"), name="policy_version_once"),)

    def __str__(self) -> str:
        return f"{self.pack}@{self.number}"

    @property
    def version(self) -> PolicyVersion:
        """The version as rules are read from it."""
        return version_from_json(self.content)


class ProposalStatus(models.TextChoices):
    """Life of a proposal."""

    WAITING = "waiting", "Waiting for the second officer"
    PUBLISHED = "published", "Published"
    REFUSED = "refused", "Refused by the second officer"


class PolicyProposal(PlatformModel):
    """A version an officer proposes. A tightening is published with it; a loosening waits for a second."""

    PREFIX = "prp"

    document = models.TextField()
    sha256 = models.CharField(max_length=64, help_text="Of the document, which a countersignature repeats.")
    based_on = models.CharField(max_length=80)
    loosenings = models.JSONField(default=list, help_text="Where it loosens; nothing for a tightening.")
    status = models.CharField(max_length=10, choices=ProposalStatus.choices, default=ProposalStatus.WAITING)
    proposed_by = models.CharField(max_length=96)
    proposed_at = models.DateTimeField(db_default=Now(), editable=False)
    decided_by = models.CharField(max_length=96, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    published = models.ForeignKey(PolicyVersionRecord, on_delete=models.PROTECT, related_name="+", null=True)

    class Meta:
        """The status is a word; whoever proposes does not decide."""

        constraints = (
            models.CheckConstraint(
                condition=Q(status__in=ProposalStatus.values), name="proposal_status_known"
            ),
            models.CheckConstraint(
                condition=~Q(decided_by=models.F("proposed_by")), name="proposal_two_people"
            ),
        )

    def __str__(self) -> str:
        return f"Proposal on {self.based_on}"


class PolicySimulation(PlatformModel):
    """What a document would have changed in the last 90 days, and what it would hold now."""

    PREFIX = "sim"

    sha256 = models.CharField(max_length=64, help_text="Of the document.")
    version = models.CharField(max_length=80)
    result = models.JSONField()
    simulated_by = models.CharField(max_length=96)
    simulated_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return f"Simulation of {self.version}"


class PolicyEpoch(models.Model):
    """One row: the pack in force and a number that rises with every publication."""

    model_kind = Kind.PLATFORM

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    epoch = models.BigIntegerField(default=0)
    pack = models.CharField(max_length=64)

    class Meta:
        """There is one."""

        constraints = (models.CheckConstraint(condition=Q(id=1), name="policy_epoch_is_one"),)

    def __str__(self) -> str:
        return f"Epoch {self.epoch} of {self.pack}"
