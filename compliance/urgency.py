"""What the rules say to an urgent grant, and the line it would be. By itself it lifts no rule."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from compliance.findings import Finding, Line, of_determination
from compliance.holdings import held
from compliance.models import Application, Determination, EndUser, UrgentRequest
from compliance.models.determinations import DeterminationOutcome
from compliance.policy.evaluate import evaluate
from compliance.policy.facts import Facts, GrantLine, OrganizationFacts, Party
from compliance.policy.ruling import Ruling
from compliance.policy.vocabulary import (
    OrganizationStatus,
    OrganizationType,
    Purpose,
    Record,
    RequestedBy,
)
from compliance.precheck import Preview, preview
from compliance.standing import USUAL_SUBJECT, determination_in_force, lineage_in_force
from compliance.stated import Stated, facts_of
from portal.tenancy.models import Organization

_URGENT = "urgent"


@dataclass(frozen=True)
class Asked:
    """An urgent request as the rules see it.

    Attributes:
        entry: The end user's entry in the register, None where the body is not in it yet.
    """

    purpose: Purpose
    party: Party
    entry: EndUser | None
    requested_by: RequestedBy
    case_reference: str
    evidence: str


@dataclass(frozen=True, kw_only=True)
class Urgency:
    """What an urgent request states.

    Attributes:
        end_user: Public id from the register; empty where the body is named instead.
        body_name: An end user that is not in the register, with `body_type`.
    """

    purpose: str
    requested_by: str
    authority: str
    authority_reference: str
    case_reference: str
    story: str
    end_user: str = ""
    body_name: str = ""
    body_type: str = ""


def asked(stated: Urgency | UrgentRequest, *, entry: EndUser | None) -> Asked:
    """Return an urgent request as the rules see it."""
    return Asked(
        purpose=Purpose(stated.purpose),
        party=entry.party if entry else _named(stated),
        entry=entry,
        requested_by=RequestedBy(stated.requested_by),
        case_reference=stated.case_reference.strip(),
        evidence=f"{stated.authority.strip()}, {stated.authority_reference.strip()}"[:200],
    )


def _named(stated: Urgency | UrgentRequest) -> Party:
    return Party(id=_URGENT, name=stated.body_name.strip(), type=OrganizationType(stated.body_type))


def ruling_on(request: Asked, organization: Organization, *, at: datetime) -> Ruling:
    """Return what the rules would say to a search under the grant that is asked for. Inside a scope.

    The lines that are in force stay beside it: where an officer found one covered, that still counts.
    """
    facts, before = _facts(request, organization)
    line = _supposed(preview(facts, lineage_in_force(), at=at), request, at)
    everything = replace(facts, grants=(*_lines(before), line))
    return evaluate(everything, lineage_in_force(), at=at, known_at=at)


def line_for(
    request: Asked, organization: Organization, *, end_user: EndUser, at: datetime, until: datetime
) -> Line:
    """Return the line to grant, exempt where a moratorium covers it and an exemption fits. Inside a scope."""
    facts, _ = _facts(request, organization)
    supposed = _supposed(preview(facts, lineage_in_force(), at=at), request, at)
    return Line(
        purpose=request.purpose,
        end_user=str(end_user.pk),
        starts_at=at,
        expires_at=until,
        moratorium_status=supposed.moratorium_status,
        exemption=supposed.exemption,
        exemption_evidence=request.evidence if supposed.exemption else "",
        case_reference=request.case_reference,
    )


def finding_with(line: Line, organization: Organization, *, reasons: str) -> Finding:
    """Return what is determined already, with one line more. Inside a scope.

    About an organization in review nothing is determined yet: what it declared stands, unverified.
    """
    before = determination_in_force(organization)
    base = of_determination(before) if before else _declared(organization)
    kept = tuple(one for one in base.lines if not _same(one, line))
    granted = DeterminationOutcome.GRANTED.value
    return replace(base, outcome=granted, lines=(*kept, line), reasons=reasons)


def _same(one: Line, other: Line) -> bool:
    keys = ("purpose", "end_user", "case_reference")
    return all(getattr(one, key) == getattr(other, key) for key in keys)


def _supposed(seen: Preview, request: Asked, at: datetime) -> GrantLine:
    """Return the line that a preview supposes, for this one case."""
    [line] = seen.facts.grants
    return replace(line, id=_URGENT, case_reference=request.case_reference, starts_at=at)


def _facts(request: Asked, organization: Organization) -> tuple[Facts, Determination | None]:
    holdings = held(organization)
    before = holdings.determination
    stated = Stated(
        purpose=request.purpose,
        operation="search",
        requested_by=request.requested_by,
        case_reference=request.case_reference,
        subject_class=USUAL_SUBJECT[request.purpose],
        probe_source="case_file",
        gallery_source="case_file",
    )
    facts = facts_of(stated, holdings)
    who = replace(facts.organization, status=OrganizationStatus.ACTIVE)
    facts = replace(facts, organization=who, end_user=request.party, recipient=request.party)
    return (facts if before else _as_declared(facts, who, organization)), before


def _as_declared(facts: Facts, who: OrganizationFacts, organization: Organization) -> Facts:
    found = _declared(organization)
    itself = Party(id=who.id, name=who.name, type=found.organization_type)
    return replace(
        facts,
        organization=replace(who, type=found.organization_type),
        key_operator=itself,
        determination=_URGENT,
        establishment=found.establishment,
        processing=found.processing,
        subjects=found.subjects,
        records=frozenset[Record](),
    )


def _declared(organization: Organization) -> Finding:
    submitted = Application.objects.filter(organization=organization, submitted_at__isnull=False)
    newest = submitted.order_by("-submitted_at").first()
    answers = newest.answers if newest else {}
    return Finding(
        organization_type=OrganizationType(answers.get("organization_type") or OrganizationType.OTHER),
        reasons="",
        legal_form=(answers.get("legal_form") or "")[:100],
        establishment=frozenset(answers.get("establishment") or ()),
        processing=frozenset(answers.get("processing") or ()),
        subjects=frozenset(answers.get("subjects") or ()),
    )


def _lines(determination: Determination | None) -> tuple[GrantLine, ...]:
    return tuple(grant.line for grant in determination.kept_grants()) if determination else ()
