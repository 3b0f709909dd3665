"""What an organization does with its application."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from compliance import evidence as store
from compliance import references
from compliance.actions import cases
from compliance.models import Application, Case, CaseMessage, Evidence
from compliance.models.cases import CaseKind, CaseStatus
from compliance.models.onboarding import ApplicationKind, ApplicationStatus
from compliance.policy import plain
from compliance.policy.vocabulary import Record
from compliance.questions import QUESTIONS, TASKS, Question, read_body
from compliance.states import APPLICATION_TRANSITIONS, CASE_TRANSITIONS
from portal.audit import actions as audit
from portal.common.clock import database_now
from portal.common.errors import Conflict, InvalidInput
from portal.common.states import move
from portal.tenancy.access import require
from portal.tenancy.actions import organizations
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization, OrganizationStatus
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope

DRAFT_LIVES = timedelta(days=90)
LARGEST_EVIDENCE = 20 * 1024 * 1024
EVIDENCE_TYPES = frozenset({"application/pdf", "image/png", "image/jpeg", "text/plain"})
_S = OrganizationStatus


def start(*, organization: Organization, by: Actor, kind: str = ApplicationKind.ONBOARDING) -> Application:
    """Start an application with the answers of the last one that was decided: nothing is asked twice.

    Raises:
        Conflict: `application_open`, there is an unfinished one of this kind.
    """
    require(by, Permission.APPLY, organization=organization)
    with tenant_scope(organization):
        if Application.objects.unfinished().filter(kind=kind).exists():
            raise Conflict("application_open", "Finish or withdraw the application you have started.")
        application = Application.objects.create(
            organization=organization,
            kind=ApplicationKind(kind),
            reference=references.draw("A"),
            answers=_earlier_answers(),
            expires_at=database_now() + DRAFT_LIVES,
        )
        _event("application.started", application, by, kind=str(kind))
    return application


def save_answer(*, application: Application, answers: Mapping[str, Any], by: Actor) -> Application:
    """Save answers, each replacing an earlier one to the same question.

    Raises:
        InvalidInput: `unknown_question` or `unknown_word`, with the field.
        Conflict: `application_closed`, it can no longer be written on.
    """
    checked = {name: _checked(name, value) for name, value in answers.items()}
    with _writing(application, by) as row:
        row.answers |= checked
        row.save(update_fields=["answers"])
        _event("application.answered", row, by, fields=sorted(checked))
    return row


def add_evidence(
    *,
    application: Application,
    name: str,
    kind: str,
    content: bytes,
    content_type: str,
    by: Actor,
    record: str = "",
    expires_at: datetime | None = None,
) -> Evidence:
    """Add a document to an application; its bytes are sealed before they are stored.

    Raises:
        InvalidInput: `evidence_empty`, `evidence_large`, `evidence_type` or `unknown_word`.
        Conflict: `application_closed`.
    """
    _check_document(content, content_type)
    with _writing(application, by) as row:
        evidence = Evidence(
            organization_id=row.organization_id,
            application=row,
            name=name.strip()[:200] or "document",
            kind=kind,
            record=plain.word(Record)(record) if record else "",
            content_type=content_type,
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            expires_at=expires_at,
        )
        evidence.save(force_insert=True)
        store.put(evidence, content)
        details = {"kind": kind, "sha256": evidence.sha256, "size": evidence.size}
        audit.record(
            verb="evidence.added", actor=by, target=evidence, organization=row.organization_id, **details
        )
    return evidence


def submit(*, application: Application, by: Actor) -> Application:
    """Declare the answers true and hand the application to the office, which opens a case.

    Raises:
        InvalidInput: `answers_missing`, with the names of the questions.
        Conflict: `application_closed`.
    """
    with _writing(application, by) as row:
        _declare(row, by)
        _hand_over(row, by)
    return row


def withdraw(*, application: Application, by: Actor) -> Application:
    """Withdraw an application and the case that was opened for it.

    Raises:
        Conflict: `transition_not_allowed`, it was decided already.
    """
    require(by, Permission.APPLY, organization=application.organization_id)
    with tenant_scope(application.organization_id):
        row = _locked(application)
        move(row, ApplicationStatus.WITHDRAWN, table=APPLICATION_TRANSITIONS)
        _event("application.withdrawn", row, by)
        for case in Case.objects.open().filter(application=row):
            cases.withdraw(case, by=by)
        if row.kind == ApplicationKind.ONBOARDING:
            _withdraw_organization(Organization.objects.get(pk=row.organization_id), by)
    return row


def answer_question(*, case: Case, body: str, by: Actor) -> CaseMessage:
    """Answer an officer's question; the review goes on with the answers as they stand, declared anew.

    Raises:
        InvalidInput: `answer_empty`, or `answers_missing`.
        Conflict: `transition_not_allowed`, nothing was asked.
    """
    require(by, Permission.APPLY, organization=case.organization_id)
    if not body.strip():
        raise InvalidInput("answer_empty", "Write an answer.", field="body")
    with tenant_scope(case.organization_id):
        row = Case.objects.select_for_update().get(pk=case.pk)
        move(row, CaseStatus.UNDER_REVIEW, table=CASE_TRANSITIONS)
        message = cases.write(row, body, by=by)
        audit.record(verb="case.answered", actor=by, target=row, organization=row.organization_id)
        _back_to_review(row, by)
    return message


def _declare(application: Application, by: Actor) -> None:
    """Declare the answers as they stand; the office reviews what was declared and nothing else."""
    _require_answers(application)
    declaration = declaration_of(application)
    move(
        application,
        ApplicationStatus.SUBMITTED,
        table=APPLICATION_TRANSITIONS,
        declaration=declaration,
        declared_by=by.id,
        submitted_at=database_now(),
    )
    _event("application.submitted", application, by, declaration=declaration)


def declaration_of(application: Application) -> str:
    """Return the SHA-256 of the answers and documents that are declared true. Inside a scope."""
    documents = Evidence.objects.filter(application=application).order_by("sha256")
    hashes = list(documents.values_list("sha256", flat=True))
    declared = {"reference": application.reference, "answers": application.answers, "evidence": hashes}
    return plain.sha256(declared)


def _earlier_answers() -> dict[str, Any]:
    decided = Application.objects.filter(status=ApplicationStatus.DECIDED).order_by("-submitted_at").first()
    return dict(decided.answers) if decided else {}


@contextmanager
def _writing(application: Application, by: Actor) -> Iterator[Application]:
    """Open the organization's scope with the application locked and still open to its writer."""
    require(by, Permission.APPLY, organization=application.organization_id)
    with tenant_scope(application.organization_id):
        row = _locked(application)
        if row.status not in {ApplicationStatus.DRAFT, ApplicationStatus.INFO_REQUESTED}:
            raise Conflict("application_closed", "This application can no longer be changed.")
        if row.status == ApplicationStatus.DRAFT and row.expires_at <= database_now():
            raise Conflict("application_lapsed", "This application has lapsed. Start a new one.")
        yield row


