"""Policy versions on a time line, and their rules as source and reading."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.urls import reverse

from compliance.models import PolicyEpoch, PolicyVersionRecord
from compliance.policy.rules import Kind
from portal.common.clock import database_now
from portal.common.errors import NotFound
from portal.common.ids import parse_public_id
from portal.web.officer.guards import OfficerRequest, office_page, officer_view
from portal.web.officer.proposals import waiting
from portal.web.policy_words import changes, grouped, rule_row, status_of


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
        "changes": changes(version, records),
    }
    return office_page(request, "officer/policy.html", context)


def _by_another_officer(record: PolicyVersionRecord, request: OfficerRequest) -> bool:
    return record.recorded_by.startswith("usr_") and record.recorded_by != request.actor.id
