"""The closed list of what is told: public type, its sentence, and which events of the trail it stands for.

A message is thin: the ids and codes that its event in the trail holds, less what says who did it. Who wants
to know more asks the API with a key, so that what is read is ruled on and recorded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.audit.models import Event

TEST = "webhook.test"
TEST_VERB = "webhook.tested"


@dataclass(frozen=True)
class Kind:
    """One type of message.

    Attributes:
        sentence: What it says, for people.
        verbs: Events of the trail that it stands for, each with the payload it must have.
        tells: Names of the event's payload that go along; all of them ids, codes, counts or moments.
        of_platform: The event is the platform's own and told to every organization.
    """

    sentence: str
    verbs: Mapping[str, Mapping[str, Any]]
    tells: tuple[str, ...] = ()
    of_platform: bool = False

    def stands_for(self, event: Event) -> bool:
        """Whether an event of the trail is told under this type."""
        wanted = self.verbs.get(event.verb)
        return wanted is not None and all(event.payload.get(name) == value for name, value in wanted.items())


def _of(sentence: str, *verbs: str, tells: tuple[str, ...] = (), of_platform: bool = False) -> Kind:
    return Kind(sentence, {verb: {} for verb in verbs}, tells, of_platform)


def _if(sentence: str, verb: str, tells: tuple[str, ...] = (), **payload: str) -> Kind:
    return Kind(sentence, {verb: payload}, tells)


_COUNTS = ("done", "failed")
KINDS: dict[str, Kind] = {
    # the word after `job.` is the job's new status
    "job.awaiting_approval": _if(
        "A job waits for an approver or the compliance office",
        "job.submitted",
        ("ruling",),
        outcome="referred",
    ),
    "job.refused": Kind(
        "A job was refused, by a rule or by a person",
        {"job.submitted": {"outcome": "refused"}, "job.declined": {}},
        ("ruling", "reason"),
    ),
    "job.queued": _of("A job was queued, for the first time or again", "job.queued"),
    "job.running": _of("A job began to run", "job.started"),
    "job.held": _of(
        "A job was stopped by a rule, its organization or the operator",
        "job.held",
        tells=("reason", "ruling"),
    ),
    "job.resumed": _of("A held job goes on where it stopped", "job.resumed", tells=("ruling",)),
    "job.awaiting_review": _if(
        "A job is done, and reviewers have to look", "job.finished", _COUNTS, status="awaiting_review"
    ),
    "job.released": Kind(
        "Results of a job can be read",
        {"job.finished": {"status": "released"}, "results.released": {}},
        _COUNTS,
    ),
    "job.partial": _if("A job is done in part: some items failed", "job.finished", _COUNTS, status="partial"),
    "job.failed": _if("No item of a job could be done", "job.finished", _COUNTS, status="failed"),
    "job.cancelled": _of("A job was cancelled", "job.cancelled"),
    "job.expired": _of("Nobody decided on a job in time", "job.expired"),
    "job.terminated": _of("A job was held for too long and ended", "job.terminated"),
    "job.recalled": _of(
        "Results of a job were called back: do not use them", "job.recalled", tells=("exports",)
    ),
    "job.purged": _of("Photos and results of a job were destroyed", "job.purged"),
    # cases of the compliance office, as far as the organization is shown them
    "case.opened": _of(
        "The compliance office opened a case about the organization",
        "case.opened",
        "case.disclosed",
        tells=("kind", "due_at"),
    ),
    "case.asked": _of("The office asked a question; the case waits for the answer", "case.asked"),
    "case.decided": _of("A case was decided", "case.decided", tells=("outcome",)),
    "case.reopened": _of("A case was opened again", "case.reopened"),
    "case.withdrawn": _of("A case was withdrawn", "case.withdrawn"),
    "case.closed": _of("A case was closed", "case.closed"),
    # the organization's own case records, `cases/` of the API
    "case_record.opened": _of("A case record was opened", "record.opened"),
    "case_record.closed": _of("A case record was closed", "record.closed"),
    "case_record.reopened": _of("A case record was opened again", "record.reopened"),
    "case_record.found": _of("A person was found: do not use their results any more", "record.found"),
    "case_record.erased": _of(
        "What was held about a person who was found, or whose record was closed, was destroyed",
        "record.erased",
        "record.purged",
    ),
    # standing and the rules
    "standing.changed": _of(
        "What the organization may do has changed: read standing/",
        "organization.status_changed",
        "determination.recorded",
        "grant.given_up",
        "grant.expired",
        tells=("old", "new", "outcome", "moratorium_status", "purpose"),
    ),
    "exemption.granted": _of(
        "An exemption from a moratorium was granted",
        "exemption.granted",
        tells=("rule", "purpose", "end_user", "expires_at"),
    ),
    "exemption.ended": _of(
        "An exemption has ended: what it allowed is refused from now on",
        "exemption.ended",
        tells=("rule", "purpose", "end_user", "reason"),
    ),
    "policy.changed": _of(
        "A policy version was published or withdrawn, or another pack chosen",
        "policy.published",
        "policy.withdrawn",
        "policy.pack_chosen",
        of_platform=True,
    ),
    # keys
    "key.created": _of("An API key was created", "key.created", tells=("purpose", "end_user", "expires_at")),
    "key.revoked": _of("An API key was revoked", "key.revoked"),
    TEST: _of("Somebody asked for a test", TEST_VERB),
}
CHOOSABLE = tuple(name for name in KINDS if name != TEST)
VERBS = frozenset(verb for name in CHOOSABLE for verb in KINDS[name].verbs)


def kind_of(event: Event) -> str:
    """Return the type under which an event of the trail is told; empty where it is not."""
    return next((name for name in CHOOSABLE if KINDS[name].stands_for(event)), "")


def told(name: str, event: Event) -> dict[str, Any]:
    """Return what a message says of its event: ids and codes, nobody's name, nothing of a face."""
    known = {key: event.payload.get(key) for key in KINDS[name].tells}
    passed_on = {key: value for key, value in known.items() if value not in (None, "")}
    return {"id": event.target, "event": str(event.pk), **passed_on}
