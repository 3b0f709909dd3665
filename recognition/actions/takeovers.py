"""A person takes over a job that is held because the key that submitted it has ended."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any
from uuid import UUID

from compliance.policy.vocabulary import Gate
from portal.common.errors import Conflict, InvalidInput, Refused
from portal.tenancy.access import require
from portal.tenancy.actions import keys
from portal.tenancy.actor import Actor
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition import rulings
from recognition.actions import demands, holds, naming
from recognition.actions.jobs import record
from recognition.models import Job, JobStatus


def take_over(*, job: Job, end_user_id: UUID | None, facts: Mapping[str, Any], by: Actor) -> None:
    """Put a job under a person's own name and facts: it is ruled on as if they had submitted it.

    Raises:
        Refused: `person_needed`, for programs; `held_by_operator`; `own_approval`, they approved it; or the
            rule that does not allow it: the job stays held, under its old name.
        InvalidInput: `case_record_missing`, a search for a person names no case; as for `naming.check`.
        Conflict: `not_orphaned`, its submitter still speaks for it; `case_closed`.
    """
    require(by, Permission.SUBMIT_JOBS, organization=job.organization_id)
    by.person  # noqa: B018 - raises where no person acts
    if job.status != JobStatus.HELD or not keys.ended(job.submitted_by):
        raise Conflict("not_orphaned", "Only a held job whose key has ended can be taken over.")
    holds.require_not_operator(job)
    if job.approved_by == by.id:
        raise Refused("own_approval", "You approved this job, so somebody else has to take it over.")
    gallery, proposed = rulings.gallery_of(job), copy(job)
    proposed.end_user_id, proposed.facts = end_user_id, dict(facts)
    _check_case(proposed)
    ruling = rulings.rule(proposed, gallery, gate=Gate.SUBMIT, by=by)
    same = (end_user_id, dict(facts)) == (job.end_user_id, job.facts)
    # What an officer approved was the job as it was stated: other facts take a decision of their own.
    if not (ruling.is_cleared or (same and rulings.lets_through(ruling))):
        holds.refer(ruling, by=by)
        raise rulings.refusal(ruling, job=job.public_id)
    with tenant_scope(job.organization_id):
        former = job.submitted_by
        naming.claim(proposed, by)
        own = {"submitted_by": by.id, "end_user_id": end_user_id, "facts": dict(facts)}
        own["record"] = proposed.record
        holds.release_hold(job, ruling, by=by, **own)
        demands.tighten(job, ruling, gallery)
        record(job, "job.taken_over", by, **{"from": former}, ruling=ruling.public_id)


def _check_case(proposed: Job) -> None:
    if naming.names_none(proposed):
        raise InvalidInput(naming.MISSING, naming.SENTENCE, field="case_reference")
    with tenant_scope(proposed.organization_id):
        naming.check(proposed.purpose, proposed.facts)
