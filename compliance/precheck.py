"""What the rules would say to a use before anybody decided: for those who apply and for officers.

Nothing here is stored and nothing here grants: a preview supposes a grant for the line that is asked for, and
says which rules would still speak. What really runs is ruled on at the gate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from compliance.policy.evaluate import evaluate
from compliance.policy.facts import Facts, GrantLine, OrganizationFacts, Party
from compliance.policy.plain import MISSING
from compliance.policy.results import Result, RuleResult
from compliance.policy.rules import Kind, Lineage
from compliance.policy.ruling import Ruling
from compliance.policy.vocabulary import (
    ImageSource,
    MoratoriumStatus,
    Operation,
    OrganizationStatus,
    OrganizationType,
    Outcome,
    Purpose,
    Record,
    RequestedBy,
    SubjectClass,
)
from compliance.standing import USUAL_SUBJECT

SUPPOSED = "supposed"
LONGEST_GRANT = timedelta(days=365)
# Where several sources are named, a preview supposes the one that most rules look at.
_SOURCES_BY_CARE = (
    ImageSource.OPEN_WEB,
    ImageSource.CCTV,
    ImageSource.DATA_SET,
    ImageSource.OWN_CUSTOMERS,
    ImageSource.AUTHORITY,
    ImageSource.GUARDIAN,
    ImageSource.CASE_FILE,
)
_SUBJECTS_BY_CARE = (
    SubjectClass.SUSPECT,
    SubjectClass.PUBLIC,
    SubjectClass.EMPLOYEE,
    SubjectClass.VICTIM,
    SubjectClass.MISSING_CHILD,
    SubjectClass.MISSING_ADULT,
    SubjectClass.DECEASED,
    SubjectClass.CONSENTING,
)


@dataclass(frozen=True)
class Preview:
    """One line that is asked for, as the rules see it.

    Attributes:
        facts: What was supposed, with the grant.
        plain: The ruling if the line were granted without an exemption.
        exempt: The ruling if it were granted under `exemption`; None where no exemption fits.
        exemption: The exemption that fits, judged; None where no moratorium applies or none fits.
    """

    facts: Facts
    plain: Ruling
    exempt: Ruling | None
    exemption: RuleResult | None

    @property
    def ruling(self) -> Ruling:
        """The better of the two rulings."""
        return self.exempt or self.plain

    @property
    def status(self) -> MoratoriumStatus:
        """How a moratorium bears on the line, as the rules compute it."""
        return self.ruling.computed_status

    @property
    def moratorium(self) -> RuleResult | None:
        """The moratorium that covers the line before any exemption."""
        covering = (one for one in self.plain.looked_at if one.kind is Kind.MORATORIUM and one.counts_as)
        return next(covering, None)

    @property
    def lacking(self) -> tuple[Record, ...]:
        """Documents that a rule waits for."""
        waiting = [
            one for one in self.ruling.looked_at if one.counts_as in {Outcome.REFUSED, Outcome.REFERRED}
        ]
        looks = [look for one in waiting for look in one.looked_at if look.dimension == "lacks"]
        held = self.facts.records if isinstance(self.facts.records, frozenset) else frozenset()
        return tuple(sorted({Record(word) for look in looks for word in look.wanted} - held))


def preview(facts: Facts, lineage: Lineage, *, at: datetime) -> Preview:
    """Return what the rules would say to a line if an officer granted it.

    Args:
        facts: What is asked for; its grants are set aside.
        lineage: Published versions of the pack.
        at: The moment, which also chooses the version.
    """
    plain_facts = _supposing(facts, at)
    plain = evaluate(plain_facts, lineage, at=at, known_at=at)
    exemption = _exemption(plain) if plain.computed_status is MoratoriumStatus.COVERED else None
    if exemption is None:
        return Preview(plain_facts, plain, None, None)
    exempt_facts = _supposing(facts, at, exemption.rule_id)
    exempt = evaluate(exempt_facts, lineage, at=at, known_at=at)
    return Preview(exempt_facts, plain, exempt, exemption)


def lines_of(
    answers: Mapping[str, Any],
    *,
    organization: OrganizationFacts,
    records: frozenset[Record],
    kept: Sequence[tuple[str, Mapping[str, Any]]] = (),
) -> tuple[Facts, ...]:
    """Return the facts of every purpose for every end user that an application asks for.

    Args:
        answers: Answers of the application, as far as they go.
        organization: The applicant.
        records: Documents to suppose on file.
        kept: Purposes and end users granted already; those not asked for again come last.
    """
    applicant = replace(organization, type=_type(answers), status=OrganizationStatus.ACTIVE)
    named = answers.get("end_users") or [{"name": applicant.name, "organization_type": None}]
    asked = [(purpose, body) for purpose in answers.get("purposes") or () for body in named]
    known = {(purpose, _key(body)) for purpose, body in asked}
    more = [(purpose, body) for purpose, body in kept if (purpose, _key(body)) not in known]
    numbers = {_key(body): number for number, body in enumerate(bodies_of(answers, kept), 1)}
    return tuple(
        _line(answers, applicant, Purpose(purpose), _party(body, numbers[_key(body)], applicant), records)
        for purpose, body in (*asked, *more)
    )


def bodies_of(
    answers: Mapping[str, Any], kept: Sequence[tuple[str, Mapping[str, Any]]] = ()
) -> list[Mapping[str, Any]]:
    """Return the end users that an application names and those served already, each once.

    The place in this list, counted from 1, is how the parties of `lines_of` are numbered.
    """
    named = answers.get("end_users") or ()
    own = {"name": "", "organization_type": None}
    every = [*named, *(body for _, body in kept), *([] if named else [own])]
    return list({_key(body): body for body in reversed(every)}.values())[::-1]


def _key(body: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return by what a body is known; the applicant itself by being without a type."""
    kind = body.get("organization_type")
    return (body["name"].lower(), kind, body.get("jurisdiction") or "") if kind else ()


