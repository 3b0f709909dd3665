"""What people without an account send, and which organization and case it becomes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from compliance import references
from compliance.actions import cases
from compliance.impartiality import officer_key, refuse_involved
from compliance.models import Case, Intake
from compliance.models.cases import ENDED, CaseKind
from compliance.models.intake import IntakeKind, Wish
from portal.audit import actions as audit
from portal.common.clock import database_now
from portal.common.errors import Conflict, InvalidInput, NotFound
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.tenancy.scope import officer_scope

PUBLIC = Actor.system("public")
DUE_IN = {IntakeKind.MISUSE_REPORT: timedelta(days=1), IntakeKind.PERSON_REQUEST: timedelta(days=30)}
LONGEST = 5_000


def receive(*, kind: str, body: str, named: str = "", contact: str = "", wish: str = "") -> Intake:
    """Keep what somebody sent, and open its case where exactly one organization has the name given.

    Whether there is such an organization is not told to whoever sends: the answer is the same.

    Args:
        kind: An `IntakeKind`.
        body: Their words.
        named: The organization, as they write it; may be empty.
        contact: Address for an answer; may be empty for a report.
        wish: What a person asks for, for a request.

    Raises:
        InvalidInput: `kind`, `body_missing`, `body_long`, `contact_missing` or `wish`.
    """
    _check(kind, body, contact, wish)
    with officer_scope():
        intake: Intake = Intake.objects.create(
            kind=kind,
            reference=references.draw("R"),
            wish=wish,
            named=named.strip()[:200],
            body=body.strip(),
            contact=contact,
            due_at=database_now() + DUE_IN[IntakeKind(kind)],
        )
        audit.record(verb="intake.received", actor=PUBLIC, target=intake, kind=kind)
        if organization := _only_one_named(intake.named):
            _open(intake, organization, by=PUBLIC)
    return intake


def assign(*, intake: Intake, organization: Organization, by: Actor) -> Case:
    """Say which organization something is about; its case is opened.

    Raises:
        Refused: `own_organization`.
        Conflict: `handled`, it has a case or was put aside.
    """
    officer_id = officer_key(by)
    with officer_scope():
        refuse_involved(organization.pk, officer_id)
        row = _waiting(intake)
        return _open(row, organization, by=by)


def dismiss(*, intake: Intake, reasons: str, by: Actor) -> Intake:
    """Put aside what is about no organization of this platform, or about nothing.

    Raises:
        InvalidInput: `reasons_missing`.
        Conflict: `handled`.
    """
    officer_key(by)
    if not reasons.strip():
        raise InvalidInput("reasons_missing", "Say why it is put aside.", field="reasons")
    with officer_scope():
        row = _waiting(intake)
        row.dismissed_at, row.dismissal, row.handled_by = database_now(), reasons.strip(), by.id
        row.save(update_fields=["dismissed_at", "dismissal", "handled_by"])
        audit.record(verb="intake.dismissed", actor=by, target=row, kind=row.kind)
    return row


@dataclass(frozen=True)
class Sent:
    """Something that was sent, and the one word about it that whoever has its reference may read."""

    intake: Intake
    status: str


def with_reference(reference: str) -> Sent:
    """Return what was sent under a reference, for the page that confirms it.

    Raises:
        NotFound: No such reference.
    """
    if "\0" in reference:  # which no column holds, and no query takes
        raise NotFound()
    with officer_scope():
        found: Intake | None = Intake.objects.filter(reference=reference).first()
        if found is None:
            raise NotFound()
        return Sent(found, _status(found))


def _status(intake: Intake) -> str:
    if intake.case and Case.objects.with_public_id(intake.case).status in ENDED:
        return "closed"
    return intake.status


def _check(kind: str, body: str, contact: str, wish: str) -> None:
    if kind not in IntakeKind.values:
        raise InvalidInput("kind", "Say what you send.", field="kind")
    if not body.strip():
        raise InvalidInput("body_missing", "Write what happened, or what you ask for.", field="body")
    if len(body) > LONGEST:
        raise InvalidInput("body_long", f"Write {LONGEST:,} characters at most.", field="body")
    if kind == IntakeKind.PERSON_REQUEST and not contact:
        raise InvalidInput("contact_missing", "Give an address that the answer can go to.", field="contact")
    if (kind == IntakeKind.PERSON_REQUEST) != bool(wish) or (wish and wish not in Wish.values):
        raise InvalidInput("wish", "Say what you ask for.", field="wish")


def _only_one_named(name: str) -> Organization | None:
    found = list(Organization.objects.filter(name__iexact=name)[:2]) if name else []
    return found[0] if len(found) == 1 else None


def _waiting(intake: Intake) -> Intake:
    row: Intake = Intake.objects.select_for_update().get(pk=intake.pk)
    if row.case or row.dismissed_at:
        raise Conflict("handled", "Another officer has dealt with this already.")
    return row


def _open(intake: Intake, organization: Organization, *, by: Actor) -> Case:
    case = cases.open_case(
        kind=CaseKind(intake.kind),
        organization_id=organization.pk,
        summary=str(intake),
        subject=intake.public_id,
        confidential=True,
        due_at=intake.due_at,
        by=by,
    )
    intake.organization, intake.case, intake.handled_by = organization, case.public_id, by.id
    intake.save(update_fields=["organization", "case", "handled_by"])
    audit.record(verb="intake.assigned", actor=by, target=intake, case=case.public_id)
    return case
