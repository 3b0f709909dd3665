"""Patterns that look like misuse: each opens a case that the organization does not see."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from django.db.models import Count

from compliance.actions import cases
from compliance.models import Case
from compliance.models.cases import CaseKind
from portal.common.clock import database_now
from portal.tenancy.actor import Actor
from portal.tenancy.models import ApiKey, KeyNetwork
from portal.tenancy.scope import officer_scope

WATCHER = Actor.system("watch")
TOGETHER = timedelta(hours=1)
DISTANT = 3  # networks within an hour: at work, at home and on the way make two


class Alert(StrEnum):
    """What was seen, with the sentence that an officer reads."""

    sentence: str

    def __new__(cls, value: str, sentence: str = "") -> Alert:
        """Make an alert from its stored code and its sentence."""
        alert = str.__new__(cls, value)
        alert._value_ = value
        alert.sentence = sentence
        return alert

    FRESH_SUBJECTS = (
        "fresh_subjects",
        "Many photos were searched for a few people who had just been enrolled with one photo each",
    )
    PROBE_ACROSS_PURPOSES = "probe_across_purposes", "One photo was searched under more than one purpose"
    VOLUME_JUMP = "volume_jump", "Far more photos in a day than in the month before"
    DISTANT_NETWORKS = "distant_networks", "One key was used from several networks within an hour"
    REIMPORT = "reimport", "A photo that left another organization as a lead was uploaded here"
    SAMPLE_UNANSWERED = "sample_unanswered", "A question about a request was not answered in time"
    SAMPLE_DOUBTED = "sample_doubted", "An officer doubts the answer about a request"


def raise_alert(alert: Alert, *, organization_id: UUID, about: str, by: Actor) -> Case | None:
    """Open the case of an alert; None where one of this kind about this organization is open already.

    Inside the office's scope. The organization is not told by it: an officer asks, once they have looked.

    Args:
        alert: What was seen.
        organization_id: Whose doing.
        about: Public id of the job or key it was seen on.
        by: Who saw it.
    """
    marked = f"{alert}:{about}"
    known = Case.objects.open().filter(
        organization_id=organization_id, kind=CaseKind.ALERT, subject__startswith=f"{alert}:"
    )
    if known.exists():
        return None
    return cases.open_case(
        kind=CaseKind.ALERT,
        organization_id=organization_id,
        summary=f"{alert.sentence} ({about})",
        subject=marked,
        confidential=True,
        by=by,
    )


def watch_keys() -> int:
    """Open a case about each key that was used from several networks within an hour; returns how many."""
    seen = KeyNetwork.objects.filter(last_seen_at__gt=database_now() - TOGETHER)
    counted = seen.order_by().values("key").annotate(networks=Count("pk")).filter(networks__gte=DISTANT)
    # Outside the office's scope, to which keys are closed.
    keys = list(ApiKey.objects.filter(pk__in=counted.values("key"), revoked_at=None).order_by("pk"))
    with officer_scope():
        return sum(_distant(key) for key in keys)


def _distant(key: ApiKey) -> bool:
    alert = Alert.DISTANT_NETWORKS
    opened = raise_alert(alert, organization_id=key.organization_id, about=key.public_id, by=WATCHER)
    return opened is not None
