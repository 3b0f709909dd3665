"""Looking at synchronous calls for patterns of misuse, once each and after the fact: no call waits for it.

A program makes in an hour as many calls as an analyst makes jobs in a year, so what is drawn is one call in
fifty and never more than one of a key's a day: a question that nobody can answer is no control.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import Now

from compliance.actions import alerts, samples
from compliance.actions.alerts import WATCHER, Alert
from compliance.models import Sample
from compliance.models.samples import SampleReason
from portal.common.clock import database_now
from portal.common.steps import alone
from portal.tenancy import directory
from portal.tenancy.scope import officer_scope, tenant_scope
from recognition.actions.watch import DAY, JUMP_PHOTOS, JUMP_TIMES, MONTH, ONE_IN, SETTLED
from recognition.models import Call, JobKind

AT_ONCE = 500  # calls of one organization looked at in one sweep
_LOOKS_FOR_SOMEBODY = (JobKind.SEARCH, JobKind.COMPARE)


def watch() -> int:
    """Look at every call that nobody looked at yet; returns how many. A sweep."""
    return sum(alone(_watch, owner) for owner in directory.organizations_with(_unwatched))


def raise_reimport(call: Call) -> None:
    """Tell the office of a call whose photo left another organization as a lead. Outside any scope."""
    with officer_scope():
        alerts.raise_alert(
            Alert.REIMPORT, organization_id=call.organization_id, about=call.public_id, by=WATCHER
        )


def _watch(owner: UUID) -> int:
    with tenant_scope(owner):
        new = list(_unwatched().select_related("organization").order_by("pk")[:AT_ONCE])
        jumped = _volume_jump()
    if new and jumped:
        with officer_scope():
            about = new[-1].public_id
            alerts.raise_alert(Alert.VOLUME_JUMP, organization_id=owner, about=about, by=WATCHER)
    with tenant_scope(owner):
        for call in _drawn(new):
            _ask(call)
        return Call.objects.filter(pk__in=[call.pk for call in new]).update(watched_at=Now())


def _unwatched() -> QuerySet[Call]:
    rows: QuerySet[Call] = Call.objects.filter(watched_at=None, kind__in=_LOOKS_FOR_SOMEBODY)
    return rows


def _drawn(new: Sequence[Call]) -> list[Call]:
    """Return the calls to ask about: of each caller the first that is drawn, if none was today. In scope."""
    drawn: dict[str, Call] = {}
    for call in new:
        if secrets.randbelow(ONE_IN) == 0:
            drawn.setdefault(call.called_by, call)
    today = Sample.objects.filter(
        subject__startswith=f"{Call.PREFIX}_", asked_of__in=drawn, asked_at__gt=database_now() - DAY
    )
    asked = set(today.values_list("asked_of", flat=True))
    return [call for caller, call in drawn.items() if caller not in asked]


def _ask(call: Call) -> None:
    samples.ask(
        organization=call.organization,
        subject=call.public_id,
        purpose=call.purpose,
        size=call.photos,
        stated_reference=str(call.facts.get("case_reference") or ""),
        reason=SampleReason.RANDOM,
        asked_of=call.called_by,
    )


def _volume_jump() -> bool:
    """Whether far more photos were searched for by calls in a day than in the month before. In scope."""
    searches, now = Call.objects.filter(kind=JobKind.SEARCH), database_now()
    if not searches.filter(created_at__lt=now - SETTLED).exists():
        return False
    today = searches.filter(created_at__gt=now - DAY).photos()
    before = searches.filter(created_at__gt=now - DAY - MONTH, created_at__lte=now - DAY).photos()
    return bool(today > JUMP_PHOTOS and today > JUMP_TIMES * before / MONTH.days)
