"""What is in force, since when, and what was in force before: for everybody."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from compliance.models import PolicyEpoch, PolicyVersionRecord
from compliance.policy.rules import Kind, PolicyVersion
from portal.common.clock import database_now
from portal.web.policy_words import changes, rule_row, status_of


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show the moratoria in force, their exemptions, and the history of the pack."""
    epoch, now = PolicyEpoch.objects.get(), database_now()
    records = list(PolicyVersionRecord.objects.filter(pack=epoch.pack).order_by("number"))
    version = PolicyVersionRecord.objects.lineage(epoch.pack).known_at(now)
    context = {
        "now": now,
        "policy_version": version.label if version else "",
        "moratoria": _moratoria(version, now) if version else [],
        "history": [_history_row(record, records, now) for record in reversed(records)],
    }
    return render(request, "public/transparency.html", context)


def _moratoria(version: PolicyVersion, now: datetime) -> list[dict[str, Any]]:
    """Return the moratoria that hold now or are still to begin, each with the exemptions that lift it."""
    held = [rule for rule in version.rules if rule.kind is Kind.MORATORIUM]
    return [
        {
            **rule_row(rule),
            "scheduled": now < rule.period.starts_at,
            "exemptions": [rule_row(one) for one in version.rules if rule.id in one.lifts],
        }
        for rule in held
        if rule.period.ends_at is None or now < rule.period.ends_at
    ]


def _history_row(
    record: PolicyVersionRecord, records: list[PolicyVersionRecord], now: datetime
) -> dict[str, Any]:
    version = record.version
    earlier = [one for one in records if not one.withdrawn_at]
    return {
        "number": record.number,
        "status": status_of(record, records, now),
        "published_at": record.published_at,
        "sha256": record.sha256,
        "moratoria": [rule_row(rule) for rule in version.rules if rule.kind is Kind.MORATORIUM],
        "changes": changes(version, earlier),
    }
