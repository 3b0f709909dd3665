"""Asking the gate on behalf of jobs, and turning its answer into what jobs need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from compliance.actions import gate as gates
from compliance.models import RulingRecord
from compliance.policy.obligations import Obligations, read_obligations
from compliance.policy.vocabulary import Gate, Outcome
from portal.common.errors import Refused
from portal.tenancy.actor import Actor
from portal.tenancy.scope import current, tenant_scope
from recognition.ledger import Epochs
from recognition.models import Face, Gallery, Job


@dataclass(frozen=True)
class Decision:
    """A stored ruling and the epochs it was made under."""

    ruling: RulingRecord
    epochs: Epochs

    @property
    def is_cleared(self) -> bool:
        """Whether the job may go on."""
        return self.ruling.outcome == Outcome.CLEARED


def rule(job: Job, gallery: Gallery | None, *, gate: Gate, by: Actor) -> Decision:
    """Rule on a job at a gate; the ruling is committed before this returns. Call outside any scope."""
    stated = gates.Stated(
        purpose=job.purpose,
        end_user_id=job.end_user_id,
        operation=str(job.kind),
        declared=job.facts,
        gallery_source=gallery.image_source if gallery else None,
        subjects=tuple(gallery.jurisdictions) if gallery else (),
        threshold=job.threshold_asked,
        gallery_size=gallery_size(gallery),
    )
    made = gates.rule(stated, organization_id=job.organization_id, gate=gate, subject=job.public_id, by=by)
    return Decision(made.ruling, Epochs(made.policy_epoch, made.organization_epoch))


def rule_for(job: Job, *, gate: Gate, by: Actor) -> Decision:
    """Rule on a stored job."""
    return rule(job, gallery_of(job), gate=gate, by=by)


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


def obligations(ruling: RulingRecord) -> Obligations:
    """Return what has to be kept where the job goes ahead."""
    demands: Obligations = read_obligations(ruling.obligations)
    return demands


def refusal(ruling: RulingRecord, **detail: Any) -> Refused:
    """Return the error of a ruling that does not clear: rule, sentence, remedy, decision id."""
    return Refused(
        ruling.rule,
        ruling.sentence,
        ruling=ruling.public_id,
        outcome=str(ruling.outcome),
        rule=ruling.rule,
        remedy=ruling.remedy,
        source=ruling.source,
        **detail,
    )
