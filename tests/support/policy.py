"""Versions of the policy for tests: the newest of the default pack, with a rule more."""

from __future__ import annotations

from datetime import UTC, datetime

from compliance.actions import policies
from compliance.models import PolicyVersionRecord
from portal.tenancy.actor import Actor

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
_NEXT = """
pack = "countenance-default"
number = {number}
published_at = 2020-01-01T00:00:00Z
based_on = "countenance-default@{based_on}"
{removed}
"""
_RULE = """
[[rules]]
id = "{rule}"
kind = "moratorium"
effect = "refuse"
period = {{ starts_at = {starts_at}{end} }}
source = {{ document = "Order of the office", dated_on = 2020-01-01, address = "https://example.org/order" }}
source_says = "No face is looked at."
our_reading = "By anybody."
sentence = "No face is looked at for this purpose."
remedy = "Wait until the office lifts it."
[rules.scope]
{scope}
"""


def moratorium(
    rule: str = "no-search-today",
    *,
    starts_at: datetime = LONG_AGO,
    ends_at: datetime | None = None,
    scope: str = 'operation = ["search"]',
) -> PolicyVersionRecord:
    """Publish a moratorium at once; it counts from `starts_at`, and lapses at `ends_at`, if it does."""
    end = f", ends_at = {ends_at.isoformat()}" if ends_at else ""
    return _publish(_RULE.format(rule=rule, starts_at=starts_at.isoformat(), end=end, scope=scope))


def lifted(rule: str = "no-search-today") -> PolicyVersionRecord:
    """Publish a version without a rule."""
    return _publish("", removed=f'removed = ["{rule}"]')


def _publish(rules: str, removed: str = "") -> PolicyVersionRecord:
    newest = PolicyVersionRecord.objects.of_pack("countenance-default").latest("number").number
    head = _NEXT.format(number=newest + 1, based_on=newest, removed=removed)
    return policies.publish_synthetic(document=head + rules, by=Actor.system("tests"))
