"""Why a job stands still: since when, who or what holds it, what can be done, what goes on by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from compliance.models import Case, RulingRecord
from compliance.policy.vocabulary import Outcome
from compliance.versions import PLATFORM_STOP
from portal.common.clock import database_now
from portal.common.moments import moment_in_words
from portal.web.rulings import STOPPED
from recognition.actions.retention import HELD_AT_MOST
from recognition.models import Job, JobStatus
from recognition.states import READABLE

ENDED_KEYS: Final[Mapping[str, str]] = {
    "key-revoked": "The API key that submitted this job was revoked.",
    "key-expired": "The API key that submitted this job has expired.",
}


_GOES_ON = "it goes on without a further step"
_OPEN_AGAIN = "the results can be read again: ask the rules again then"
_BY_RULE: Final[Mapping[str, str]] = {
    STOPPED: "No time and no step of yours helps: officers have to lift the stop. Once they have, {goes_on}.",
    PLATFORM_STOP: "No time and no step of yours helps: two officers have to let the platform go on. Once "
    "they have, {goes_on}.",
    "grant-expired": "No time helps: the grant has ended. Once an officer has recorded a new one that covers "
    "this job, {goes_on}.",
    "exemption-expired": "No time helps: the exemption has ended. Once officers have renewed it, {goes_on}.",
}
_BY_ANOTHER_RULE: Final = (
    "Once the rules allow it, {goes_on}. What they say changes with the policy, your determination and your "
    "evidence."
)
_REFERRED: Final = "No time helps. Once an officer has approved it, {goes_on}."
_BY_PEOPLE: Final[Mapping[str, tuple[str, str]]] = {
    "tenant": (
        "Resume it. The rules are asked again before anything goes on.",
        "It never goes on by itself: somebody of your organization has to resume it.",
    ),
    "operator": (
        "Ask the compliance office, in the case that its letter names.",
        "It never goes on by itself: an officer has to let it go on.",
    ),
}
_ORPHANED: Final = (
    "Take the job over in your own name, and state its facts yourself; or cancel it.",
    "It never goes on by itself: nobody speaks for it any more.",
)


def explained(job: Job, ruling: RulingRecord | None, by: str) -> dict[str, Any] | None:
    """Return the context of `tenant/jobs/_hold.html`; None where the job is not held. In scope.

    What a rule says and what helps against it stands with the ruling, and is not said twice.

    Args:
        job: The job.
        ruling: The newest one that does not let it through.
        by: Name of whoever holds it.
    """
    if job.status != JobStatus.HELD or job.held_at is None:
        return None
    todo, alone = _told(job, ruling)
    closes_results = job.held_from in READABLE
    return {
        "since": job.held_at,
        "why": _why(job, by),
        "reason": job.held_because,
        "todo": todo,
        "alone": alone.format(goes_on=_OPEN_AGAIN if closes_results else _GOES_ON),
        "ends_at": job.held_at + HELD_AT_MOST,
        "closes_results": closes_results,
    }


def _why(job: Job, by: str) -> str:
    if job.refused_by in ENDED_KEYS:
        return ENDED_KEYS[job.refused_by]
    if job.held_reason == "policy":
        return ""
    return f"{by} paused it." if job.held_reason == "tenant" else "A compliance officer holds it."


def _told(job: Job, ruling: RulingRecord | None) -> tuple[str, str]:
    """Return what people can do, and what lets the job go on without them."""
    if job.refused_by in ENDED_KEYS:
        return _ORPHANED
    if job.held_reason != "policy":
        return _BY_PEOPLE[job.held_reason]
    if ruling is not None and ruling.outcome == Outcome.REFERRED:
        return _wait_for(job), _REFERRED
    return "", _BY_RULE.get(job.refused_by) or _BY_ANOTHER_RULE + _asked_again(ruling)


def _wait_for(job: Job) -> str:
    case = Case.objects.open().filter(subject=job.public_id).first()
    which = f"case {case.reference}" if case else "a case"
    return f"Wait for the compliance office, which decides in {which}, and answer its questions."


def _asked_again(ruling: RulingRecord | None) -> str:
    if ruling is None or ruling.valid_until is None or ruling.valid_until <= database_now():
        return ""
    return f" They are asked again on {moment_in_words(ruling.valid_until)} at the latest."
