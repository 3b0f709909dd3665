"""What a case page shows: facts as declared, documents, end users, evaluation, votes and history."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Q

from compliance.actions.checklists import KINDS as CHECKED
from compliance.actions.outcomes import WITHOUT_FINDING
from compliance.answers import kept_beside
from compliance.checklists import items_for
from compliance.conditions import conditions, inferred
from compliance.findings import Finding, finding_from_json
from compliance.models import (
    Application,
    Case,
    CaseMessage,
    ChecklistAnswer,
    Determination,
    EndUser,
    Evidence,
    Grant,
    Recommendation,
)
from compliance.models.cases import CaseStatus
from compliance.policy.vocabulary import Operation, OrganizationType
from compliance.precheck import Preview, bodies_of
from compliance.standing import determination_in_force, lineage_in_force
from portal.audit.models import Event
from portal.audit.verbs import VERBS
from portal.common.ids import parse_public_id
from portal.tenancy.actor import Actor
from portal.tenancy.models import Membership, Organization, User
from portal.web.forms.wording import kind_label
from portal.web.onboarding.answers import asked_groups, carried_groups
from portal.web.onboarding.documents import document_rows
from portal.web.onboarding.prechecks import previews_of

WAITING_FOR_VOTES = frozenset({CaseStatus.AWAITING_COUNTERSIGN, CaseStatus.THIRD_VOTE})


def application_of(case: Case) -> Application | None:
    """Return the application a case is about, or else the newest one submitted. In scope."""
    if case.application_id:
        return Application.objects.select_related("organization").get(pk=case.application_id)
    rows = Application.objects.filter(organization_id=case.organization_id, submitted_at__isnull=False)
    newest: Application | None = rows.select_related("organization").order_by("-submitted_at").first()
    return newest


def previews(application: Application | None) -> tuple[Preview, ...]:
    """Return the evaluation of every line asked for, with verified documents only. In scope."""
    if application is None or not application.answers.get("organization_type"):
        return ()
    return previews_of(
        application, application.answers, lineage_in_force(), verified=True, kept=_kept(application)
    )


def kept_grants(application: Application | None) -> dict[tuple[str, UUID], Grant]:
    """Return the grants that a determination would end, by purpose and end user. In scope."""
    if application is None or not _kept(application):
        return {}
    determination = determination_in_force(application.organization)
    grants = determination.kept_grants().filter(case_reference="") if determination else ()
    return {(grant.purpose, grant.end_user_id): grant for grant in grants}


def _kept(application: Application) -> list[tuple[str, dict[str, Any]]]:
    return kept_beside(application, determination_in_force(application.organization))


def declared(application: Application | None) -> list[dict[str, Any]]:
    """Return the declared answers, task by task; what was taken over from before comes last."""
    if application is None:
        return []
    before = [{**group, "title": f"Before: {group['title']}"} for group in carried_groups(application)]
    return [*asked_groups(application), *before]


def checklist(case: Case) -> dict[str, Any]:
    """Return how a case's checklist stands for the type declared; nothing where a case has none. In scope."""
    if case.kind not in CHECKED:
        return {}
    answers = ChecklistAnswer.objects.standing(case)
    items = items_for(declared_type(case))
    rows = [{"item": item, "answer": answers.get(item.code)} for item in items]
    return {"rows": rows, "open": sum(row["answer"] is None for row in rows), "items": len(items)}


def declared_type(case: Case) -> OrganizationType:
    """Return the type that an application declares; `other` where it declares none. In scope."""
    application = application_of(case)
    declared = application.answers.get("organization_type") if application else None
    return OrganizationType(declared or OrganizationType.OTHER)


def documents(case: Case) -> list[dict[str, Any]]:
    """Return the documents of the organization, newest last, with what each shows. In scope."""
    rows = Evidence.objects.filter(organization_id=case.organization_id).order_by("received_at")
    return document_rows(rows)


def verified(case: Case) -> list[tuple[str, str]]:
    """Return the verified documents as choices. In scope."""
    rows = Evidence.objects.in_force().filter(organization_id=case.organization_id)
    return [(row.public_id, f"{kind_label(row.kind)}: {row.name}") for row in rows.order_by("received_at")]


def named_bodies(application: Application | None, organization: Organization) -> list[dict[str, Any]]:
    """Return the end users an application names, each with its entry in the register if it has one."""
    if application is None:
        return []
    bodies = [dict(one) for one in bodies_of(application.answers, _kept(application)) if one["name"]]
    entries = _entries(bodies, organization)
    return [_body(number, body, entries, application) for number, body in enumerate(bodies, 1)]


def _entries(bodies: list[dict[str, Any]], organization: Organization) -> list[EndUser]:
    names = Q(organization=organization)
    for body in bodies:
        names |= Q(name__iexact=body["name"], organization=None)
    return list(EndUser.objects.filter(names)) if bodies else []


def _body(
    number: int, body: dict[str, Any], entries: list[EndUser], application: Application | None
) -> dict[str, Any]:
    itself = not body["organization_type"]
    kind = body["organization_type"] or (application.answers.get("organization_type") if application else "")
    return {
        "number": number,
        "name": body["name"],
        "itself": itself,
        "type": kind,
        "type_label": OrganizationType(kind).label if kind else "Not stated",
        "jurisdiction": body.get("jurisdiction") or "",
        "entry": next((one for one in entries if _is_entry(one, body, itself=itself)), None),
    }


