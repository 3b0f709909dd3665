"""Documents of an application: added sealed, opened and judged by officers."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from compliance import evidence as store
from compliance.actions import onboarding
from compliance.impartiality import require_reader_of
from compliance.models import Application, Evidence
from compliance.models.onboarding import EvidenceStatus
from compliance.policy import plain
from compliance.policy.vocabulary import Record
from compliance.states import EVIDENCE_TRANSITIONS
from portal.audit import actions as audit
from portal.common.clock import database_now
from portal.common.errors import Conflict, InvalidInput
from portal.common.states import move
from portal.tenancy.actions import organizations
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.tenancy.scope import officer_scope

LARGEST_EVIDENCE = 20 * 1024 * 1024
EVIDENCE_TYPES = frozenset({"application/pdf", "image/png", "image/jpeg", "text/plain"})


def add(
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
        InvalidInput: `evidence_empty`, `evidence_large`, `evidence_type`, `evidence_expired`, `unknown_word`.
        Conflict: `application_closed` or `application_lapsed`; `evidence_twice`, it is there already.
    """
    _check_document(content, content_type)
    with onboarding.writing(application, by) as row:
        if expires_at and expires_at <= database_now():
            raise InvalidInput(
                "evidence_expired", "This document has expired. Send one that is valid.", field="expires_on"
            )
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
        _refuse_a_second_copy(evidence)
        evidence.save(force_insert=True)
        store.put(evidence, content)
        details = {"kind": kind, "sha256": evidence.sha256, "size": evidence.size}
        audit.record(
            verb="evidence.added", actor=by, target=evidence, organization=row.organization_id, **details
        )
    return evidence


def open_for_officer(*, evidence: Evidence, by: Actor) -> Evidence:
    """Record that an officer opens a document, and return it.

    Raises:
        Refused: `own_organization` or `recused`.
    """
    with officer_scope():
        row: Evidence = Evidence.objects.select_related("organization").get(pk=evidence.pk)
        require_reader_of(row, by)
        audit.record(
            verb="evidence.opened", actor=by, target=row, organization=row.organization_id, kind=row.kind
        )
    return row


def verify(*, evidence: Evidence, by: Actor, expires_at: datetime | None = None) -> Evidence:
    """Record that a document is genuine and shows what it should.

    Args:
        evidence: The document.
        by: The officer.
        expires_at: Its end; left out, the one that the organization stated.

    Raises:
        Refused: `own_organization` or `recused`.
        InvalidInput: `evidence_expired`.
    """
    ends_at = expires_at or evidence.expires_at
    if ends_at and ends_at <= database_now():
        raise InvalidInput(
            "evidence_expired",
            "This document has expired. Reject it and ask for one that is valid.",
            field="expires_on",
        )
    return _judge(evidence, EvidenceStatus.VERIFIED, by, "evidence.verified", {}, expires_at=ends_at)


def reject(*, evidence: Evidence, reason: str, by: Actor) -> Evidence:
    """Record that a document does not show what it should.

    Raises:
        InvalidInput: `reason_missing`.
    """
    if not reason.strip():
        raise InvalidInput("reason_missing", "Say why the document is rejected.", field="reason")
    return _judge(
        evidence,
        EvidenceStatus.REJECTED,
        by,
        "evidence.rejected",
        {"reason": "given"},
        reason=reason.strip(),
    )


def _refuse_a_second_copy(evidence: Evidence) -> None:
    same = Evidence.objects.filter(
        application=evidence.application, sha256=evidence.sha256, kind=evidence.kind
    )
    if same.exists():
        raise Conflict("evidence_twice", "You have sent this very document already.")


def _check_document(content: bytes, content_type: str) -> None:
    if not content:
        raise InvalidInput("evidence_empty", "The file is empty.", field="file")
    if len(content) > LARGEST_EVIDENCE:
        raise InvalidInput("evidence_large", "A document may have 20 MB at most.", field="file")
    if content_type not in EVIDENCE_TYPES:
        raise InvalidInput("evidence_type", "Send a PDF, PNG, JPEG or text file.", field="file")


def _judge(
    evidence: Evidence, status: str, by: Actor, verb: str, payload: dict[str, Any], **fields: Any
) -> Evidence:
    with officer_scope():
        row = Evidence.objects.select_for_update().get(pk=evidence.pk)
        require_reader_of(row, by)
        move(
            row,
            status,
            table=EVIDENCE_TRANSITIONS,
            verified_by=by.id,
            verified_at=database_now(),
            **fields,
        )
        audit.record(
            verb=verb,
            actor=by,
            target=row,
            organization=row.organization_id,
            kind=row.kind,
            **payload,
        )
        organizations.raise_epoch(Organization.objects.get(pk=row.organization_id))
    return row
