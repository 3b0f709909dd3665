"""Drafts of policy versions: started from the version in force, changed rule by rule or as a document."""

from __future__ import annotations

from dataclasses import replace

from django.db import transaction

from compliance import documents
from compliance.actions import policies, proposals
from compliance.models import PolicyProposal, PolicyVersionRecord
from compliance.models.proposals import ProposalStatus
from compliance.policy.compare import loosenings
from compliance.policy.rules import PolicyVersion, Rule
from compliance.states import PROPOSAL_TRANSITIONS
from portal.audit import actions as audit
from portal.common.clock import database_now
from portal.common.errors import Conflict, InvalidInput
from portal.common.states import move
from portal.tenancy.access import require_officer
from portal.tenancy.actor import Actor

LONGEST_DOCUMENT = 1_000_000  # letters; the default pack has 60,000


def start(*, by: Actor, reasons: str = "", ends: str = "") -> PolicyProposal:
    """Start a draft from the version in force.

    Args:
        by: The officer.
        reasons: Why.
        ends: A rule that the draft leaves out: what confirms the end of a refusal that ended by date.

    Raises:
        PolicyError: `removed_unknown`, or `lifts_unknown`, an exemption lifts that rule.
    """
    require_officer(by)
    with transaction.atomic():
        following = policies.next_of(policies.locked_epoch().pack)
        version = documents.without_rule(following.base, ends) if ends else following.base
        return proposals.begin(_written(version, following), by, reasons=reasons)


def copy(*, proposal: PolicyProposal, by: Actor) -> PolicyProposal:
    """Start a draft of one's own from the changes that another proposal makes.

    Raises:
        PolicyError: Its changes do not fit the version in force.
    """
    require_officer(by)
    with transaction.atomic():
        document = _rebased(proposal, policies.next_of(policies.locked_epoch().pack))
        return proposals.begin(document, by, reasons=proposal.reasons)


def save_document(
    *, draft: PolicyProposal, document: str, seen: str, by: Actor, reasons: str | None = None
) -> PolicyProposal:
    """Save the whole document of a draft, as its officer wrote it.

    Args:
        draft: The draft.
        document: The new document.
        seen: Hash of the document that was changed, so that nothing is overwritten unseen.
        by: The officer.
        reasons: Why; left out, they stay as they are.

    Raises:
        PolicyError: The document is wrong.
        Conflict: `changed`, the draft is not as it was seen, or `number_taken`.
        Refused: `platform_stop`, or `not_yours`.
    """
    require_officer(by)
    if len(document) > LONGEST_DOCUMENT:
        raise InvalidInput("document_too_long", "A document has a million letters at most.", field="document")
    with transaction.atomic():
        row = _as_seen(draft, seen, by)
        policies.read_next(document, _following())
        return _save(row, document, by, row.reasons if reasons is None else reasons)


def put_rule(*, draft: PolicyProposal, rule: Rule, replaces: str, seen: str, by: Actor) -> PolicyProposal:
    """Add a rule to a draft, or put it in the place of another.

    Args:
        draft: The draft.
        rule: The rule.
        replaces: Id of the rule in whose place it goes; empty for a new one.
        seen: Hash of the document that was changed.
        by: The officer.

    Raises:
        As `save_document`.
    """
    require_officer(by)
    with transaction.atomic():
        row, following = _as_seen(draft, seen, by), _following()
        version = documents.with_rule(read(row, following), rule, replaces=replaces)
        return _save_version(row, version, following, by)


def drop_rule(*, draft: PolicyProposal, rule_id: str, seen: str, by: Actor) -> PolicyProposal:
    """Leave a rule out of a draft.

    Raises:
        As `save_document`.
    """
    require_officer(by)
    with transaction.atomic():
        row, following = _as_seen(draft, seen, by), _following()
        version = documents.without_rule(read(row, following), rule_id)
        return _save_version(row, version, following, by)


