"""Appointing and dismissing officers: the first two from the shell, everybody after them by two officers."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import IntegrityError, connection, transaction

from portal.audit import actions as audit
from portal.common.clock import database_now
from portal.common.errors import Conflict, InvalidInput, Refused
from portal.common.states import move
from portal.tenancy.access import require_officer
from portal.tenancy.actions import people
from portal.tenancy.actor import Actor
from portal.tenancy.models import (
    OFFICER_PROPOSAL_TRANSITIONS,
    Officer,
    OfficerApproval,
    OfficerChange,
    OfficerProposal,
    OfficerProposalStatus,
    User,
)

NEEDED = 2  # officers whom a decision takes, so as many are appointed without any, and as many approve
_LOCK = 0x0FF1CE  # of the transaction that counts officers


@dataclass(frozen=True)
class Approved:
    """A proposal after an approval, and the account that came of it where this was the last one needed."""

    proposal: OfficerProposal
    appointed: User | None = None


def appoint(*, user: User, by: Actor, synthetic: bool = False) -> Officer:
    """Make a user a compliance officer while fewer than two are active.

    Args:
        user: The account.
        by: Who appoints: the shell.
        synthetic: One of a demonstration or test, however many there are. The caller checks the switch that
            allows it.

    Raises:
        Refused: `two_officers`, two are active: propose the third to them.
        Conflict: `already_officer`.
    """
    with transaction.atomic():
        _lock()
        if not synthetic and takes_two():
            raise Refused("two_officers", "Two officers have to appoint the third and everybody after.")
        return _appoint(user, by, synthetic=synthetic)


def takes_two() -> bool:
    """Whether enough officers are active to decide about the next."""
    return _active() >= NEEDED


def propose(*, email: str, by: Actor) -> OfficerProposal:
    """Propose an appointment. An officer approves with it; a shell only proposes, and approves nothing.

    Raises:
        Conflict: `already_officer`, or `proposed_already`.
    """
    _require_proposer(by)
    address = email.strip().lower()
    if Officer.objects.filter(user__email=address, active=True).exists():
        raise Conflict("already_officer", "This person is an officer already.")
    return _propose(OfficerChange.APPOINT, address, None, by)


def propose_dismissal(*, officer: Officer, by: Actor) -> OfficerProposal:
    """Propose to dismiss an officer, who may approve that like any other.

    Raises:
        Refused: `last_two`, decisions take two officers, and no more are left.
        Conflict: `proposed_already`, or `no_officer`, dismissed already.
    """
    _require_proposer(by)
    _require_more_than_two()
    if not officer.active:
        raise Conflict("no_officer", "This person is no officer any more.")
    return _propose(OfficerChange.DISMISS, officer.user.email, officer, by)


def approve(*, proposal: OfficerProposal, by: Actor) -> Approved:
    """Approve a proposal with one's own sign-in; the second approval carries it out.

    Raises:
        Conflict: `decided`, or `approved_already`, by this officer.
        Refused: `last_two`.
        Conflict: `email_taken`, somebody registered the address before.
    """
    require_officer(by)
    with transaction.atomic():
        _lock()
        row = _waiting(proposal)
        if row.approvals.filter(user_id=by.person).exists():
            raise Conflict("approved_already", "You approved this. Another officer has to approve it too.")
        _approve(row, by)
        if row.approvals.filter(user__officer__active=True).count() < NEEDED:
            return Approved(row)
        return Approved(row, _carry_out(row, by))


def refuse(*, proposal: OfficerProposal, by: Actor) -> OfficerProposal:
    """Refuse a proposal: one officer is enough to keep things as they are.

    Raises:
        Conflict: `decided`.
    """
    require_officer(by)
    with transaction.atomic():
        row = _waiting(proposal)
        move(row, _S.REFUSED, table=OFFICER_PROPOSAL_TRANSITIONS, decided_at=database_now())
        audit.record(verb="officer.refused", actor=by, target=row, change=row.change)
    return row


_S = OfficerProposalStatus


def _propose(change: OfficerChange, email: str, officer: Officer | None, by: Actor) -> OfficerProposal:
    if not email:
        raise InvalidInput("email_missing", "Enter the officer's email address.", field="email")
    try:
        with transaction.atomic():
            row = OfficerProposal.objects.create(
                change=change, email=email, officer=officer, proposed_by=by.id
            )
            audit.record(verb="officer.proposed", actor=by, target=row, change=str(change))
            if by.is_officer:
                _approve(row, by)
    except IntegrityError:
        raise Conflict("proposed_already", "The same is proposed already. Approve or refuse that.") from None
    return row


def _approve(row: OfficerProposal, by: Actor) -> None:
    OfficerApproval.objects.create(proposal=row, user_id=by.person)
    audit.record(verb="officer.approved", actor=by, target=row, change=row.change)


def _carry_out(row: OfficerProposal, by: Actor) -> User | None:
    move(row, _S.CARRIED_OUT, table=OFFICER_PROPOSAL_TRANSITIONS, decided_at=database_now())
    if row.officer is not None:
        _dismiss(row.officer, by)
        return None
    user = _account(row.email, by)
    _appoint(user, by)
    return user


def _account(email: str, by: Actor) -> User:
    """Return a new account, or that of an officer who was dismissed.

    Any other account that exists is refused: whoever registered an address first must not become an officer
    by it.
    """
    former = User.objects.filter(email=email, officer__active=False).first()
    return former or people.create_user(email=email, name="", password=None, by=by)


def _appoint(user: User, by: Actor, *, synthetic: bool = False) -> Officer:
    officer, _ = Officer.objects.get_or_create(user=user, defaults={"active": False, "synthetic": synthetic})
    if not Officer.objects.filter(pk=officer.pk, active=False).update(active=True):
        raise Conflict("already_officer", "This person is an officer already.")
    officer.active = True
    audit.record(verb="officer.created", actor=by, target=officer, synthetic=synthetic)
    return officer


def _dismiss(officer: Officer, by: Actor) -> None:
    _require_more_than_two()
    if not Officer.objects.filter(pk=officer.pk, active=True).update(active=False):
        raise Conflict("no_officer", "This person is no officer any more.")
    audit.record(verb="officer.dismissed", actor=by, target=officer)


def _require_proposer(by: Actor) -> None:
    if by.kind != "system":
        require_officer(by)


def _require_more_than_two() -> None:
    if _active() <= NEEDED:
        raise Refused("last_two", "Decisions take two officers. Appoint another before one leaves.")


def _waiting(proposal: OfficerProposal) -> OfficerProposal:
    row = OfficerProposal.objects.select_for_update().get(pk=proposal.pk)
    if row.status != _S.WAITING:
        raise Conflict("decided", "This proposal was decided already.")
    return row


def _active() -> int:
    return Officer.objects.filter(active=True, user__is_active=True).count()


def _lock() -> None:
    """Let one transaction at a time count officers and add or take one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
