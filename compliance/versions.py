"""The life of policy versions, told by their dates and the database's clock: nothing of it is stored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from compliance.documents import difference
from compliance.models import PolicyEpoch, PolicyProposal, PolicySimulation, PolicyVersionRecord
from compliance.models.proposals import SimulationStatus
from compliance.policy.compare import loosenings, permits
from compliance.policy.rules import PolicyVersion, Rule, Source

SIMULATED_WITHIN = timedelta(hours=24)
RATIFIED_WITHIN = timedelta(hours=72)
PLATFORM_STOP = "platform-stop"
_ANY = Source("", date.min, "")


class Life(StrEnum):
    """Where a published version stands."""

    SCHEDULED = "scheduled"
    IN_FORCE_UNRATIFIED = "in_force_unratified"
    IN_FORCE = "in_force"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


class Succession(StrEnum):
    """What a version is to the one before it."""

    EXTENSION = "extension"
    TIGHTENING = "tightening"
    CORRECTION = "correction"
    LIFT = "lift"


@dataclass(frozen=True)
class Chapter:
    """One version in the life of its pack.

    Attributes:
        succession: What it is to the version before it; None for the first.
        superseded_by: The version that took its place.
        ended_by: What that one is to it.
    """

    record: PolicyVersionRecord
    life: Life
    succession: Succession | None
    superseded_by: PolicyVersionRecord | None = None
    ended_by: Succession | None = None

    @property
    def ended_at(self) -> datetime | None:
        """When it stopped counting, None while it counts or never did."""
        return self.superseded_by.published_at if self.superseded_by else None

    @property
    def needs_ratification(self) -> bool:
        """Whether one officer alone put it in force."""
        return not (self.record.shipped or self.record.ratified_at or self.record.synthetic)


@dataclass(frozen=True)
class Unratified:
    """What one officer put in force and no second one ratified.

    Attributes:
        record: The version in force, whose ratification covers those before it.
        since: When the first of an unbroken run of unratified versions began to count: publishing again
            buys no time.
        simulation_due_at: None once its document was simulated.
    """

    record: PolicyVersionRecord
    since: datetime
    ratification_due_at: datetime
    simulation_due_at: datetime | None

    def is_late(self, now: datetime) -> bool:
        """Whether it stands unratified for longer than it may."""
        return self.ratification_due_at <= now

    def simulation_is_late(self, now: datetime) -> bool:
        """Whether nobody simulated it in time."""
        return self.simulation_due_at is not None and self.simulation_due_at <= now


def chapters(pack: str, now: datetime) -> list[Chapter]:
    """Return the life of every version of a pack, oldest first."""
    records = list(PolicyVersionRecord.objects.filter(pack=pack).order_by("number"))
    return list(_chapters(records, now))


def in_force(told: Sequence[Chapter]) -> Chapter | None:
    """Return the version in force among those of a pack, None where there is none."""
    return next((one for one in told if one.life in {Life.IN_FORCE, Life.IN_FORCE_UNRATIFIED}), None)


def unratified(told: Sequence[Chapter]) -> Unratified | None:
    """Return what stands unratified, None where what is in force was ratified."""
    run: list[Chapter] = []
    for chapter in reversed([one for one in told if one.life not in {Life.SCHEDULED, Life.WITHDRAWN}]):
        if not chapter.needs_ratification:
            break
        run.append(chapter)
    if not run:
        return None
    record, since = run[0].record, run[-1].record.published_at
    return Unratified(
        record=record,
        since=since,
        ratification_due_at=since + RATIFIED_WITHIN,
        simulation_due_at=None if _needs_no_simulation(record) else record.published_at + SIMULATED_WITHIN,
    )


def succession(before: PolicyVersion, after: PolicyVersion) -> Succession:
    """Return what a version is to the one before it."""
    if loosenings(before, after):
        return Succession.LIFT
    found = difference(before, after)
    same = not (found.added or found.removed)
    if same and all(_bones(old) == _bones(new) for old, new in found.changed):
        return Succession.CORRECTION
    if same and all(_only_longer(old, new) for old, new in found.changed):
        return Succession.EXTENSION
    return Succession.TIGHTENING


def stop_of(version: PolicyVersion | None) -> Rule | None:
    """Return the rule that stops the whole platform, None where it is not stopped."""
    rules = version.rules if version else ()
    return next((rule for rule in rules if rule.id == PLATFORM_STOP), None)


def only_lifts_stop(before: PolicyVersion, after: PolicyVersion) -> bool:
    """Whether a version ends the stop of the whole platform and changes nothing else."""
    stop = stop_of(before)
    return stop is not None and after.rules == tuple(rule for rule in before.rules if rule != stop)


def version_in_force(now: datetime) -> PolicyVersion | None:
    """Return the version in force of the pack in force."""
    return PolicyVersionRecord.objects.lineage(PolicyEpoch.objects.get().pack).known_at(now)


def _chapters(records: Sequence[PolicyVersionRecord], now: datetime) -> Iterator[Chapter]:
    counted = [record for record in records if not record.withdrawn_at]
    follows = {before.pk: after for before, after in pairwise(counted)}
    kinds = {after.pk: succession(before.version, after.version) for before, after in pairwise(counted)}
    for record in records:
        after = follows.get(record.pk)
        ended = after if after and after.published_at <= now and record.published_at <= now else None
        yield Chapter(
            record=record,
            life=_life(record, ended, now),
            succession=kinds.get(record.pk),
            superseded_by=ended,
            ended_by=kinds[ended.pk] if ended else None,
        )


def _life(record: PolicyVersionRecord, ended: PolicyVersionRecord | None, now: datetime) -> Life:
    if record.withdrawn_at:
        return Life.WITHDRAWN
    if record.published_at > now:
        return Life.SCHEDULED
    if ended:
        return Life.SUPERSEDED
    ratified = record.ratified_at or record.shipped or record.synthetic
    return Life.IN_FORCE if ratified else Life.IN_FORCE_UNRATIFIED


def _needs_no_simulation(record: PolicyVersionRecord) -> bool:
    """Whether it was simulated, or is the platform-wide stop, which refuses everything whatever the past."""
    proposal = PolicyProposal.objects.filter(published=record).first()
    if proposal is None or stop_declared_by(record):
        return True
    done = PolicySimulation.objects.filter(sha256=proposal.sha256, status=SimulationStatus.DONE)
    return done.exists()


def stop_declared_by(record: PolicyVersionRecord) -> bool:
    """Whether this very version declared the platform-wide stop."""
    earlier = PolicyVersionRecord.objects.of_pack(record.pack).filter(number__lt=record.number).last()
    return stop_of(record.version) is not None and stop_of(earlier.version if earlier else None) is None


def _bones(rule: Rule) -> Rule:
    """Return a rule without its texts, which people read and no request is judged by."""
    return replace(rule, source=_ANY, source_says="", our_reading="", sentence="", remedy="")


def _only_longer(old: Rule, new: Rule) -> bool:
    return not permits(new) and _bones(replace(new, period=old.period)) == _bones(old)
