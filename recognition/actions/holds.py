"""Stopping jobs without losing anything, and letting them go on when the gate clears them again."""

from __future__ import annotations

from django.db import transaction
from django.db.models.functions import Now

from compliance.actions import cases
from compliance.models import RulingRecord
from compliance.policy.vocabulary import Gate, Outcome
from portal.common.errors import Conflict, InvalidInput, Refused
from portal.common.states import move
from portal.tenancy.access import require
from portal.tenancy.actions import keys
from portal.tenancy.actor import Actor
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition import client, ledger, rulings
from recognition.actions.jobs import record
from recognition.models import Gallery, Job, JobStatus
from recognition.states import JOB, READABLE

LONGEST_REASON = 1_000


def hold(*, job: Job, reason: str, ruling: str, rule: str, by: Actor, because: str = "") -> None:
    """Stop a job without losing anything. Opens its own scope.

    Args:
        job: Queued, running, or with results.
        reason: policy, tenant or operator.
        ruling: Public id of the ruling that holds it; nothing where people hold it.
        rule: The rule, `key-revoked` or `key-expired`; nothing where people hold it.
        by: Who holds it.
        because: What people give as their reason.
    """
    with tenant_scope(job.organization_id):
        place(job, reason, ruling=ruling, rule=rule, because=because, by=by)


def place(job: Job, reason: str, *, by: Actor, ruling: str = "", rule: str = "", because: str = "") -> None:
    """Hold a job inside the caller's scope; otherwise like `hold`."""
    fields = {
        "held_from": job.status,
        "held_reason": reason,
        "refused_by": rule,
        "held_by": by.id,
        "held_because": because,
        "held_at": Now(),
    }
    move(job, JobStatus.HELD, table=JOB, ruling=ruling or job.ruling, **fields)
    ledger.hold(job.pk)
    record(job, "job.held", by, reason=reason, ruling=ruling)


def pause(*, job: Job, by: Actor, because: str = "") -> None:
    """Stop a job of one's own organization until somebody of it lets it go on.

    Raises:
        InvalidInput: `reason_too_long`.
        Conflict: `transition_not_allowed`, there is nothing to stop.
    """
    require(by, Permission.SUBMIT_JOBS, organization=job.organization_id)
    hold(job=job, reason="tenant", ruling="", rule="", by=by, because=checked_reason(because))


def resume(*, job: Job, by: Actor) -> None:
    """Let a held job go on, as a member of its organization; it passes the gate first.

    Raises:
        Conflict: `not_held`; `key_ended`, the key that submitted it speaks for nobody any more.
        Refused: `held_by_operator`; or the rule that does not allow it now.
    """
    require(by, Permission.SUBMIT_JOBS, organization=job.organization_id)
    require_not_operator(job)
    pass_and_go_on(job, by=by)


def require_not_operator(job: Job) -> None:
    """Let only an officer lift an operator's hold.

    Raises:
        Refused: `held_by_operator`.
    """
    if job.held_reason == "operator":
        sentence = "The operator of the platform holds this job. An officer has to let it go on."
        raise Refused("held_by_operator", sentence)


def pass_and_go_on(job: Job, *, by: Actor) -> None:
    """Let a held job go on where the gate lets it through. The caller has seen to it that `by` may.

    Raises:
        Conflict: `not_held`, `key_ended`.
        Refused: The rule that does not allow it now; the job stays as it is.
    """
    if job.status != JobStatus.HELD:
        raise Conflict("not_held", "This job is not held.")
    if job.held_from not in READABLE and keys.ended(job.submitted_by):
        sentence = "The key that submitted this job has ended. Take the job over yourself, or cancel it."
        raise Conflict("key_ended", sentence)
    gate = Gate.RELEASE if job.held_from in READABLE else Gate.DISPATCH
    ruling = rulings.rule_for(job, gate=gate, by=by)
    if not rulings.lets_through(ruling):
        refer(ruling, by=by)
        raise rulings.refusal(ruling, job=job.public_id)
    go_on(job, ruling, by=by)


def review_hold(*, job: Job, gallery: Gallery | None, by: Actor) -> None:
    """Rule again on a job whose epochs or time are over: hold it, let it go on, or note that it may."""
    ruling = rulings.rule(job, gallery, gate=Gate.DISPATCH, by=by)
    through = rulings.lets_through(ruling)
    if through and job.status == JobStatus.HELD and job.held_reason == "policy":
        go_on(job, ruling, by=by)
        return
    if not through and job.status != JobStatus.HELD:
        hold(job=job, reason="policy", ruling=ruling.public_id, rule=ruling.rule, by=by)
        refer(ruling, by=by)
    elif not through and job.held_reason == "policy" and job.refused_by != ruling.rule:
        refer(ruling, by=by)
    _note(job, ruling, through)


def _note(job: Job, ruling: RulingRecord, through: bool) -> None:
    """Remember the newest ruling on a job, and the rule that holds it by now."""
    with tenant_scope(job.organization_id):
        Job.objects.filter(pk=job.pk).update(ruling=ruling.public_id)
        if not through:
            by_rules = Job.objects.filter(pk=job.pk, status=JobStatus.HELD, held_reason="policy")
            by_rules.update(refused_by=ruling.rule)
    ledger.note_epochs(job.pk, rulings.epochs(ruling))


def refer(ruling: RulingRecord, *, by: Actor) -> None:
    """Open a case where a ruling refers what it holds: else no officer would ever hear of it."""
    if ruling.outcome == Outcome.REFERRED:
        with tenant_scope(ruling.organization_id):
            cases.open_referral(ruling, by=by)


def go_on(job: Job, ruling: RulingRecord, *, by: Actor) -> None:
    """Let a held job go on, or its results be read again, under a ruling that lets it through."""
    with tenant_scope(job.organization_id):
        release_hold(job, ruling, by=by)


def release_hold(job: Job, ruling: RulingRecord, *, by: Actor, **fields: object) -> None:
    """Move a held job back to where it was held, inside the caller's scope.

    Raises:
        Conflict: `state_changed`, somebody else holds it meanwhile, or for another reason.
    """
    as_seen = Job.objects.filter(pk=job.pk, status=job.status, held_reason=job.held_reason)
    if not as_seen.select_for_update(of=("self",)).exists():
        raise Conflict("state_changed", "This changed while you were looking at it. Open it again.")
    nothing = dict.fromkeys(("held_reason", "held_from", "held_by", "held_because", "refused_by"), "")
    fields |= {**nothing, "held_at": None, "ruling": ruling.public_id}
    move(job, job.held_from, table=JOB, **fields)
    ledger.unhold(job.pk, rulings.epochs(ruling))
    record(job, "job.resumed", by, ruling=ruling.public_id)
    transaction.on_commit(client.wake)


def checked_reason(text: str, *, needed: bool = False) -> str:
    """Return a reason that people gave, without space around it.

    Raises:
        InvalidInput: `reason_missing`, `reason_too_long`.
    """
    reason = text.strip()
    if needed and not reason:
        raise InvalidInput("reason_missing", "Say why.", field="reason")
    if len(reason) > LONGEST_REASON:
        sentence = f"A reason has at most {LONGEST_REASON:,} characters."
        raise InvalidInput("reason_too_long", sentence, field="reason")
    return reason
