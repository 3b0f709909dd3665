"""Policy versions on a time line, and their rules as source and reading."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.urls import reverse

from compliance.models import PolicyEpoch, PolicyVersionRecord
from compliance.policy.dimensions import DIMENSIONS
from compliance.policy.rules import Kind, PolicyVersion, Rule
from portal.common.clock import database_now
from portal.common.errors import NotFound
from portal.common.ids import parse_public_id
from portal.web.officer.guards import OfficerRequest, office_page, officer_view
from portal.web.officer.proposals import waiting
from portal.web.onboarding.standing import conditions
from portal.web.templatetags.countenance import words

_TITLES = {
    Kind.MORATORIUM: "Moratoria",
    Kind.EXEMPTION: "Exemptions",
    Kind.LAW: "Laws",
    Kind.SWITCH: "Switched off for everybody",
    Kind.FLOOR: "Floors, reviews and budgets",
    Kind.BASELINE: "What is allowed at all",
    Kind.STANDING: "Standing",
}


@officer_view()
def listed(request: OfficerRequest) -> HttpResponse:
    """Show every version of every pack on a time line, the pack in force first."""
    epoch, now = PolicyEpoch.objects.get(), database_now()
    records = list(PolicyVersionRecord.objects.order_by("pack", "-number"))
    packs: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        packs.setdefault(record.pack, []).append(_version_row(record, records, now, epoch.pack))
    ordered = sorted(packs.items(), key=lambda pair: (pair[0] != epoch.pack, pair[0]))
    context = {
        "epoch": epoch,
        "proposals": waiting(request),
        "packs": [{"name": name, "in_force": name == epoch.pack, "versions": rows} for name, rows in ordered],
    }
    return office_page(request, "officer/policies.html", context)


def _version_row(
    record: PolicyVersionRecord, records: list[PolicyVersionRecord], now: datetime, chosen: str
) -> dict[str, Any]:
    version = record.version
    return {
        "label": str(record),
        "number": record.number,
        "url": reverse("officer_policy", args=[record.public_id]),
        "status": status_of(record, records, now) if record.pack == chosen else "",
        "published_at": record.published_at,
        "shipped": record.recorded_by.startswith("system:"),
        "ratified_at": record.ratified_at,
        "rules": len(version.rules),
        "sha256": record.sha256,
        "moratoria": [rule_row(rule) for rule in version.rules if rule.kind is Kind.MORATORIUM],
    }


def status_of(record: PolicyVersionRecord, records: list[PolicyVersionRecord], now: datetime) -> str:
    """Return where a version stands among those of its pack."""
    if record.withdrawn_at:
        return "withdrawn"
    if record.published_at > now:
        return "scheduled"
    later = [one for one in records if one.pack == record.pack and one.number > record.number]
    if any(one.published_at <= now and not one.withdrawn_at for one in later):
        return "superseded"
    shipped = record.recorded_by.startswith("system:")
    return "in_force" if record.ratified_at or shipped else "in_force_unratified"


@officer_view()
def shown(request: OfficerRequest, policy_id: str) -> HttpResponse:
    """Show one version: its rules by kind, source and reading apart."""
    record = PolicyVersionRecord.objects.filter(
        pk=parse_public_id(PolicyVersionRecord.PREFIX, policy_id)
    ).first()
    if record is None:
        raise NotFound()
    records = list(PolicyVersionRecord.objects.of_pack(record.pack))
    version, now = record.version, database_now()
    context = {
        "record": record,
        "status": status_of(record, records, now),
        "shipped": record.recorded_by.startswith("system:"),
        "can_ratify": record.ratified_at is None and _by_another_officer(record, request),
        "groups": grouped(version),
        "changes": _changes(version, records),
    }
    return office_page(request, "officer/policy.html", context)


def _by_another_officer(record: PolicyVersionRecord, request: OfficerRequest) -> bool:
    return record.recorded_by.startswith("usr_") and record.recorded_by != request.actor.id


def grouped(version: PolicyVersion) -> list[dict[str, Any]]:
    """Return the rules of a version by kind, in the order that people ask for them."""
    groups = [
        {"title": title, "rules": [rule_row(rule) for rule in version.rules if rule.kind is kind]}
        for kind, title in _TITLES.items()
    ]
    return [group for group in groups if group["rules"]]


def rule_row(rule: Rule) -> dict[str, Any]:
    """Return one rule in words."""
    return {
        "id": rule.id,
        "sentence": rule.sentence,
        "effect": rule.effect,
        "from": rule.period.starts_at,
        "until": rule.period.ends_at,
        "source": rule.source.document,
        "source_dated": rule.source.dated_on,
        "source_url": rule.source.address if rule.source.address.startswith("https://") else "",
        "source_says": rule.source_says,
        "our_reading": rule.our_reading,
        "remedy": rule.remedy,
        "lifts": sorted(rule.lifts),
        "scope": [_condition(one.dimension, one.words) for one in rule.scope],
        "obligations": conditions(rule.obligations),
    }


def _condition(dimension: str, wanted: frozenset[str]) -> dict[str, str]:
    told = ", ".join(words(one) if one.islower() else one for one in sorted(wanted))
    label = DIMENSIONS[dimension].label
    return {"key": label[:1].upper() + label[1:], "value": told}


def _changes(version: PolicyVersion, records: list[PolicyVersionRecord]) -> list[str]:
    """Return how a version differs from the one before it, rule by rule."""
    earlier = [one for one in records if one.number < version.number]
    if not earlier:
        return []
    before = {rule.id: rule for rule in earlier[-1].version.rules}
    after = {rule.id: rule for rule in version.rules}
    added = [f"Adds {name}." for name in after if name not in before]
    removed = [f"Drops {name}." for name in before if name not in after]
    kept = [name for name in after if name in before and after[name] != before[name]]
    changed = [f"Changes {name}: {after[name].sentence}" for name in kept]
    return [*changed, *added, *removed]