def _party(body: Mapping[str, Any], number: int, applicant: OrganizationFacts) -> Party:
    if body.get("organization_type"):
        return _named(body, number)
    kind = applicant.type if isinstance(applicant.type, OrganizationType) else None
    return Party(id=applicant.id, name=applicant.name, type=kind)


def _named(body: Mapping[str, Any], number: int) -> Party:
    return Party(id=f"named-{number}", name=body["name"], type=OrganizationType(body["organization_type"]))


def _line(
    answers: Mapping[str, Any],
    applicant: OrganizationFacts,
    purpose: Purpose,
    end_user: Party,
    records: frozenset[Record],
) -> Facts:
    kind = applicant.type if isinstance(applicant.type, OrganizationType) else None
    return Facts(
        organization=applicant,
        determination=SUPPOSED,
        requested_by=RequestedBy.SELF,
        end_user=end_user if end_user.type else MISSING,
        recipient=end_user if end_user.type else MISSING,
        key_operator=Party(id=applicant.id, name=applicant.name, type=kind) if kind else MISSING,
        purpose=purpose,
        operation=Operation.SEARCH,
        case_reference="as given with each request",
        subject_class=_subject(purpose, answers.get("subject_classes")),
        probe_source=_source(answers.get("image_sources")),
        gallery_source=_source(answers.get("image_sources")),
        establishment=_places(answers.get("establishment")),
        processing=_places(answers.get("processing")),
        subjects=_places(answers.get("subjects")),
        authorization=None,
        attributes=frozenset(),
        records=records,
        threshold=None,
        gallery_size=None,
    )


def _supposing(facts: Facts, at: datetime, exemption: str | None = None) -> Facts:
    """Return the facts with a grant for exactly what they ask."""
    party, purpose, operation = facts.end_user, facts.purpose, facts.operation
    if not (isinstance(party, Party) and isinstance(purpose, Purpose) and isinstance(operation, Operation)):
        return replace(facts, grants=(), determination=SUPPOSED)
    line = GrantLine(
        id=SUPPOSED,
        purpose=purpose,
        end_user_id=party.id or SUPPOSED,
        end_user_name=party.name,
        operations=frozenset({operation}),
        moratorium_status=MoratoriumStatus.EXEMPT if exemption else MoratoriumStatus.NOT_COVERED,
        starts_at=at,
        expires_at=at + LONGEST_GRANT,
        exemption=exemption,
    )
    return replace(facts, grants=(line,), determination=SUPPOSED)


def _exemption(ruling: Ruling) -> RuleResult | None:
    """Return the first exemption that fits and only lacks an officer's grant."""
    fitting = (one for one in ruling.looked_at if one.kind is Kind.EXEMPTION)
    return next((one for one in fitting if one.result is Result.NOT_GRANTED), None)


def _type(answers: Mapping[str, Any]) -> Any:
    value = answers.get("organization_type")
    return OrganizationType(value) if value else MISSING


def _subject(purpose: Purpose, stated: Sequence[str] | None) -> SubjectClass:
    """Return whom the purpose is usually about; where others were named, the one most rules look at."""
    usual = SubjectClass(USUAL_SUBJECT.get(purpose, SubjectClass.CONSENTING))
    if not stated or usual in stated:
        return usual
    return min((SubjectClass(value) for value in stated), key=_SUBJECTS_BY_CARE.index)


def _source(values: Sequence[str] | None) -> Any:
    if not values:
        return MISSING
    return min((ImageSource(value) for value in values), key=_SOURCES_BY_CARE.index)


def _places(values: Sequence[str] | None) -> Any:
    return frozenset(values) if values else MISSING
