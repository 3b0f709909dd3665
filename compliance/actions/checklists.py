"""Ticking off what has been seen in a case, each item with what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from compliance.actions.cases import reviewing
from compliance.checklists import ITEMS, items_for, unanswered
from compliance.findings import Finding
from compliance.impartiality import officer_key, require_assigned
from compliance.models import Case, ChecklistAnswer
from compliance.models.cases import CaseKind
from compliance.models.review import Found
from compliance.states import require_undecided
from portal.audit import actions as audit
from portal.common.errors import InvalidInput
from portal.tenancy.actor import Actor

# Cases in which an organization asks for something, and so has to show what it is.
KINDS = frozenset(
    {
        CaseKind.ONBOARDING,
        CaseKind.NEW_PURPOSE,
        CaseKind.END_USER_CHANGE,
        CaseKind.EXEMPTION,
        CaseKind.RECERTIFICATION,
    }
)


@dataclass(frozen=True)
class Answer:
    """What was found about one item, and what that rests on."""

    item: str
    found: str
    evidence: str


def answer(*, case: Case, answers: Sequence[Answer], by: Actor) -> list[ChecklistAnswer]:
    """Record what was seen of some items; a later answer takes the place of an earlier one.

    Returns:
        What was recorded: answers that stand already in the same words are not recorded again.

    Raises:
        InvalidInput: `item_unknown`, `found_unknown` or `evidence_missing`.
        Refused: `not_assigned`, `own_organization`, `recused` or `self_review`.
    """
    for one in answers:
        _check(one)
    with reviewing(case) as row:
        require_assigned(row, by)
        require_undecided(row)
        standing = ChecklistAnswer.objects.standing(row)
        return [_record(row, one, by) for one in answers if _is_new(one, standing.get(one.item))]


def _check(answer: Answer) -> None:
    if answer.item not in ITEMS:
        raise InvalidInput("item_unknown", f"The checklist has no item {answer.item!r}.", field=answer.item)
    if answer.found not in Found.values:
        sentence = "Say whether it was seen, does not apply or is lacking."
        raise InvalidInput("found_unknown", sentence, field=answer.item)
    if not answer.evidence.strip():
        sentence = "Say what you saw and where, or why it does not apply or is lacking."
        raise InvalidInput("evidence_missing", sentence, field=answer.item)


def _is_new(answer: Answer, standing: ChecklistAnswer | None) -> bool:
    said = (answer.found, answer.evidence.strip())
    return standing is None or (standing.found, standing.evidence) != said


def _record(case: Case, answer: Answer, by: Actor) -> ChecklistAnswer:
    made = ChecklistAnswer(
        organization_id=case.organization_id,
        case=case,
        item=answer.item,
        found=answer.found,
        evidence=answer.evidence.strip(),
        officer_id=officer_key(by),
    )
    made.save(force_insert=True)
    audit.record(
        verb="case.checked",
        actor=by,
        target=case,
        organization=case.trail_id,
        item=answer.item,
        found=answer.found,
    )
    return made


def require_complete(case: Case, finding: Finding) -> None:
    """Let a finding be recommended only when every item for its type is answered. In the office's scope.

    Raises:
        InvalidInput: `checklist_open`, with the items; `checklist_lacking`, when something is granted though
            an item was asked for and not shown.
    """
    if case.kind not in KINDS:
        return
    answers = ChecklistAnswer.objects.standing(case)
    if open_ := unanswered(finding.organization_type, answers):
        titles = "; ".join(item.title for item in open_)
        raise InvalidInput(
            "checklist_open",
            f"Answer the checklist first. Open: {titles}.",
            items=[item.code for item in open_],
        )
    asked = [
        item for item in items_for(finding.organization_type) if answers[item.code].found == Found.LACKING
    ]
    if asked and finding.is_granted:
        titles = "; ".join(item.title for item in asked)
        raise InvalidInput(
            "checklist_lacking",
            f"Nothing can be granted while this is lacking: {titles}.",
            items=[item.code for item in asked],
        )
