"""A finding: the determination an officer proposes, as plain data that can be kept, shown and carried out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from compliance.models import Determination, EndUser, Grant
from compliance.models.determinations import LONGEST_GRANT, DeterminationOutcome
from compliance.policy.obligations import Obligations, read_obligations
from compliance.policy.places import place
from compliance.policy.plain import encode, flag, many, moment, optional, record, row, text, word
from compliance.policy.rules import Kind, PolicyVersion
from compliance.policy.vocabulary import (
    POLICE,
    Attribute,
    MoratoriumStatus,
    Operation,
    OrganizationType,
    Purpose,
    Record,
    strictest,
)
from portal.common.errors import InvalidInput
from portal.tenancy.models import Organization

USUAL_OPERATIONS = frozenset({Operation.ENROLL, Operation.SEARCH, Operation.COMPARE, Operation.DETECT})
NEVER_INFERRED = frozenset({Attribute.RACE})  # no grant can name it: a rule refuses it before any is asked
URGENT = timedelta(hours=72)  # an urgent grant is for one case and this long at most


@dataclass(frozen=True, kw_only=True)
class Line:
    """One grant proposed.

    Attributes:
        end_user: Id of the entry in the register.
        exemption: Id of the rule that exempts the line.
        case_reference: The only case it is for.
    """

    purpose: Purpose
    end_user: str
    expires_at: datetime
    operations: frozenset[Operation] = USUAL_OPERATIONS
    attributes: frozenset[Attribute] = frozenset()
    moratorium_status: MoratoriumStatus = MoratoriumStatus.NOT_COVERED
    conditions: Obligations = field(default_factory=Obligations)
    starts_at: datetime | None = None
    exemption: str | None = None
    exemption_evidence: str = ""
    exemption_expires_at: datetime | None = None
    case_reference: str | None = None


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What an officer proposes to determine."""

    organization_type: OrganizationType
    reasons: str
    outcome: str = DeterminationOutcome.GRANTED.value
    lines: tuple[Line, ...] = ()
    type_evidence: tuple[str, ...] = ()
    legal_form: str = ""
    onward_service: bool = False
    establishment: frozenset[str] = frozenset()
    processing: frozenset[str] = frozenset()
    subjects: frozenset[str] = frozenset()
    records: frozenset[Record] = frozenset()

    def to_json(self) -> dict[str, Any]:
        """Return the finding as JSON data."""
        return dict(encode(self))

    @property
    def is_granted(self) -> bool:
        """Whether it grants anything."""
        return self.outcome == DeterminationOutcome.GRANTED.value

    def revoked(self, *, reasons: str) -> Finding:
        """Return the finding about the same organization that grants nothing any more."""
        return replace(self, outcome=DeterminationOutcome.REVOKED.value, lines=(), reasons=reasons)

    @property
    def moratorium_status(self) -> MoratoriumStatus:
        """The strictest line; `unknown` where nothing is granted."""
        return strictest(*(line.moratorium_status for line in self.lines)) if self.lines else _UNKNOWN


_UNKNOWN = MoratoriumStatus.UNKNOWN


def _loose(value: Any) -> str:
    return value if isinstance(value, str) else text(value)


_line = record(
    Line,
    {
        "purpose": word(Purpose),
        "end_user": text,
        "expires_at": moment,
        "operations": many(word(Operation)),
        "attributes": many(word(Attribute)),
        "moratorium_status": word(MoratoriumStatus),
        "conditions": read_obligations,
        "starts_at": optional(moment),
        "exemption": optional(text),
        "exemption_evidence": _loose,
        "exemption_expires_at": optional(moment),
        "case_reference": optional(text),
    },
)
finding_from_json = record(
    Finding,
    {
        "organization_type": word(OrganizationType),
        "reasons": text,
        "outcome": text,
        "lines": row(_line),
        "type_evidence": row(text),
        "legal_form": _loose,
        "onward_service": flag,
        "establishment": many(place),
        "processing": many(place),
        "subjects": many(place),
        "records": many(word(Record)),
    },
)


def of_determination(determination: Determination) -> Finding:
    """Return the finding that a determination was made of. Inside a scope."""
    return Finding(
        organization_type=OrganizationType(determination.organization_type),
        reasons=determination.reasons,
        outcome=determination.outcome,
        lines=tuple(_line_of(grant) for grant in determination.kept_grants()),
        type_evidence=tuple(determination.type_evidence),
        legal_form=determination.legal_form,
        onward_service=determination.onward_service,
        establishment=frozenset(determination.establishment),
        processing=frozenset(determination.processing),
        subjects=frozenset(determination.subjects),
        records=frozenset(map(Record, determination.records)),
    )


def with_urgent(finding: Finding, before: Determination | None, *, now: datetime) -> Finding:
    """Return a finding that keeps the urgent grants in force: two officers made them, and they end soon."""
    if before is None or not finding.is_granted:
        return finding
    keys = {(line.purpose, line.end_user, line.case_reference) for line in finding.lines}
    running = before.kept_grants().exclude(case_reference="").filter(expires_at__gt=now)
    urgent = [_line_of(grant) for grant in running]
    kept = [line for line in urgent if (line.purpose, line.end_user, line.case_reference) not in keys]
    return replace(finding, lines=(*finding.lines, *kept))


