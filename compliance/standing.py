"""What an organization may do right now, read from its newest determination: no flags to keep in step."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from compliance import dates
from compliance.holdings import Holdings, held
from compliance.models import Determination, EndUser, Grant, PolicyEpoch, PolicyVersionRecord
from compliance.policy.evaluate import evaluate
from compliance.policy.rules import Effect, Kind, Lineage, Rule
from compliance.policy.ruling import Ruling
from compliance.policy.vocabulary import (
    MoratoriumStatus,
    Operation,
    OrganizationStatus,
    OrganizationType,
    Purpose,
    strictest,
)
from compliance.stated import Stated, facts_of, status_by_date
from portal.common.moments import day_in_words
from portal.tenancy.models import Organization

CLEARED = frozenset(
    {OrganizationStatus.ACTIVE, OrganizationStatus.RECERTIFICATION_DUE, OrganizationStatus.RESTRICTED}
)
# Whom a search is for, where a purpose leaves no doubt: with it a line can be judged before any request.
USUAL_SUBJECT = {
    Purpose.FIND_MISSING_CHILD: "missing_child",
    Purpose.FIND_MISSING_ADULT: "missing_adult",
    Purpose.TRAFFICKING_VICTIM_IDENTIFICATION: "victim",
    Purpose.CSAM_VICTIM_IDENTIFICATION: "victim",
    Purpose.DISASTER_FAMILY_REUNIFICATION: "missing_adult",
    Purpose.DECEASED_IDENTIFICATION: "deceased",
    Purpose.CRIMINAL_INVESTIGATION_LEAD: "suspect",
    Purpose.ACCESS_CONTROL_1TON: "employee",
    Purpose.SECURITY_TESTING: "consenting",
}


@dataclass(frozen=True)
class LineStanding:
    """One grant, with its status as recorded, as computed now, and the stricter of the two.

    Attributes:
        given_up_at: When the organization gave it up, None where it keeps it.
    """

    grant: Grant
    end_user: EndUser
    ruling: Ruling
    recorded: MoratoriumStatus
    computed: MoratoriumStatus
    status: MoratoriumStatus
    in_force: bool
    given_up_at: datetime | None = None

    @property
    def differs(self) -> bool:
        """Whether officer and rules disagree, which opens a case."""
        return self.in_force and self.recorded is not self.computed

    @property
    def words(self) -> str:
        """The status as it is shown; an exemption always with purpose, end user and end."""
        if self.status is not MoratoriumStatus.EXEMPT:
            return self.status.label
        return f"Exempt for {self.grant.get_purpose_display()} / {self.end_user} until {self._until}"

    @property
    def short(self) -> str:
        """The same where purpose and end user stand beside it already."""
        exempt = self.status is MoratoriumStatus.EXEMPT
        return f"exempt until {self._until}" if exempt else self.status.label.lower()

    @property
    def _until(self) -> str:
        return day_in_words(self.grant.line.exempt_until)


@dataclass(frozen=True)
class Standing:
    """Where an organization stands at a moment.

    Attributes:
        status: Of the organization, by the clock: it may be due to recertify before a sweep has said so.
        recertify_at: When it is, or was, due to recertify; None where it has nothing to renew.
        organization_type: As verified; None without a determination.
        moratorium_status: The strictest line in force; `unknown` where there is none.
        rules: Rules of the policy version in force whose period has begun and not ended.
        version: Pack and number of that version, None where none is in force.
    """

    organization: Organization
    status: OrganizationStatus
    recertify_at: datetime | None
    determination: Determination | None
    organization_type: OrganizationType | None
    moratorium_status: MoratoriumStatus
    lines: tuple[LineStanding, ...]
    rules: tuple[Rule, ...]
    version: str | None
    at: datetime

    @property
    def is_cleared(self) -> bool:
        """Whether its application was granted; an urgent grant while it is in review is not that."""
        found = self.determination
        return self.status in CLEARED and found is not None and found.is_granted

    @property
    def moratoria(self) -> tuple[Rule, ...]:
        """The moratoria in force."""
        return tuple(r for r in self.rules if r.kind is Kind.MORATORIUM and r.effect is Effect.REFUSE)


def determination_in_force(organization: Organization) -> Determination | None:
    """Return the newest determination of an organization. Inside a scope."""
    rows = Determination.objects.filter(organization=organization)
    newest: Determination | None = rows.newest_first().first()
    return newest


def lineage_in_force() -> Lineage:
    """Return the published versions of the pack the operator chose."""
    return PolicyVersionRecord.objects.lineage(PolicyEpoch.objects.get().pack)


def standing(
    organization: Organization, *, at: datetime | None = None, lineage: Lineage | None = None
) -> Standing:
    """Return where an organization stands. Inside a scope that sees it.

    Args:
        organization: The tenant.
        at: The moment, by the database's clock unless given.
        lineage: The versions to judge by, those of the pack in force unless given.
    """
    found = held(organization)
    holdings = replace(found, lineage=lineage) if lineage else found
    determination, kept, moment = holdings.determination, holdings.kept_grants, at or holdings.now
    lines = tuple(_line(grant, holdings, moment) for grant in holdings.grants)
    version = holdings.lineage.known_at(moment)
    return Standing(
        organization=organization,
        status=status_by_date(organization, kept, moment),
        recertify_at=dates.recertify_at(kept),
        determination=determination,
        organization_type=OrganizationType(determination.organization_type) if determination else None,
        moratorium_status=_strictest_line(lines),
        lines=lines,
        rules=tuple(r for r in version.rules if _holds(r, moment)) if version else (),
        version=version.label if version else None,
        at=moment,
    )


def usual_request(purpose: str, end_user: EndUser, operation: str) -> Stated:
    """Return the request that a grant is meant for, to judge the grant before there is any."""
    return Stated(
        purpose=purpose,
        operation=operation,
        end_user=end_user.pk,
        recipient=end_user.pk,
        requested_by="self",
        case_reference="as given with each request",
        subject_class=USUAL_SUBJECT.get(Purpose(purpose), "consenting"),
        probe_source="case_file",
        gallery_source="own_customers",
        images_used=None,
        faces_after=None,
        gallery_retention_days=None,
    )


def _as_granted(grant: Grant, operation: str) -> Stated:
    """Return the usual request for a grant, with the case and the attributes that it names."""
    named: dict[str, Any] = {"case_reference": grant.case_reference} if grant.case_reference else {}
    if operation == Operation.ATTRIBUTES:
        named["attributes"] = list(grant.attributes)
    return Stated.of(vars(usual_request(grant.purpose, grant.end_user, operation)), named)


def _line(grant: Grant, holdings: Holdings, at: datetime) -> LineStanding:
    operation = "search" if "search" in grant.operations else grant.operations[0]
    stated = _as_granted(grant, operation)
    ruling = evaluate(facts_of(stated, holdings, at=at), holdings.lineage, at=at, known_at=at)
    recorded, given_up_at = MoratoriumStatus(grant.moratorium_status), holdings.given_up.get(grant.pk)
    return LineStanding(
        grant=grant,
        end_user=grant.end_user,
        ruling=ruling,
        recorded=recorded,
        computed=ruling.computed_status,
        status=strictest(recorded, ruling.computed_status),
        in_force=given_up_at is None and grant.starts_at <= at < grant.expires_at,
        given_up_at=given_up_at,
    )


def _strictest_line(lines: tuple[LineStanding, ...]) -> MoratoriumStatus:
    in_force = [line.status for line in lines if line.in_force]
    return strictest(*in_force) if in_force else MoratoriumStatus.UNKNOWN


def _holds(rule: Rule, at: datetime) -> bool:
    return rule.period.starts_at <= at and (rule.period.ends_at is None or at < rule.period.ends_at)