def restore_rule(*, draft: PolicyProposal, rule_id: str, seen: str, by: Actor) -> PolicyProposal:
    """Put a rule back as it stands in the version in force; one that is not there is left out.

    Raises:
        As `save_document`.
    """
    require_officer(by)
    with transaction.atomic():
        row, following = _as_seen(draft, seen, by), _following()
        version = read(row, following)
        standing = {rule.id: rule for rule in following.base.rules}.get(rule_id)
        if standing is None:
            changed = documents.without_rule(version, rule_id)
        else:
            held = any(rule.id == rule_id for rule in version.rules)
            changed = documents.with_rule(version, standing, replaces=rule_id if held else "")
        return _save_version(row, changed, following, by)


def rebase(*, draft: PolicyProposal, by: Actor) -> PolicyProposal:
    """Make the same changes to the version that is in force now.

    Raises:
        PolicyError: They do not fit it.
        Refused: `not_yours`.
    """
    require_officer(by)
    with transaction.atomic():
        row, following = proposals.own_draft(draft, by), _following()
        return _save(row, _rebased(row, following), by, row.reasons)


def discard(*, draft: PolicyProposal, by: Actor) -> PolicyProposal:
    """Give a draft up.

    Raises:
        Refused: `not_yours`.
        Conflict: `not_a_draft`.
    """
    require_officer(by)
    with transaction.atomic():
        row = proposals.own_draft(draft, by)
        move(row, ProposalStatus.DISCARDED, table=PROPOSAL_TRANSITIONS, decided_at=database_now())
        audit.record(verb="policy.discarded", actor=by, target=row)
    return row


def read(draft: PolicyProposal, following: policies.Next) -> PolicyVersion:
    """Return the version a draft describes, built on the version in force.

    Raises:
        PolicyError: The document is wrong.
        Conflict: `number_taken`, another version came in between: bring the draft up to date.
        Refused: `platform_stop`.
    """
    return policies.read_next(draft.document, following)[0]


def loosens(draft: PolicyProposal, following: policies.Next) -> list[str]:
    """Return where a draft loosens the version in force: nothing for a tightening."""
    return loosenings(following.base, read(draft, following))


def _as_seen(draft: PolicyProposal, seen: str, by: Actor) -> PolicyProposal:
    row = proposals.own_draft(draft, by)
    if row.sha256 != seen:
        raise Conflict("changed", "This draft was changed elsewhere meanwhile. Open it again.")
    return row


def _following() -> policies.Next:
    return policies.next_of(policies.locked_epoch().pack)


def _save_version(
    row: PolicyProposal, version: PolicyVersion, following: policies.Next, by: Actor
) -> PolicyProposal:
    document = documents.write(version, following.base)
    policies.read_next(document, following)
    return _save(row, document, by, row.reasons)


def _save(row: PolicyProposal, document: str, by: Actor, reasons: str) -> PolicyProposal:
    """Save a document that reads; whatever was simulated was another one."""
    sha256 = proposals.document_hash(document)
    if sha256 != row.sha256 and row.status == ProposalStatus.SIMULATED:
        move(row, ProposalStatus.DRAFT, table=PROPOSAL_TRANSITIONS)
    row.document, row.sha256, row.reasons = document, sha256, reasons.strip()
    row.based_on, row.changed_at = _following().base.label, database_now()
    row.save(update_fields=["document", "sha256", "reasons", "based_on", "changed_at"])
    audit.record(verb="policy.draft_saved", actor=by, target=row, sha256=sha256)
    return row


def _written(version: PolicyVersion, following: policies.Next) -> str:
    fresh = replace(version, number=following.number, published_at=database_now().replace(microsecond=0))
    return documents.write(fresh, following.base)


def _rebased(proposal: PolicyProposal, following: policies.Next) -> str:
    pack, _, number = proposal.based_on.partition("@")
    old = PolicyVersionRecord.objects.get(pack=pack, number=number).version
    return documents.rebase(proposal.document, old, following.base, following.number)
