"""Asking about single requests: the submitter names the case, an officer looks at the answer.

One in 50 jobs and every outlier (product: abuse, cheapest controls). No face is shown to anybody.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from compliance.actions import alerts, letters
from compliance.actions.alerts import Alert
from compliance.impartiality import officer_key, refuse_involved
from compliance.models import Sample
from compliance.models.samples import SampleReason, SampleStatus
from compliance.states import SAMPLE_TRANSITIONS
from portal.audit import actions as audit
from portal.common.clock import database_now
from portal.common.errors import InvalidInput
from portal.common.ids import parse_public_id
from portal.common.states import move
from portal.common.steps import alone
from portal.tenancy.access import require
from portal.tenancy.actions import organizations
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization, OrganizationStatus, User
from portal.tenancy.roles import Permission
from portal.tenancy.scope import officer_scope, tenant_scope

ANSWERED_WITHIN = timedelta(days=5)
LONGEST_REFERENCE = 100
SAMPLER = Actor.system("samples")
AT_ONCE = 100
_S = OrganizationStatus


def ask(
    *,
    organization: Organization,
    subject: str,
    purpose: str,
    size: int,
    stated_reference: str,
    reason: SampleReason,
    asked_of: str,
) -> Sample:
    """Ask about a request, in the organization's scope; the submitter gets a letter.

    Args:
        organization: Whose request.
        subject: Public id of the job.
        purpose: Word of the vocabulary.
        size: Photos in it.
        stated_reference: Case reference as stated with the request; empty where there was none.
        reason: Why it was drawn.
        asked_of: Actor who submitted it.
    """
    sample: Sample = Sample.objects.create(
        organization=organization,
        subject=subject,
        purpose=purpose,
        size=size,
        stated_reference=stated_reference[:LONGEST_REFERENCE],
        reason=reason,
        asked_of=asked_of,
        due_at=database_now() + ANSWERED_WITHIN,
    )
    _event("sample.asked", sample, SAMPLER, reason=str(reason), subject=subject)
    letters.write(
        kind="sample_asked",
        organization=organization,
        about=sample.public_id,
        by=SAMPLER,
        to=_asked(asked_of),
        sample=sample,
    )
    return sample


def answer(*, sample: Sample, case_reference: str, explanation: str, by: Actor) -> Sample:
    """Name the case that a request belongs to.

    Raises:
        InvalidInput: `case_reference_missing`, `case_reference_long` or `explanation_missing`.
        Conflict: `transition_not_allowed`, it was answered already.
    """
    require(by, Permission.SUBMIT_JOBS, organization=sample.organization_id)
    reference, words = case_reference.strip(), explanation.strip()
    if not reference:
        raise InvalidInput("case_reference_missing", "Name the case it belongs to.", field="case_reference")
    if len(reference) > LONGEST_REFERENCE:
        raise InvalidInput(
            "case_reference_long", f"At most {LONGEST_REFERENCE} characters.", field="case_reference"
        )
    if not words:
        raise InvalidInput("explanation_missing", "Say who asked for it and why.", field="explanation")
    with tenant_scope(sample.organization_id):
        row = Sample.objects.select_for_update().get(pk=sample.pk)
        move(
            row,
            SampleStatus.ANSWERED,
            table=SAMPLE_TRANSITIONS,
            case_reference=reference,
            explanation=words,
            answered_by=by.id,
            answered_at=database_now(),
        )
        _event("sample.answered", row, by)
    return row


def accept(*, sample: Sample, by: Actor) -> Sample:
    """Find an answer plausible, as an officer who has no part in the organization.

    Raises:
        Refused: `own_organization`.
        Conflict: `transition_not_allowed`, there is no answer to judge.
    """
    return _judge(sample, SampleStatus.ACCEPTED, by)


def doubt(*, sample: Sample, by: Actor) -> Sample:
    """Doubt an answer: a case opens in which the request is looked into.

    Raises:
        Refused: `own_organization`.
        Conflict: `transition_not_allowed`, there is no answer to judge.
    """
    return _judge(sample, SampleStatus.DOUBTED, by)


def restrict_unanswered() -> int:
    """Restrict organizations that left a question unanswered for five days; returns how many questions."""
    with officer_scope():
        keys = list(Sample.objects.past_due().values_list("pk", flat=True)[:AT_ONCE])
    return sum(alone(_let_lapse, key) for key in keys)


def _judge(sample: Sample, status: SampleStatus, by: Actor) -> Sample:
    officer_id = officer_key(by)
    with officer_scope():
        row = Sample.objects.select_for_update().get(pk=sample.pk)
        refuse_involved(row.organization_id, officer_id)
        fields = {"judged_by_id": officer_id, "judged_at": database_now()}
        move(row, status, table=SAMPLE_TRANSITIONS, **fields)
        _event("sample.judged", row, by, outcome=str(status))
        if status is SampleStatus.DOUBTED:
            _alert(Alert.SAMPLE_DOUBTED, row, by)
    return row


def _let_lapse(key: UUID) -> bool:
    with officer_scope():
        sample = Sample.objects.past_due().select_for_update(skip_locked=True).filter(pk=key).first()
        if sample is None:
            return False
        move(sample, SampleStatus.OVERDUE, table=SAMPLE_TRANSITIONS)
        _event("sample.overdue", sample, SAMPLER)
        organization = Organization.objects.select_for_update().get(pk=sample.organization_id)
        if organization.status == _S.ACTIVE:
            organizations.change_status(organization, _S.RESTRICTED, by=SAMPLER, reason="sample")
        _alert(Alert.SAMPLE_UNANSWERED, sample, SAMPLER)
        letters.write(
            kind="sample_overdue",
            organization=organization,
            about=sample.public_id,
            by=SAMPLER,
            sample=sample,
        )
    return True


def _alert(alert: Alert, sample: Sample, by: Actor) -> None:
    alerts.raise_alert(alert, organization_id=sample.organization_id, about=sample.subject, by=by)


def _asked(actor: str) -> list[User | str] | None:
    """Return the person who submitted; where a program did, nobody, so that administrators are asked."""
    if not actor.startswith(f"{User.PREFIX}_"):
        return None
    found = User.objects.filter(pk=parse_public_id(User.PREFIX, actor), is_active=True).first()
    return [found] if found else None


def _event(verb: str, sample: Sample, by: Actor, **payload: Any) -> None:
    audit.record(verb=verb, actor=by, target=sample, organization=sample.organization_id, **payload)