def _locked(application: Application) -> Application:
    row: Application = Application.objects.select_for_update().get(pk=application.pk)
    return row


def _checked(name: str, value: Any) -> Any:
    question = QUESTIONS.get(name)
    if question is None:
        raise InvalidInput("unknown_question", f"There is no question {name!r}.", field=name)
    try:
        return _read(question, value)
    except InvalidInput as error:
        raise InvalidInput(error.code, error.sentence, field=name) from error


def _read(question: Question, value: Any) -> Any:
    if value in ("", [], None):
        return None
    if question.bodies:
        return plain.encode(plain.row(read_body)(value))
    reader: plain.Reader[Any] = plain.word(question.words) if question.words else plain.text
    return sorted(plain.many(reader)(value)) if question.several else reader(value)


def _require_answers(application: Application) -> None:
    missing = [
        question.name
        for task in TASKS
        for question in task.questions
        if question.required and not application.answers.get(question.name)
    ]
    if missing and application.kind == ApplicationKind.ONBOARDING:
        raise InvalidInput(
            "answers_missing",
            f"Answer first: {', '.join(QUESTIONS[name].text for name in missing)}",
            fields=missing,
        )


def _check_document(content: bytes, content_type: str) -> None:
    if not content:
        raise InvalidInput("evidence_empty", "The file is empty.", field="file")
    if len(content) > LARGEST_EVIDENCE:
        raise InvalidInput("evidence_large", "A document may have 20 MB at most.", field="file")
    if content_type not in EVIDENCE_TYPES:
        raise InvalidInput("evidence_type", "Send a PDF, PNG, JPEG or text file.", field="file")


def _hand_over(application: Application, by: Actor) -> None:
    """Open the case, or bring the one that waits for these answers back under review."""
    waiting = Case.objects.filter(application=application, status=CaseStatus.AWAITING_TENANT).first()
    if waiting:
        move(waiting, CaseStatus.UNDER_REVIEW, table=CASE_TRANSITIONS)
    else:
        cases.open_case(
            kind=CaseKind(application.kind),
            organization_id=application.organization_id,
            summary=f"{application.get_kind_display()} of {application.organization}",
            application=application,
            by=by,
        )
    organization = Organization.objects.get(pk=application.organization_id)
    if organization.status == _S.INFO_REQUESTED:
        organizations.change_status(organization, _S.IN_REVIEW, by=by)
    elif organization.status in {_S.DRAFT, _S.WITHDRAWN, _S.LAPSED}:
        organizations.change_status(organization, _S.SUBMITTED, by=by)


def _withdraw_organization(organization: Organization, by: Actor) -> None:
    if organization.status == _S.INFO_REQUESTED:
        organizations.change_status(organization, _S.IN_REVIEW, by=by)
    if organization.status in {_S.SUBMITTED, _S.IN_REVIEW}:
        organizations.change_status(organization, _S.WITHDRAWN, by=by)


def _back_to_review(case: Case, by: Actor) -> None:
    application = case.application
    if application and application.status == ApplicationStatus.INFO_REQUESTED:
        _declare(application, by)
    organization = Organization.objects.get(pk=case.organization_id)
    if organization.status == _S.INFO_REQUESTED:
        organizations.change_status(organization, _S.IN_REVIEW, by=by)


def _event(verb: str, application: Application, by: Actor, **payload: Any) -> None:
    audit.record(verb=verb, actor=by, target=application, organization=application.organization_id, **payload)
