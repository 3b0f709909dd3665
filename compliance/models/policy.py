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

    def other_lineages(self, pack: str) -> list[Lineage]:
        """Return the lineages of all packs but one."""
        packs = self.exclude(pack=pack).order_by("pack").values_list("pack", flat=True).distinct()
        return [self.lineage(name) for name in packs]


@lru_cache(maxsize=64)
def version_of(pk: UUID, sha256: str) -> PolicyVersion:
    """Return a version, read once a process: its content never changes."""
    return version_from_json(PolicyVersionRecord.objects.get(pk=pk, sha256=sha256).content)


@lru_cache(maxsize=64)
def published(label: str, sha256: str) -> PolicyVersion:
    """Return the version of a label such as `pack@3`, read once a process.

    Raises:
        PolicyVersionRecord.DoesNotExist: No version of that label has that content.
    """
    pack, _, number = label.partition("@")
    return PolicyVersionRecord.objects.get(pack=pack, number=number, sha256=sha256).version


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
    told_through = models.UUIDField(
        null=True, blank=True, help_text="Last organization looked at, to tell whom it touches."
    )
    told_at = models.DateTimeField(null=True, blank=True, help_text="When all of them had been told.")

    objects: ClassVar = PolicyVersionQuerySet.as_manager()

    class Meta:
        """A number is used once a pack; whoever publishes neither countersigns nor ratifies."""

        ordering = ("pack", "number")
        constraints = (
            models.UniqueConstraint(fields=("pack", "number"), name="policy_version_once"),
            models.CheckConstraint(
                condition=~Q(countersigned_by=models.F("recorded_by")), name="policy_version_two_people"
            ),
        )

    def __str__(self) -> str:
        return f"{self.pack}@{self.number}"

    @property
    def version(self) -> PolicyVersion:
        """The version as rules are read from it, read once a process: its content never changes."""
        return version_of(self.pk, self.sha256)

    @property
    def shipped(self) -> bool:
        """Whether it came with the product and not from an officer."""
        return self.recorded_by.startswith("system:")


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
