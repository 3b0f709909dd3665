"""What happened to a candidate or pair: judgments, second looks, outcomes, withdrawal. In scope."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from portal.web.guards import MemberRequest
from portal.web.names import names_of
from recognition.actions import leads
from recognition.models import (
    Adjudication,
    CandidateStatus,
    Compared,
    Judged,
    LeadWithdrawal,
    Reopening,
)
from recognition.models.verifications import reference


def of(found: Judged, request: MemberRequest) -> dict[str, Any]:
    """Return what happened, the newest first, and the reader's own judgment of the present round.

    What others said is told only once it is settled, so that nobody judges after them.
    """
    rows = Adjudication.objects.filter(**reference(found)).select_related("reviewer")
    judgments = list(rows.order_by("pk"))
    own = [one for one in judgments if one.reviewer_id == request.actor.user_id and one.round == found.round]
    settled = found.status != CandidateStatus.CANDIDATE
    events = [*_judged(judgments)] if settled else []
    events += [*_reopened(found), *_followed(found), *_withdrawn(found)]
    names = names_of({event["actor"] for event in events}, request.organization)
    told = [{**event, "actor": names[event["actor"]]} for event in events]
    return {
        "own": own[0] if own else None,
        "settled": settled,
        "history": sorted(told, key=lambda event: event["at"], reverse=True),
    }


def _judged(judgments: list[Adjudication]) -> Iterator[dict[str, Any]]:
    for one in judgments:
        labels = [str(Compared(word).label).split(",")[0].lower() for word in one.compared]
        compared = f" Compared: {', '.join(labels)}." if labels else ""
        yield {
            "at": one.created_at,
            "title": "Judged",
            "status": one.verdict,
            "actor": one.reviewer.public_id,
            "text": f"{one.reason}{compared}",
        }


def _reopened(found: Judged) -> Iterator[dict[str, Any]]:
    for one in Reopening.objects.filter(**reference(found)):
        title, at = "To be judged again, with a new photo", one.created_at
        yield {"at": at, "title": title, "actor": one.reopened_by, "text": one.reason}


def _followed(found: Judged) -> Iterator[dict[str, Any]]:
    for one in leads.outcomes(found):
        yield {
            "at": one.created_at,
            "title": "Followed up",
            "status": one.outcome,
            "actor": one.recorded_by,
            "text": f"{one.reason} Known from: {one.source}",
        }


def _withdrawn(found: Judged) -> Iterator[dict[str, Any]]:
    for one in LeadWithdrawal.objects.filter(**reference(found, candidate="lead")):
        yield {
            "at": one.created_at,
            "title": "Withdrawn",
            "actor": one.withdrawn_by,
            "text": one.reason,
        }