def _is_entry(entry: EndUser, body: dict[str, Any], *, itself: bool) -> bool:
    if itself or entry.organization_id:
        return itself and entry.organization_id is not None
    place = body.get("jurisdiction") or ""
    same = entry.name.lower() == body["name"].lower() and entry.jurisdiction == place
    return same and entry.organization_type == body["organization_type"]


def conversation(case: Case) -> list[dict[str, Any]]:
    """Return all messages of a case, newest first, notes marked. In scope."""
    said = CaseMessage.objects.filter(case=case).order_by("-written_at", "-pk")
    return [
        {
            "at": one.written_at,
            "title": _message_title(one, case),
            "text": one.body,
            "actor": one.author_label,
        }
        for one in said
    ]


def _message_title(message: CaseMessage, case: Case) -> str:
    if message.internal:
        return "Internal note"
    if message.is_question:
        return "Question to the organization"
    # Only applicants answer; in a case without an application the office writes.
    return "The organization answered" if case.application_id else "To the organization"


def votes(case: Case, actor: Actor) -> list[dict[str, Any]]:
    """Return recommendations and votes; those of others stay closed until one has voted. In scope."""
    rows = list(Recommendation.objects.filter(case=case).select_related("officer"))
    proposed = max((row.pk for row in rows if _is_proposal(row)), default=None)
    # Having voted in an earlier round opens nothing: what counts is the recommendation that waits now.
    voted = any(row.officer_id == actor.user_id and proposed and row.pk >= proposed for row in rows)
    closed = case.status in WAITING_FOR_VOTES and not voted
    return [
        {
            "at": row.recommended_at,
            "title": f"{'Recommended' if _is_proposal(row) else 'Voted'}: {row.outcome}",
            "actor": str(row.officer),
            "text": "The reasons open once the drawn officer has voted." if closed else row.reasons,
        }
        for row in reversed(rows)
    ]


def _is_proposal(row: Recommendation) -> bool:
    return bool(row.finding) or row.outcome in WITHOUT_FINDING


def recommended(case: Case) -> Finding | None:
    """Return the finding that waits to be carried out or countersigned, if one was needed. In scope."""
    newest = _newest_proposal(case)
    return finding_from_json(newest.finding) if newest and newest.finding else None


def proposed_outcome(case: Case) -> str:
    """Return what was recommended without a finding: to lift, to revoke, to uphold. In scope."""
    newest = _newest_proposal(case)
    return newest.outcome if newest and not newest.finding else ""


def _newest_proposal(case: Case) -> Recommendation | None:
    plain = Q(finding={}) & ~Q(outcome__in=WITHOUT_FINDING)  # votes
    rows = Recommendation.objects.filter(case=case).exclude(plain)
    newest: Recommendation | None = rows.order_by("-recommended_at", "-pk").first()
    return newest


def finding_rows(finding: Finding | None) -> list[dict[str, Any]]:
    """Return the lines of a finding in words. In scope."""
    if finding is None:
        return []
    names = EndUser.objects.in_bulk([line.end_user for line in finding.lines])
    named = {str(key): entry.name for key, entry in names.items()}
    return [
        {
            "purpose": line.purpose.label,
            "end_user": named.get(line.end_user, line.end_user),
            "status": line.moratorium_status,
            "exemption": line.exemption,
            "exemption_evidence": line.exemption_evidence,
            "exemption_expires_at": line.exemption_expires_at,
            "operations": ", ".join(Operation(one).label for one in sorted(line.operations)),
            "attributes": inferred(line.attributes),
            "conditions": conditions(line.conditions),
            "expires_at": line.expires_at,
            "case_reference": line.case_reference,
        }
        for line in finding.lines
    ]


def determinations(organization: Organization) -> list[dict[str, Any]]:
    """Return every determination about an organization, newest first. In scope."""
    rows = Determination.objects.filter(organization=organization).newest_first()
    return [
        {
            "at": row.decided_at,
            "title": f"{row.get_outcome_display()}: {row.get_organization_type_display()}",
            "actor": _deciders(row),
            "text": row.reasons,
            "status": row.moratorium_status,
        }
        for row in rows.select_related("decided_by", "countersigned_by")
    ]


def _deciders(row: Determination) -> str:
    if row.synthetic and row.decided_by is None:
        return "made by a command"
    return " and ".join(str(one) for one in (row.decided_by, row.countersigned_by) if one)


def events(targets: Iterable[str], *, limit: int = 50) -> list[dict[str, Any]]:
    """Return what happened to things, newest first, with the people who did it."""
    rows = list(Event.objects.filter(target__in=list(targets)).order_by("-id")[:limit])
    names = people({row.actor for row in rows})
    return [
        {
            "at": row.at,
            "title": VERBS[row.verb].sentence,
            "actor": names.get(row.actor, row.actor),
            "status": row.payload.get("new") if row.verb == "organization.status_changed" else "",
        }
        for row in rows
    ]


def people(actors: Iterable[str]) -> dict[str, str]:
    """Return the names behind public ids of users, in one query."""
    keys = [parse_public_id(User.PREFIX, one) for one in actors if one.startswith(f"{User.PREFIX}_")]
    return {user.public_id: str(user) for user in User.objects.filter(pk__in=keys)} if keys else {}


def belongs(organization: Organization, actor: Actor) -> bool:
    """Whether an officer belongs or ever belonged to an organization, and so has no part in its cases."""
    rows = Membership.objects.filter(organization=organization)
    return actor.user_id is not None and rows.filter(user_id=actor.user_id).exists()
