"""Limits a key, a minute: reading, writing and uploading are counted apart."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from portal.api.authentication import caller_of
from portal.tenancy import rates
from portal.tenancy.rates import Rate

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class KeyThrottle(BaseThrottle):
    """Counts a call, and notes the rate on the view for the answer's headers."""

    rate: Rate | None = None

    def allow_request(self, request: Request, view: APIView) -> bool:
        usual = "read" if request.method in _SAFE else "write"
        kind = getattr(view, "counts_as", {}).get(request.method, usual)
        self.rate = rates.count(str(caller_of(request).actor.key_id), kind)
        view.rate = self.rate  # type: ignore[attr-defined]  # endpoints declare it
        return self.rate is None or not self.rate.is_exceeded

    def wait(self) -> float | None:
        return self.rate.reset_seconds if self.rate else None
