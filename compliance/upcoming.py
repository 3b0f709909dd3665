"""What rules change for an organization at a moment: its own grants, judged just before it and then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from compliance.documents import difference
from compliance.models import PackChoice, PolicyVersionRecord
from compliance.policy.rules import Lineage, PolicyVersion
from compliance.policy.vocabulary import Outcome
from compliance.standing import LineStanding, Standing, lineage_in_force, standing
from portal.tenancy.models import Organization

LOOKS_AHEAD = timedelta(days=90)
_JUST_BEFORE = timedelta(microseconds=1)


@dataclass(frozen=True)
class Change:
    """One grant that is judged otherwise from a moment on."""

    moment: datetime
    purpose: str
    end_user: str
    before: Outcome
    after: Outcome
    rule: str
    sentence: str
    remedy: str


def ahead(organization: Organization, now: datetime) -> list[Change]:
    """Return what rules change for an organization within 90 days, the next first. In its scope."""
    lineage = lineage_in_force()
    found = {moment for moment in _boundaries(lineage, now) if now < moment <= now + LOOKS_AHEAD}
    return [change for moment in sorted(found) for change in at(organization, moment)]


def by_version(organization: Organization, record: PolicyVersionRecord) -> list[Change]:
    """Return what a version changes for an organization, when it begins to count and later. In its scope."""
    moments = {record.published_at}
    before = PolicyVersionRecord.objects.of_pack(record.pack).filter(number__lt=record.number).last()
    if before:
        found = difference(before.version, record.version)
        rules = (*(rule for pair in found.changed for rule in pair), *found.added, *found.removed)
        ends = (moment for rule in rules for moment in (rule.period.starts_at, rule.period.ends_at))
        moments |= {moment for moment in ends if moment and moment > record.published_at}
    return [change for moment in sorted(moments) for change in at(organization, moment)]


def at(organization: Organization, moment: datetime) -> list[Change]:
    """Return the grants that are judged otherwise at a moment than just before it. In a scope."""
    before, after = (standing(organization, at=one) for one in (moment - _JUST_BEFORE, moment))
    return _between(before, after, moment)


def by_choice(organization: Organization, choice: PackChoice) -> list[Change]:
    """Return what another pack changes for an organization when it begins to count. In its scope."""
    moment = choice.counts_from
    if moment is None:
        return []  # nobody approved it yet
    before, after = (
        standing(organization, at=moment, lineage=PolicyVersionRecord.objects.lineage(pack))
        for pack in (choice.old, choice.new)
    )
    return _between(before, after, moment)


def _between(before: Standing, after: Standing, moment: datetime) -> list[Change]:
    earlier = {line.grant.pk: line for line in before.lines if line.in_force}
    pairs = ((earlier.get(line.grant.pk), line) for line in after.lines if line.in_force)
    return [_change(old, new, moment) for old, new in pairs if old is not None and _differs(old, new)]


def _boundaries(lineage: Lineage, now: datetime) -> Iterator[datetime]:
    """Yield when versions begin to count, and when rules of those that count begin or end."""
    coming = [version for version in lineage.versions if version.published_at > now]
    yield from (version.published_at for version in coming)
    in_force = lineage.known_at(now)
    for version in [*coming, *([in_force] if in_force else [])]:
        yield from _ends(version)


def _ends(version: PolicyVersion) -> Iterator[datetime]:
    for rule in version.rules:
        yield rule.period.starts_at
        if rule.period.ends_at:
            yield rule.period.ends_at


def _differs(old: LineStanding, new: LineStanding) -> bool:
    return (old.ruling.outcome, old.ruling.obligations) != (new.ruling.outcome, new.ruling.obligations)


def _change(old: LineStanding, new: LineStanding, moment: datetime) -> Change:
    return Change(
        moment=moment,
        purpose=new.grant.get_purpose_display(),
        end_user=str(new.end_user),
        before=old.ruling.outcome,
        after=new.ruling.outcome,
        rule=new.ruling.rule_id,
        sentence=new.ruling.sentence,
        remedy=new.ruling.remedy,
    )
