"""Why a job stands still: since when, who or what holds it, what can be done, what goes on by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.urls import reverse

from compliance.models import Case, RulingRecord
from compliance.policy.vocabulary import Outcome
from portal.common.clock import database_now
from portal.web.rulings import STOPPED
from recognition.actions.retention import HELD_AT_MOST
from recognition.models import Job, JobStatus
from recognition.states import READABLE

ENDED_KEYS: Final[Mapping[str, str]] = {
    "key-revoked": "The API key that submitted this job was revoked.",
    "key-expired": "The API key that submitted this job has expired.",
}


@dataclass(frozen=True)
class _Told:
    """What is told about one kind of hold.

    Attributes:
        todo: What people can do.
        alone: What lets the job go on without them, and what does not.
    """

    todo: str
    alone: str
    url: str = ""
    link: str = ""


_KEY = _Told(
    "Take the job over in your own name, and state its facts yourself; or cancel it.",
    "It never goes on by itself: nobody speaks for it any more.",
)
_PAUSED = _Told(
    "Resume it. The rules are asked again before anything runs.",
    "It never goes on by itself: somebody of your organization has to resume it.",
)
_OPERATOR = _Told(
    "Ask the compliance office, in the case that its letter names.",
    "It never goes on by itself: an officer has to let it go on.",
)
_STOPPED = "Read the decision, and appeal it."
_BY_RULE: Final[Mapping[str, _Told]] = {
    STOPPED: _Told(
        _STOPPED,
        "No time and no step of yours lets it go on: officers have to lift the stop. Once they have, it goes "
        "on without a further step.",
    ),
    "grant-expired": _Told(
        "Ask for recertification.",
        "No time lets it go on: the grant has ended. Once an officer has recorded a new one that covers this "
        "job, it goes on without a further step.",
    ),
    "exemption-expired": _Told(
        "Ask for the exemption to be renewed.",
        "No time lets it go on: the exemption has ended. Once officers have renewed it, it goes on without a "
        "further step.",
    ),
}
_TO_THE_APPLICATION = frozenset(_BY_RULE)


def explained(job: Job, ruling: RulingRecord | None, by: str) -> dict[str, Any] | None:
    """Return the context of `tenant/jobs/_hold.html`; None where the job is not held. In scope.

    Args:
        job: The job.
        ruling: The newest one that does not let it through.
        by: Name of whoever holds it.
    """
    if job.status != JobStatus.HELD or job.held_at is None:
        return None
    told = _told(job, ruling)
    return {
        "since": job.held_at,
        "why": _why(job, ruling, by),
        "reason": job.held_because,
        "todo": told.todo,
        "url": told.url,
        "link": told.link,
        "alone": told.alone,
        "ends_at": job.held_at + HELD_AT_MOST,
        "closes_results": job.held_from in READABLE,
    }


def _why(job: Job, ruling: RulingRecord | None, by: str) -> str:
    if job.refused_by in ENDED_KEYS:
        return ENDED_KEYS[job.refused_by]
    if job.held_reason == "policy":
        return ruling.sentence if ruling else "A rule does not allow it now."
    return f"{by} paused it." if job.held_reason == "tenant" else "A compliance officer holds it."


def _told(job: Job, ruling: RulingRecord | None) -> _Told:
    if job.refused_by in ENDED_KEYS:
        return _KEY
    if job.held_reason != "policy":
        return _PAUSED if job.held_reason == "tenant" else _OPERATOR
    if ruling is not None and ruling.outcome == Outcome.REFERRED:
        return _referred(job)
    told = _BY_RULE.get(job.refused_by) or _by_another_rule(ruling)
    if job.refused_by in _TO_THE_APPLICATION:
        return _Told(told.todo, told.alone, reverse("onboarding"), "To your application and cases")
    return told


def _referred(job: Job) -> _Told:
    case = Case.objects.open().filter(subject=job.public_id).first()
    which = f"case {case.reference}" if case else "a case"
    return _Told(
        f"Wait for the compliance office, which decides in {which}, and answer its questions.",
        "No time lets it go on. Once an officer has approved it, it goes on without a further step.",
    )


def _by_another_rule(ruling: RulingRecord | None) -> _Told:
    remedy = ruling.remedy if ruling else "Ask the compliance office."
    sentence = (
        "It goes on without a further step once the rules allow it: they are asked again whenever the "
        "policy, your determination or your evidence changes."
    )
    if ruling and ruling.valid_until and ruling.valid_until > database_now():
        at = ruling.valid_until
        sentence += f" At the latest they are asked again on {at:%B} {at.day}, {at:%Y, %H:%M} UTC."
    return _Told(remedy, sentence)
