"""Asking the gate on behalf of jobs, and turning its answer into what jobs need."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from compliance.actions import gate as gates
from compliance.actions import referrals
from compliance.actions.gate import Epochs
from compliance.models import RulingRecord
from compliance.policy.plain import MISSING
from compliance.policy.vocabulary import Gate, Outcome
from compliance.standing import determination_in_force, usual_request
from compliance.stated import Stated
from portal.common.clock import database_now
from portal.common.errors import Refused
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.tenancy.scope import current, tenant_scope
from recognition import volume
from recognition.models import Call, CaseRecord, Face, Gallery, Job, JobKind
from recognition.states import ENDED


def rule(job: Job | Call, gallery: Gallery | None, *, gate: Gate, by: Actor, **instead: Any) -> RulingRecord:
    """Rule on a job or call at a gate; the ruling is committed before this returns. Call outside any scope.

    Args:
        job: The job or call.
        gallery: Its gallery, if it has one.
        gate: Where in its life.
        by: Who asks.
        **instead: Facts that this ruling looks at instead of those the job declared, such as `recipient`.
    """
    with tenant_scope(job.organization_id):
        stated = _stated(job, gallery, instead, gate)
    return gates.rule(stated, gate=gate, subject=job.public_id, by=by, organization=job.organization_id)


def rule_on_call(call: Call, gallery: Gallery | None, *, by: Actor) -> RulingRecord:
    """Rule on a synchronous call, in a scope of its organization that ends before anything comes of it.

    Args:
        call: The call.
        gallery: What it searches.
        by: Who calls.
    """
    stated = _stated(call, gallery, {}, Gate.SYNCHRONOUS)
    return gates.rule_in_scope(
        stated, gate=Gate.SYNCHRONOUS, subject=call.public_id, by=by, organization=call.organization_id
    )


def rule_for(job: Job, *, gate: Gate, by: Actor, **instead: Any) -> RulingRecord:
    """Rule on a stored job; `instead` as for `rule`."""
    with tenant_scope(job.organization_id):
        stated = _stated(job, gallery_of(job), instead, gate)
    return gates.rule(stated, gate=gate, subject=job.public_id, by=by, organization=job.organization_id)


def rule_on_holding(record: CaseRecord, *, by: Actor) -> RulingRecord:
    """Rule on keeping photos in a case record, as on looking for faces in them; call outside any scope.

    Asked on behalf of the end user that the organization's grant for the record's purpose names.
    """
    with tenant_scope(record.organization_id):
        organization = Organization.objects.get(pk=record.organization_id)
        determination = determination_in_force(organization)
        grants = determination.grants.filter(purpose=record.purpose) if determination else None
        grant = grants.select_related("end_user").order_by("pk").first() if grants is not None else None
    usual = {"purpose": record.purpose, "operation": JobKind.DETECT.value, "gallery_source": None}
    if grant is not None:
        usual = vars(usual_request(record.purpose, grant.end_user, JobKind.DETECT.value)) | usual
    own = {"requested_by": record.requested_by, "case_reference": record.reference}
    return gates.rule(
        Stated.of(usual, own),
        gate=Gate.SUBMIT,
        subject=record.public_id,
        by=by,
        organization=record.organization_id,
    )


def lets_through(ruling: RulingRecord) -> bool:
    """Whether a job may go on under a ruling: cleared, or referred and approved by an officer."""
    if ruling.is_cleared:
        return True
    if ruling.outcome != Outcome.REFERRED:
        return False
    with tenant_scope(ruling.organization_id):
        return referrals.approves(ruling)


def over(ruling: RulingRecord, *, ahead: timedelta = timedelta()) -> bool:
    """Whether the time of a ruling is over, or will be `ahead` from now, by the database's clock."""
    return ruling.valid_until is not None and ruling.valid_until <= database_now() + ahead


def close(job: Job | Call) -> None:
    """Close the rulings on a job or call that has ended. Inside a scope of its organization."""
    gates.close(job.public_id, organization=job.organization_id)


def close_if_ended(organization_id: UUID, job_id: UUID) -> None:
    """Close what was ruled on a job while somebody ended it. Outside any scope."""
    with tenant_scope(organization_id):
        job = Job.objects.filter(pk=job_id, status__in=ENDED).first()
        if job:
            close(job)


def epochs(ruling: RulingRecord) -> Epochs:
    """Return the epochs a ruling was made under."""
    return Epochs(policy=ruling.policy_epoch, organization=ruling.organization_epoch)


def stated(
    *,
    purpose: str,
    kind: str,
    end_user: UUID | None,
    gallery: Gallery | None,
    declared: Mapping[str, Any],
    threshold: float,
    counted: Mapping[str, int | None] = volume.NOT_COUNTED,
) -> Stated:
    """Return the facts of a job, made or only thought of; what was declared never overrides what it is.

    Args:
        purpose: Word of the vocabulary.
        kind: A `JobKind`.
        end_user: For whom; None where nobody was named.
        gallery: None for detect.
        declared: Further facts, as the submitter states them.
        threshold: Similarity asked for, 0 to 100.
        counted: What `volume.counted` says of a job; nothing for one only thought of.
    """
    own = {
        "purpose": purpose,
        "operation": str(kind),
        "end_user": end_user or MISSING,
        "gallery_source": gallery.image_source if gallery else None,
        "threshold": threshold,
        "gallery_size": gallery_size(gallery) if gallery else None,
        **counted,
    }
    probe = {"probe_source": None} if kind == JobKind.ENROLL else {}
    subjects = {"subjects": list(gallery.jurisdictions)} if gallery and gallery.jurisdictions else {}
    return Stated.of(probe, subjects, declared, own)


def _stated(job: Job | Call, gallery: Gallery | None, instead: Mapping[str, Any], gate: Gate) -> Stated:
    return stated(
        purpose=job.purpose,
        kind=job.kind,
        end_user=job.end_user_id,
        gallery=gallery,
        declared={**job.facts, **instead},
        threshold=job.threshold_asked,
        counted=volume.NOT_COUNTED if gate is Gate.RELEASE else volume.counted(job, gallery),
    )


def gallery_of(job: Job) -> Gallery | None:
    """Return a job's gallery, in the scope in force or one of its own."""
    if job.gallery_id is None:
        return None
    if current() is not None:
        return Gallery.objects.get(pk=job.gallery_id)
    with tenant_scope(job.organization_id):
        return Gallery.objects.get(pk=job.gallery_id)


def gallery_size(gallery: Gallery | None) -> int:
    """Return the faces in a gallery, in the scope in force or one of its own."""
    if gallery is None:
        return 0
    if current() is not None:
        return Face.objects.filter(gallery=gallery).count()
    with tenant_scope(gallery.organization_id):
        return Face.objects.filter(gallery=gallery).count()


def refusal(
    ruling: RulingRecord, *, code: str = "", sentence: str = "", remedy: str = "", **detail: Any
) -> Refused:
    """Return the error of a ruling that does not clear: rule, sentence, remedy, source, decision id.

    Args:
        ruling: The ruling.
        code: More exact than the rule's id, where there is such a code.
        sentence: For people, where the rule's own does not say enough.
        remedy: What can be done, likewise.
        **detail: Further values for programs.
    """
    return Refused(
        code or ruling.rule,
        sentence or ruling.sentence,
        ruling=ruling.public_id,
        decision=ruling.public_id,
        outcome=str(ruling.outcome),
        rule=ruling.rule,
        remedy=remedy or ruling.remedy,
        source=ruling.source["document"],
        source_url=ruling.source.get("address", ""),
        version=ruling.version,
        at=ruling.at,
        **detail,
    )
