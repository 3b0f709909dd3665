"""What comes before a policy version is published, and what is remembered about it after."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from compliance.models.policy import PolicyVersionRecord
from compliance.policy.packs import version_from_json
from compliance.policy.rules import PolicyVersion
from portal.tenancy.kinds import PlatformModel


class ProposalStatus(models.TextChoices):
    """Life of a version until it is published; from then on its dates tell."""

    DRAFT = "draft", "Draft"
    SIMULATED = "simulated", "Simulated"
    WAITING = "waiting", "Waiting for the second officer"
    PUBLISHED = "published", "Published"
    REFUSED = "refused", "Refused by the second officer"
    DISCARDED = "discarded", "Discarded"


class ProposalQuerySet(models.QuerySet["PolicyProposal"]):
    """Reads of drafts and proposals."""

    def drafts(self) -> ProposalQuerySet:
        """Return what officers still work on, the last changed first."""
        editable = (ProposalStatus.DRAFT, ProposalStatus.SIMULATED)
        return self.filter(status__in=editable).order_by("-changed_at")

    def waiting(self) -> ProposalQuerySet:
        """Return what waits for a second officer, oldest first."""
        return self.filter(status=ProposalStatus.WAITING).order_by("proposed_at")


class PolicyProposal(PlatformModel):
    """A version that an officer drafts, simulates and proposes.

    A tightening is published with it. A loosening takes two signatures from two sign-ins: `signed_by`, which
    stays empty where a shell proposed in an officer's name, and `decided_by`.
    """

    PREFIX = "prp"

    document = models.TextField()
    sha256 = models.CharField(max_length=64, help_text="Of the document, which a countersignature repeats.")
    based_on = models.CharField(max_length=80)
    reasons = models.TextField(blank=True, help_text="Why; everybody can read it once it is published.")
    loosenings = models.JSONField(default=list, help_text="Where it loosens; nothing for a tightening.")
    status = models.CharField(max_length=10, choices=ProposalStatus.choices, default=ProposalStatus.DRAFT)
    started_at = models.DateTimeField(db_default=Now(), editable=False)
    changed_at = models.DateTimeField(db_default=Now())
    proposed_by = models.CharField(max_length=96, help_text="Whose it is.")
    proposed_at = models.DateTimeField(null=True, blank=True)
    signed_by = models.CharField(max_length=96, blank=True, help_text="First signature, with a sign-in.")
    decided_by = models.CharField(max_length=96, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    published = models.ForeignKey(PolicyVersionRecord, on_delete=models.PROTECT, related_name="+", null=True)

    objects: ClassVar = ProposalQuerySet.as_manager()

    class Meta:
        """The status is a word; whoever signs first does not decide."""

        constraints = (
            models.CheckConstraint(
                condition=Q(status__in=ProposalStatus.values), name="proposal_status_known"
            ),
            models.CheckConstraint(
                condition=Q(decided_by="") | ~Q(decided_by=F("signed_by")), name="proposal_two_people"
            ),
        )

    def __str__(self) -> str:
        return f"Proposal on {self.based_on}"


class SimulationStatus(models.TextChoices):
    """Life of a simulation."""

    REQUESTED = "requested", "Waiting for a worker"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class PolicySimulation(PlatformModel):
    """What a version would have changed in the last 90 days, and what it would hold now."""

    PREFIX = "sim"

    sha256 = models.CharField(max_length=64, help_text="Of the document.")
    version = models.CharField(max_length=80)
    content = models.JSONField(default=dict, help_text="The version, whole.")
    status = models.CharField(
        max_length=10, choices=SimulationStatus.choices, default=SimulationStatus.REQUESTED
    )
    result = models.JSONField(null=True)
    failure = models.CharField(max_length=64, blank=True, help_text="Class of the error, no text of it.")
    simulated_by = models.CharField(max_length=96)
    simulated_at = models.DateTimeField(db_default=Now(), editable=False)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """Its status is a word, and what is done has a result; found by its document."""

        constraints = (
            models.CheckConstraint(
                condition=Q(status__in=SimulationStatus.values), name="simulation_status_known"
            ),
            models.CheckConstraint(
                condition=~Q(status=SimulationStatus.DONE) | Q(result__isnull=False),
                name="simulation_done_has_result",
            ),
        )
        indexes = (models.Index(fields=("sha256",), name="simulation_by_document"),)

    def __str__(self) -> str:
        return f"Simulation of {self.version}"

    @property
    def proposed(self) -> PolicyVersion:
        """The version that is simulated."""
        return version_from_json(self.content)


class ChoiceStatus(models.TextChoices):
    """Life of a choice of another pack."""

    WAITING = "waiting", "Waiting for the second officer"
    SCHEDULED = "scheduled", "Scheduled"
    CARRIED_OUT = "carried_out", "In force"
    REFUSED = "refused", "Refused by the second officer"
    WITHDRAWN = "withdrawn", "Withdrawn before it counted"


class PackChoice(PlatformModel):
    """Another pack in force: two officers, and a day in view of all where it loosens anything."""

    PREFIX = "pch"

    old = models.CharField(max_length=64)
    new = models.CharField(max_length=64)
    version = models.CharField(max_length=80, help_text="Newest version of the new pack.")
    sha256 = models.CharField(max_length=64, help_text="Of that version, which both officers sign.")
    reasons = models.TextField(blank=True)
    loosenings = models.JSONField(default=list)
    status = models.CharField(max_length=12, choices=ChoiceStatus.choices, default=ChoiceStatus.WAITING)
    proposed_by = models.CharField(max_length=96)
    proposed_at = models.DateTimeField(db_default=Now(), editable=False)
    signed_by = models.CharField(max_length=96, blank=True)
    decided_by = models.CharField(max_length=96, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    counts_from = models.DateTimeField(null=True, blank=True)
    carried_out_at = models.DateTimeField(null=True, blank=True)
    told_through = models.UUIDField(null=True, blank=True, help_text="Last organization that was told.")
    told_at = models.DateTimeField(null=True, blank=True, help_text="When all of them had been told.")

    class Meta:
        """The status is a word; two people decide; one choice at a time is open."""

        constraints = (
            models.CheckConstraint(
                condition=Q(status__in=ChoiceStatus.values), name="pack_choice_status_known"
            ),
            models.CheckConstraint(
                condition=Q(decided_by="") | ~Q(decided_by=F("signed_by")), name="pack_choice_two_people"
            ),
            models.UniqueConstraint(
                fields=("old",),
                condition=Q(status__in=(ChoiceStatus.WAITING, ChoiceStatus.SCHEDULED)),
                name="pack_choice_one_open",
            ),
        )

    def __str__(self) -> str:
        return f"{self.new} in place of {self.old}"


class ReminderKind(models.TextChoices):
    """What the office is reminded of."""

    RULE_ENDS = "rule_ends", "A refusal ends"
    SIMULATION_LATE = "simulation_late", "A simulation is late"
    RATIFICATION_LATE = "ratification_late", "A ratification is late"


class PolicyReminder(PlatformModel):
    """One reminder to all officers about the policy itself, written once."""

    PREFIX = "prm"

    kind = models.CharField(max_length=20, choices=ReminderKind.choices)
    about = models.CharField(max_length=160, help_text="pol_…, or a rule and its end.")
    days = models.PositiveSmallIntegerField(default=0, help_text="Before the end, where there is one.")
    made_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        """Nobody is reminded of the same twice."""

        constraints = (
            models.UniqueConstraint(fields=("kind", "about", "days"), name="policy_reminder_once"),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.about}"