def check(finding: Finding, *, version: PolicyVersion | None, now: datetime) -> Finding:
    """Return a finding that can be carried out, with its starts filled in.

    Raises:
        InvalidInput: `reasons_missing`, `outcome`, `nothing_granted`, `line_twice`, `expiry`, `exemption`,
            `exemption_expiry`, `operations`, `attributes` or `jurisdiction`, with a sentence that says what
            to mend.
    """
    if not finding.reasons.strip():
        raise InvalidInput("reasons_missing", "Give the reasons of the finding.", field="reasons")
    if finding.outcome not in DeterminationOutcome.values:
        raise InvalidInput("outcome", f"{finding.outcome!r} is no outcome.", field="outcome")
    if finding.is_granted != bool(finding.lines):
        raise InvalidInput("nothing_granted", "A grant has at least one line, and a rejection none.")
    for code in (*finding.establishment, *finding.processing, *finding.subjects):
        place(code)
    exemptions = {r.id for r in version.rules if r.kind is Kind.EXEMPTION} if version else set()
    seen = {(one.purpose, one.end_user, one.case_reference) for one in finding.lines}
    if len(seen) < len(finding.lines):
        raise InvalidInput("line_twice", "Two lines are for the same purpose and end user. Join them.")
    return replace(finding, lines=tuple(_checked(one, exemptions, now) for one in finding.lines))


def reasons_for_two(finding: Finding, before: Determination | None) -> list[str]:
    """Return why two officers are needed, nothing where one is enough. Inside a scope.

    An exemption, anything for police, and an end user of a type that is new to the organization take two. An
    organization that served nobody yet serves its own type: anybody else is new.
    """
    named = EndUser.objects.filter(pk__in=[line.end_user for line in finding.lines])
    types = set(named.values_list("organization_type", flat=True))
    served = _types_served(before) or {str(finding.organization_type)}
    reasons = []
    if any(line.moratorium_status is MoratoriumStatus.EXEMPT for line in finding.lines):
        reasons.append("A line is exempt from a moratorium.")
    if finding.is_granted and finding.organization_type in POLICE:
        reasons.append("The organization is police.")
    if types & set(POLICE):
        reasons.append("An end user is police.")
    if types - served:
        reasons.append("An end user is of a type this organization did not serve before.")
    return reasons


def of_synthetic(organization: Organization, line: Line, **details: Any) -> Finding:
    """Return the finding of an organization made by a command: one line, marked as what it is.

    Raises:
        InvalidInput: `not_synthetic`; about a real organization people decide.
    """
    if not organization.synthetic:
        raise InvalidInput("not_synthetic", "People decide about real organizations, not commands.")
    return Finding(reasons="Made by a command for a demonstration or a test.", lines=(line,), **details)


def _line_of(grant: Grant) -> Line:
    return Line(
        purpose=Purpose(grant.purpose),
        end_user=str(grant.end_user_id),
        expires_at=grant.expires_at,
        operations=frozenset(map(Operation, grant.operations)),
        attributes=frozenset(map(Attribute, grant.attributes)),
        moratorium_status=MoratoriumStatus(grant.moratorium_status),
        conditions=read_obligations(grant.conditions),
        starts_at=grant.starts_at,
        exemption=grant.exemption or None,
        exemption_evidence=grant.exemption_evidence,
        exemption_expires_at=grant.exemption_expires_at,
        case_reference=grant.case_reference or None,
    )


def _types_served(before: Determination | None) -> set[str]:
    if before is None:
        return set()
    return set(before.grants.values_list("end_user__organization_type", flat=True))


def _checked(line: Line, exemptions: set[str], now: datetime) -> Line:
    starts_at = line.starts_at or now
    if not starts_at < line.expires_at <= starts_at + LONGEST_GRANT:
        raise InvalidInput(
            "expiry", "A grant ends after it starts and within twelve months.", field="expires_at"
        )
    if not line.operations:
        raise InvalidInput("operations", "Name at least one operation.", field="operations")
    _check_exemption(line, exemptions, starts_at)
    _check_attributes(line)
    if line.case_reference and line.expires_at > starts_at + URGENT:
        raise InvalidInput("expiry", "An urgent grant lasts 72 hours at most.", field="expires_at")
    return replace(line, starts_at=starts_at)


def _check_exemption(line: Line, exemptions: set[str], starts_at: datetime) -> None:
    exempt = line.moratorium_status is MoratoriumStatus.EXEMPT
    if exempt != bool(line.exemption) or (line.exemption and line.exemption not in exemptions):
        known = ", ".join(sorted(exemptions)) or "none"
        raise InvalidInput(
            "exemption", f"An exempt line names its exemption. Known: {known}.", field="exemption"
        )
    ends_at = line.exemption_expires_at
    if ends_at and not (exempt and starts_at < ends_at <= line.expires_at):
        sentence = "An exemption ends within the time of its grant, and only an exempt line has such an end."
        raise InvalidInput("exemption_expiry", sentence, field="exemption_expires_at")


def _check_attributes(line: Line) -> None:
    if line.attributes & NEVER_INFERRED:
        sentence = "Race and ethnicity are never inferred from a face. Leave that attribute out."
        raise InvalidInput("attributes", sentence, field="attributes")
    if line.attributes and Operation.ATTRIBUTES not in line.operations:
        sentence = "Attributes are inferred by an operation of their own. Grant it too, or leave them out."
        raise InvalidInput("attributes", sentence, field="attributes")
