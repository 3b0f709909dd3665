"""`usage/`: what the organization used, by day and month, and what is left of its quotas."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.endpoint import Endpoint
from portal.api.examples import answered
from portal.api.trail_examples import USAGE
from portal.common.clock import database_now
from portal.common.errors import InvalidInput
from portal.tenancy.scope import tenant_scope
from recognition import quotas, usage

DAYS = 31  # unless asked otherwise
MOST_DAYS = 366


class DayOutput(serializers.Serializer[Any]):
    """One day with use."""

    day = serializers.DateField(help_text="In UTC.")
    items = serializers.IntegerField(help_text="Photos and pairs that were looked at, each once.")
    calls = serializers.IntegerField(help_text="Of these, synchronous calls.")


class MonthOutput(serializers.Serializer[Any]):
    """One month with use, as far as the days that were asked for reach."""

    month = serializers.DateField(help_text="Its first day.")
    items = serializers.IntegerField()
    calls = serializers.IntegerField()


class QuotaOutput(serializers.Serializer[Any]):
    """One limit."""

    name = serializers.CharField(help_text="As the code of a refusal names it: `quota_…`.")
    words = serializers.CharField()
    used = serializers.IntegerField()
    limit = serializers.IntegerField()
    left = serializers.IntegerField()


class UsageOutput(serializers.Serializer[Any]):
    """Use and limits of the whole organization, whichever key or person it was."""

    first = serializers.DateField()
    last = serializers.DateField(help_text="Today, in UTC.")
    items = serializers.IntegerField(help_text="Of all these days.")
    calls = serializers.IntegerField()
    days = DayOutput(many=True)
    months = MonthOutput(many=True)
    quotas = QuotaOutput(many=True)


class UsageView(Endpoint):
    """Use and limits."""

    @extend_schema(
        operation_id="usage_read",
        tags=["usage"],
        parameters=[
            OpenApiParameter(
                "days",
                {"type": "integer", "minimum": 1, "maximum": MOST_DAYS, "default": DAYS},
                description="How many days, up to today.",
            )
        ],
        responses=UsageOutput,
        examples=[answered("A charity in its first month", USAGE)],
    )
    def get(self, request: Request) -> Response:
        """Return what was used, newest first, and what is left. Days and months without use are left out."""
        last = database_now().astimezone(UTC).date()
        first = last - timedelta(days=_days(request) - 1)
        with tenant_scope(self.organization):
            days, months = usage.by_day(first, last), usage.by_month(first, last)
            limits = [_limit(row) for row in quotas.as_rows()]
        total = {name: sum(day[name] for day in days) for name in ("items", "calls")}
        told = {"first": first, "last": last, **total, "days": days, "months": months, "quotas": limits}
        return Response(UsageOutput(told).data)


def _days(request: Request) -> int:
    text = request.query_params.get("days", str(DAYS))
    short = text.isascii() and text.isdecimal() and len(text) <= len(str(MOST_DAYS))
    if not (short and 1 <= int(text) <= MOST_DAYS):
        raise InvalidInput("bad_days", f"Ask for 1 to {MOST_DAYS} days.", field="days")
    return int(text)


def _limit(row: quotas.Row) -> dict[str, Any]:
    used, limit = row.used, row.limit
    return {"name": row.name, "words": row.words, "used": used, "limit": limit, "left": max(limit - used, 0)}
