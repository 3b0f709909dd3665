"""An officer steps in, by a case: holds a job, lets it go on, or calls its results back.

Officers see no face: they name the job, and the steps are taken in its organization's scope.
"""

from __future__ import annotations

from compliance.actions import cases, letters
from compliance.impartiality import require_assigned, require_impartial
from compliance.models import Case
from compliance.models.cases import ENDED
from portal.common.errors import Conflict, Refused
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.tenancy.scope import tenant_scope
from recognition.actions import holds, recalls
from recognition.models import Job, JobStatus


def hold(*, case: Case, job_id: str, because: str, by: Actor) -> Job:
    """Hold a job of the organization a case is about: any officer who has no part in it, at once.

    Raises:
        NotFound: There is no such job in this organization.
        InvalidInput: `reason_missing`, `reason_too_long`.
        Refused: `own_organization`, `self_review`.
        Conflict: `case_ended`; `transition_not_allowed`, there is nothing to hold.
    """
    with cases.reviewing(case) as row:
        require_impartial(row, by)
        _require_open(row)
    reason = holds.checked_reason(because, needed=True)
    with tenant_scope(case.organization_id):
        job: Job = Job.objects.all().with_public_id(job_id)
        holds.place(job, "operator", because=reason, by=by)
        _tell(case, job, "held", by)
    return job


def resume(*, case: Case, job_id: str, by: Actor) -> Job:
    """Let a job go on that the operator holds, as the officer of the case; it passes the gate first.

    Raises:
        NotFound: There is no such job in this organization.
        Refused: `not_assigned`, `own_organization`, `self_review`; `not_held_by_operator`; or the rule that
            does not allow it now.
        Conflict: `case_ended`, `not_held`, `key_ended`.
    """
    _require_own_case(case, by)
    with tenant_scope(case.organization_id):
        job: Job = Job.objects.all().with_public_id(job_id)
    if job.status == JobStatus.HELD and job.held_reason != "operator":
        raise Refused("not_held_by_operator", "Only a hold of the operator is lifted here.")
    holds.pass_and_go_on(job, by=by)
    return job


def recall(*, case: Case, job_id: str, because: str, by: Actor) -> Job:
    """Call the results of a job back, as the officer of a case about its organization.

    Raises:
        NotFound: There is no such job in this organization.
        InvalidInput: `reason_missing`, `reason_too_long`.
        Refused: `not_assigned`, `own_organization`, `self_review`.
        Conflict: `case_ended`; `not_released`.
    """
    _require_own_case(case, by)
    reason = holds.checked_reason(because, needed=True)
    with tenant_scope(case.organization_id):
        job: Job = Job.objects.select_for_update(of=("self",)).with_public_id(job_id)
        recalls.close(job, reason, by=by, case=case.public_id)
        _tell(case, job, "recalled", by)
    return job


def _require_own_case(case: Case, by: Actor) -> None:
    with cases.reviewing(case) as row:
        require_assigned(row, by)
        _require_open(row)


def _require_open(case: Case) -> None:
    if case.status in ENDED:
        raise Conflict("case_ended", "This case has ended. Open another one, which says why you step in.")


def _tell(case: Case, job: Job, step: str, by: Actor) -> None:
    """Tell the organization's administrators what an officer did; the reasons stand on the job's page."""
    letters.write(
        kind="officer_stepped_in",
        organization=Organization.objects.get(pk=case.organization_id),
        about=job.public_id,
        by=by,
        step=step,
        reference=case.reference,
    )
