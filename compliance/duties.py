"""What the office owes the policy itself: computed on read, so that nothing has to be kept in step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from compliance import versions
from compliance.models import PackChoice, PolicyEpoch, PolicyProposal
from compliance.models.proposals import ChoiceStatus
from compliance.policy.rules import Effect, PolicyVersion, Rule

WARNED_BEFORE = (90, 30, 7)  # days before a refusal ends


@dataclass(frozen=True)
class Duty:
    """One thing that some officer has to do.

    Attributes:
        kind: `ratify`, `simulate`, `countersign`, `choose`, `rule_ends` or `rule_ended`.
        about: Public id of what it is about, or a rule's id.
        sentence: What to do, for people.
        due_at: By when; None where no time is set.
        late: Whether that has passed.
    """

    kind: str
    about: str
    sentence: str
    due_at: datetime | None
    late: bool


def open_duties(now: datetime) -> list[Duty]:
    """Return what is to be done about the policy, what is late first."""
    pack = PolicyEpoch.objects.get().pack
    told = versions.chapters(pack, now)
    chapter = versions.in_force(told)
    found = [*_of_unratified(versions.unratified(told), now), *_of_signatures()]
    if chapter:
        found += _of_ends(chapter.record.version, now)
    return sorted(found, key=lambda duty: (not duty.late, duty.due_at is None, duty.due_at or now))


def ending(version: PolicyVersion, now: datetime) -> list[Rule]:
    """Return the refusals of a version that end within 90 days, or ended and refer until two confirm it."""
    soon = now + timedelta(days=max(WARNED_BEFORE))
    return [rule for rule in version.rules if _refuses_until(rule, soon)]


def _refuses_until(rule: Rule, moment: datetime) -> bool:
    return rule.effect is Effect.REFUSE and rule.period.ends_at is not None and rule.period.ends_at <= moment


def _of_unratified(found: versions.Unratified | None, now: datetime) -> Iterator[Duty]:
    if found is None:
        return
    record, due = found.record, found.ratification_due_at
    late = found.is_late(now)
    yield Duty("ratify", record.public_id, f"Ratify {record}, as a second officer.", due, late)
    if found.simulation_due_at:
        due, late = found.simulation_due_at, found.simulation_is_late(now)
        sentence = f"Simulate {record}, which is in force without a simulation."
        yield Duty("simulate", record.public_id, sentence, due, late)


def _of_signatures() -> Iterator[Duty]:
    for row in PolicyProposal.objects.waiting():
        sentence = f"Decide about a loosening of {row.based_on}, as a second officer."
        yield Duty("countersign", row.public_id, sentence, None, late=False)
    for choice in PackChoice.objects.filter(status=ChoiceStatus.WAITING):
        sentence = f"Decide about {choice}, as a second officer."
        yield Duty("choose", choice.public_id, sentence, None, late=False)


def _of_ends(version: PolicyVersion, now: datetime) -> Iterator[Duty]:
    for rule in ending(version, now):
        ends_at = rule.period.ends_at
        if ends_at and ends_at <= now:
            sentence = (
                f"{rule.id} ended by date. What it refused is referred until two officers confirm the end."
            )
            yield Duty("rule_ended", rule.id, sentence, ends_at, late=True)
        else:
            sentence = f"{rule.id} ends. Extend it, or confirm its end when it has come."
            yield Duty("rule_ends", rule.id, sentence, ends_at, late=False)
