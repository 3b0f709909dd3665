"""What an organization hears by letter at each step of its case."""

from __future__ import annotations

from typing import Any

from compliance.actions import letters
from compliance.conditions import conditions, inferred
from compliance.models import Application, Case, Determination
from compliance.models.onboarding import ApplicationStatus
from compliance.policy.vocabulary import Operation
from compliance.standing import LineStanding, standing
from portal.tenancy.actor import Actor


def received(case: Case, application: Application, *, by: Actor) -> None:
    """Tell that an application is with the office, and until when it hears from it. Inside a scope."""
    _write("application_received", case, by, application=application)


def asked(case: Case, question: str, *, by: Actor) -> None:
    """Hand on an officer's question. Inside a scope."""
    _write("question_asked", case, by, application=case.application, question=question)


def withdrawn(case: Case, *, by: Actor) -> None:
    """Tell that an application was withdrawn, to whoever did not do it. Inside a scope."""
    if case.application is not None and case.application.status == ApplicationStatus.WITHDRAWN:
        _write("application_withdrawn", case, by, application=case.application, who=_who(by))


def decided(case: Case, determination: Determination, *, by: Actor) -> None:
    """Tell a decision with grants, conditions, ends, reasons and the right of appeal. Inside a scope."""
    stands = standing(case.organization, at=determination.decided_at)
    lines = [_line(one) for one in stands.lines]
    _write("decided", case, by, determination=determination, lines=lines)


def declined(case: Case, *, by: Actor, reasons: str = "") -> None:
    """Tell that what was asked for is not granted, and that what was determined before stays. In scope.

    Args:
        case: Which.
        by: Who decided.
        reasons: The officer's; left out where votes went against what an officer recommended.
    """
    _write("declined", case, by, reasons=reasons)


def _line(line: LineStanding) -> dict[str, Any]:
    grant = line.grant
    return {
        "purpose": grant.get_purpose_display(),
        "end_user": line.end_user.name,
        "words": line.words,
        "operations": ", ".join(Operation(word).label for word in grant.operations),
        "attributes": inferred(grant.line.attributes),
        "conditions": conditions(grant.line.conditions),
        "case_reference": grant.case_reference,
        "starts_at": grant.starts_at,
        "expires_at": grant.expires_at,
    }


def _who(by: Actor) -> str:
    return "A person who acts for your organization" if by.kind == "user" else "The office"


def _write(kind: str, case: Case, by: Actor, **values: Any) -> None:
    """Write about a case, unless the organization is not to know of it."""
    if not case.confidential:
        letters.write(
            kind=kind, organization=case.organization, about=case.public_id, by=by, case=case, **values
        )
