"""Facts and rules for tests of the policy. Every organization and person in them is invented."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from compliance.policy.evaluate import evaluate
from compliance.policy.facts import Authorization, Facts, GrantLine, OrganizationFacts, Party
from compliance.policy.packs import DEFAULT_PACK, load_pack
from compliance.policy.rules import Condition, Effect, Kind, Lineage, Period, PolicyVersion, Rule, Source
from compliance.policy.vocabulary import (
    AuthorizationOutcome,
    ImageSource,
    MoratoriumStatus,
    Operation,
    OrganizationType,
    Purpose,
    RequestedBy,
    SubjectClass,
)

NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
FAR_AHEAD = datetime(2030, 1, 1, tzinfo=UTC)
DEFAULT = load_pack(DEFAULT_PACK)
OPERATIONS = frozenset({Operation.ENROLL, Operation.SEARCH, Operation.COMPARE, Operation.DETECT})

HARBOR = Party(id="org-harbor", name="Harbor Light", type=OrganizationType.ANTI_TRAFFICKING_NGO)
UNIT = Party(
    id="eus-unit", name="Westford Missing Children Unit", type=OrganizationType.LAW_ENFORCEMENT_LOCAL
)
OTHER_UNIT = Party(id="eus-other", name="Eastbrook Police", type=OrganizationType.LAW_ENFORCEMENT_LOCAL)
POLICE = Party(id="org-police", name="Eastbrook Police", type=OrganizationType.LAW_ENFORCEMENT_LOCAL)
MUSEUM = Party(id="org-museum", name="Museum of the Coast", type=OrganizationType.EDUCATION)
PARENT = Party(name="A parent", type=None)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def line(purpose: Purpose, end_user: Party, **changes) -> GrantLine:
    values = {
        "id": "gra-1",
        "purpose": purpose,
        "end_user_id": end_user.id or "",
        "end_user_name": end_user.name,
        "operations": OPERATIONS,
        "moratorium_status": MoratoriumStatus.NOT_COVERED,
        "starts_at": LONG_AGO,
        "expires_at": FAR_AHEAD,
    }
    return GrantLine(**values | changes)


def exempt_line(purpose: Purpose, end_user: Party, **changes) -> GrantLine:
    exempt = {"moratorium_status": MoratoriumStatus.EXEMPT, "exemption": "humanitarian-exemption"}
    return line(purpose, end_user, **exempt | changes)


def facts(party: Party, purpose: Purpose, /, **changes) -> Facts:
    """Facts of a search by an organization for itself, with a grant for exactly that."""
    end_user = changes.get("end_user", party)
    values = {
        "organization": OrganizationFacts(id=party.id or "", name=party.name, type=party.type),
        "determination": "det-1",
        "grants": (line(purpose, end_user),) if isinstance(end_user, Party) else (),
        "requested_by": RequestedBy.SELF,
        "end_user": end_user,
        "recipient": None,
        "key_operator": party,
        "purpose": purpose,
        "operation": Operation.SEARCH,
        "case_reference": "CASE-1",
        "subject_class": SubjectClass.CONSENTING,
        "probe_source": ImageSource.CASE_FILE,
        "gallery_source": ImageSource.OWN_CUSTOMERS,
        "establishment": frozenset({"US"}),
        "processing": frozenset({"US"}),
        "subjects": frozenset({"US"}),
        "authorization": None,
        "attributes": frozenset(),
        "records": frozenset(),
        "threshold": 92.0,
        "gallery_size": 10_000,
    }
    return Facts(**values | changes)


def trafficking_lead(**changes) -> Facts:
    """A charity searches for a trafficking victim and leads go to a police unit named in its exemption."""
    purpose = Purpose.TRAFFICKING_VICTIM_IDENTIFICATION
    values = {
        "end_user": UNIT,
        "recipient": UNIT,
        "requested_by": RequestedBy.POLICE,
        "subject_class": SubjectClass.VICTIM,
        "grants": (exempt_line(purpose, UNIT),),
    }
    return facts(HARBOR, purpose, **values | changes)


def child_search(**changes) -> Facts:
    return facts(
        replace(HARBOR, type=OrganizationType.MISSING_PERSONS_NGO),
        Purpose.FIND_MISSING_CHILD,
        **{"subject_class": SubjectClass.MISSING_CHILD} | changes,
    )


def police_search(**changes) -> Facts:
    values = {"subject_class": SubjectClass.SUSPECT}
    return facts(POLICE, Purpose.CRIMINAL_INVESTIGATION_LEAD, **values | changes)


def warrant(**changes) -> Authorization:
    values = {
        "issuer": "District court",
        "reference": "W-1",
        "issued_at": NOW - timedelta(days=1),
        "outcome": AuthorizationOutcome.GRANTED,
        "expires_at": NOW + timedelta(days=30),
    }
    return Authorization(**values | changes)


def ruling(stated: Facts, at: datetime = NOW, known_at: datetime | None = None, lineage: Lineage = DEFAULT):
    return evaluate(stated, lineage, at=at, known_at=known_at or at)


def rule(rule_id: str, effect: Effect = Effect.REFUSE, kind: Kind = Kind.SWITCH, **changes) -> Rule:
    values = {
        "id": rule_id,
        "kind": kind,
        "effect": effect,
        "scope": (Condition("purpose", frozenset({"media_archive"})),),
        "period": Period(LONG_AGO),
        "source": Source("A test", date(2020, 1, 1), "tests"),
        "source_says": "So it says.",
        "our_reading": "So we read it.",
        "sentence": "It is so.",
        "remedy": "Ask.",
    }
    return Rule(**values | changes)


def version(
    *rules: Rule, number: int = 1, published_at: datetime = LONG_AGO, pack: str = "test"
) -> PolicyVersion:
    return PolicyVersion(pack=pack, number=number, published_at=published_at, rules=rules)


def lineage(*rules: Rule) -> Lineage:
    return Lineage((version(*rules),))
