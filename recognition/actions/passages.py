"""The way of a synchronous call: cleared before a face is looked at, and once more where it is answered.

A call waits for nobody: what a rule refers to an officer is refused here, and goes as a job. Whatever is
handed out leaves in the transaction that records the call, under epochs held against change. A stop that
comes before that transaction is felt by it; nothing is written then and nothing is answered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TypeVar

from compliance.actions import gate as gates
from compliance.models import RulingRecord
from compliance.policy.vocabulary import Outcome, Review
from portal.audit import actions as audit
from portal.common import planned
from portal.common.clock import database_now
from portal.common.envelope import DataKey
from portal.common.errors import Refused, Unavailable
from portal.common.ids import uuid7
from portal.common.inserts import insert
from portal.tenancy import secrets
from portal.tenancy.access import require
from portal.tenancy.actions import keys
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.tenancy.roles import Permission
from portal.tenancy.scope import organization_in_scope, tenant_scope
from recognition import grants, quotas, rulings, usage
from recognition.actions import demands, naming, orders
from recognition.actions.orders import Order
from recognition.fences import COMMIT_TAKES, insist, leave_nothing_but_the_commit
from recognition.models import Call, Gallery, Image

AS_A_JOB = "A call cannot wait for an officer. Submit it as a job: that is decided on, and then runs."
_CHANGED = "What this is ruled on under changed while the call ran, so nothing was answered. Send it again."
_TRIES = 3  # rulings on one call, where something unrelated changed while it ran
_IN_USE = "SELECT 1 FROM recognition_gallery WHERE organization_id = %s AND id = %s AND deleted_at IS NULL"
T = TypeVar("T")


class _Stopped(Exception):
    """The ruling does not stand any more: the gate has to be asked anew."""


@dataclass
class Passage:
    """A call that was let through, with what it was let through under.

    Attributes:
        organization: Whose call.
        order: What is asked for.
        call: Its row, not stored yet.
        key: The organization's data key.
        ruling: The newest on it.
        by: Who calls.
        photos: What the calendar can know of the photos: rows that are stored, or only made for it.
    """

    organization: Organization
    order: Order
    call: Call
    key: DataKey
    ruling: RulingRecord
    by: Actor
    photos: list[Image] = field(default_factory=list)

    @property
    def gallery(self) -> Gallery:
        """The gallery of a search or an enrollment."""
        if self.order.gallery is None:
            raise RuntimeError("A call without a gallery was let through as one that has one.")
        return self.order.gallery

    @property
    def is_for_review(self) -> bool:
        """Whether people have to judge before anything is handed out."""
        return self.call.review == Review.BEFORE_RELEASE


def enter(
    *, organization: Organization, order: Order, photos: int, needs: Sequence[Permission], by: Actor
) -> Passage:
    """Let a call on that the rules clear. Outside any scope.

    Args:
        organization: Whose call.
        order: What is asked for.
        photos: How many photos are handed in.
        needs: Permissions it takes.
        by: Who calls.

    Raises:
        InvalidInput, Refused: As for `orders.check_terms`.
        NotFound: The gallery is not visible to the caller.
        Refused: `quota_items_a_day`; the id of the rule, with the `decision`; `other_purpose` and
            `other_end_user` of a key; `case_record_missing`, a search for a person that names no case.
        Conflict: `case_closed`.
    """
    for permission in needs:
        require(by, permission, organization=organization)
    orders.check_terms(order, most=orders.MOST_AT_A_CALL)
    with tenant_scope(organization):
        if order.gallery is not None:
            grants.require_use(by, order.gallery)
        naming.check(order.purpose, order.facts)
        quotas.require_room_for_a_call()
        key = secrets.data_key(organization)
        call = _draft(organization, order, photos, by)
        ruling = rulings.rule_on_call(call, order.gallery, by=by)
    _require_cleared(ruling, call, order, by)
    if naming.names_none(call):
        _close(call)
        raise Refused(naming.MISSING, naming.SENTENCE, decision=ruling.public_id, field="case_reference")
    return Passage(organization, order, call, key, ruling, by)


def answer(passage: Passage, make: Callable[[Passage], T]) -> T:
    """Record a call and return what is answered: in one transaction, under a ruling that stands.

    Where something changed since the call was cleared the gate is asked anew, and what is made keeps the
    stricter of both rulings.

    Args:
        passage: The call; its row is written with the counts that `make` gave it.
        make: Makes the answer and writes what it makes, inside the transaction; may be called again.

    Raises:
        Refused: The rule that stops it now; `key-revoked` or `key-expired`; `gallery_deleted`.
        Unavailable: `rules_changed`, again and again, or reviewers have to judge first by now; `stalled`.
    """
    for _ in range(_TRIES):
        with suppress(_Stopped):
            return insist(lambda: _answered(passage, make))
        _pass_again(passage)
    raise changed()


def _answered(passage: Passage, make: Callable[[Passage], T]) -> T:
    with _standing(passage):
        naming.claim(passage.call, passage.by)
        made = make(passage)
        _record(passage)
    return made


def ask_again(passage: Passage) -> Unavailable:
    """Ask the gate anew where a worker would not look: a rule that stops the call now is named.

    Returns:
        What to raise where none does: the caller sends the call again.

    Raises:
        Refused: The rule, or the end of the key.
    """
    _pass_again(passage)
    return changed()


def changed() -> Unavailable:
    """Return the error of a call that was overtaken by a change of what it is ruled on under."""
    return Unavailable("rules_changed", _CHANGED, retry_seconds=1)


@contextmanager
def closing(passage: Passage) -> Iterator[None]:
    """Close the rulings on a call that is not answered."""
    try:
        yield
    except Exception:
        _close(passage.call)
        raise


def _draft(organization: Organization, order: Order, photos: int, by: Actor) -> Call:
    return Call(
        id=uuid7(),
        organization=organization,
        kind=order.kind,
        gallery=order.gallery,
        purpose=order.purpose,
        end_user_id=order.end_user_id,
        facts=dict(order.facts),
        threshold_asked=order.threshold,
        photos=photos,
        called_by=by.id,
    )


def _require_cleared(ruling: RulingRecord, call: Call, order: Order, by: Actor) -> None:
    """Put the demands of a ruling on its call. Outside any scope: the ruling is kept whatever it says.

    Raises:
        Refused: It does not clear.
    """
    if ruling.outcome == Outcome.REFERRED:
        _close(call)
        raise rulings.refusal(ruling, remedy=f"{ruling.remedy} {AS_A_JOB}".strip())
    if not ruling.is_cleared:
        raise rulings.refusal(ruling, **orders.exceeded(order, by))
    demands.apply_to_call(call, ruling, budget=order.budget)


def _pass_again(passage: Passage) -> None:
    if ended := keys.ended(passage.by.id, ahead=COMMIT_TAKES):
        sentence = "This key ended while the call ran, so nothing was answered."
        raise Refused(ended, sentence, decision=passage.ruling.public_id)
    with tenant_scope(passage.organization):
        if passage.order.gallery is not None:
            grants.require_use(passage.by, Gallery.objects.get(pk=passage.order.gallery.pk))
        ruling = rulings.rule_on_call(passage.call, passage.order.gallery, by=passage.by)
    _require_cleared(ruling, passage.call, passage.order, passage.by)
    passage.ruling = ruling
    if passage.is_for_review:  # nothing may be handed out any more; sent again, it goes to the reviewers
        raise changed()


@contextmanager
def _standing(passage: Passage) -> Iterator[None]:
    """Open the transaction that writes, and let it commit only while the ruling stands."""
    with tenant_scope(passage.organization):
        epochs = gates.lock_epochs_for_share(passage.organization)
        if epochs != rulings.epochs(passage.ruling) or not _has_its_gallery(passage):
            raise _Stopped
        yield
        leave_nothing_but_the_commit()
        _require_standing(passage)


def _require_standing(passage: Passage) -> None:
    """Look whether gallery, key and ruling are in force: last of all, since writing takes time.

    What ends by the clock is looked at last: from then on `COMMIT_TAKES` runs.
    """
    if not _has_its_gallery(passage) or keys.ended(passage.by.id, ahead=COMMIT_TAKES):
        raise _Stopped
    if not gates.valid_now(passage.ruling, now=database_now() + COMMIT_TAKES):
        raise _Stopped


def _has_its_gallery(passage: Passage) -> bool:
    gallery = passage.order.gallery
    return gallery is None or planned.row(_IN_USE, [organization_in_scope(), gallery.pk]) is not None


def _record(passage: Passage) -> None:
    call = passage.call
    event = audit.event(
        verb="call.answered",
        actor=passage.by,
        target=call,
        organization=call.organization_id,
        kind=str(call.kind),
        ruling=call.ruling,
        faces=call.faces,
        left_out=sum(call.left_out.values()),
        candidates=call.candidates,
        enrolled=call.enrolled,
    )
    insert(call, event)
    usage.count_call(call.organization_id)
    rulings.close(call)


def _close(call: Call) -> None:
    with tenant_scope(call.organization_id):
        rulings.close(call)
