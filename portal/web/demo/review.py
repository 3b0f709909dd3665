"""From an application to a determination, step by step, as people would do it on the screens."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import timedelta

from django.core.management.base import CommandError

from compliance.actions import cases, checklists, decisions, documents, end_users, onboarding
from compliance.checklists import items_for
from compliance.findings import Finding, Line
from compliance.models import Application, Case, Determination, EndUser, Evidence
from compliance.standing import Standing, standing
from portal.common.clock import database_now
from portal.tenancy.actions import members, organizations
from portal.tenancy.actor import Actor
from portal.tenancy.models import Membership, Organization, OrganizationStatus, User
from portal.tenancy.roles import Role
from portal.tenancy.scope import officer_scope, tenant_scope
from portal.web.demo import people
from portal.web.demo.parts import Part

GRANTED_DAYS = 180
LEFT_DAYS = 1  # a reviewed organization appears again while its grants last at least this long


@dataclass(frozen=True)
class Member:
    """An organization of the story as it stands, with the people who act for it."""

    part: Part
    organization: Organization
    administrator: User
    analyst: User
    end_user: EndUser
    standing: Standing
    is_new: bool

    @property
    def acting(self) -> Actor:
        """The analyst, at work for the organization."""
        return people.acting_as(self.analyst, self.organization)

    @property
    def determination(self) -> Determination:
        """The determination in force."""
        if self.standing.determination is None:
            raise CommandError(f"{self.organization} has no determination.")
        return self.standing.determination


def reviewed(part: Part) -> Member:
    """Return an organization with its determination, of an earlier run or applied for and reviewed now."""
    for edition in itertools.count(1):
        administrator = people.account(part.administrator, _address(part, "admin", edition))
        membership = Membership.objects.filter(user=administrator, ended_at=None).first()
        if membership is None:
            return _review(part, administrator, edition)
        if _stands(membership.organization):
            return _member(part, membership.organization, administrator, edition, is_new=False)
    raise AssertionError("unreachable")


def _address(part: Part, who: str, edition: int) -> str:
    domain = part.domain if edition == 1 else part.domain.replace(".", f"-{edition}.", 1)
    return f"{who}@{domain}"


def _stands(organization: Organization) -> bool:
    """Whether an organization of an earlier run can appear again."""
    if organization.status not in {OrganizationStatus.ACTIVE, OrganizationStatus.RECERTIFICATION_DUE}:
        return False
    with tenant_scope(organization):
        lines = standing(organization, at=database_now() + timedelta(days=LEFT_DAYS)).lines
    return bool(lines) and all(line.in_force for line in lines)


def _member(
    part: Part, organization: Organization, administrator: User, edition: int, *, is_new: bool
) -> Member:
    analyst = people.account(part.analyst, _address(part, "analyst", edition))
    with tenant_scope(organization):
        stands = standing(organization)
    return Member(
        part=part,
        organization=organization,
        administrator=administrator,
        analyst=analyst,
        end_user=stands.lines[0].end_user,
        standing=stands,
        is_new=is_new,
    )


def _review(part: Part, administrator: User, edition: int) -> Member:
    name = part.name if edition == 1 else f"{part.name} {edition}"
    organization = organizations.create(name=name, administrator=administrator, by=people.BY, synthetic=True)
    applicant = people.acting_as(administrator, organization)
    analyst = people.account(part.analyst, _address(part, "analyst", edition))
    members.add(organization=organization, user=analyst, role=Role.ANALYST, by=applicant)
    application, evidence = _apply(part, organization, applicant)
    _decide(part, organization, _case_of(application), evidence)
    organization.refresh_from_db()
    return _member(part, organization, administrator, edition, is_new=True)


def _apply(part: Part, organization: Organization, by: Actor) -> tuple[Application, Evidence]:
    application = onboarding.start(organization=organization, by=by)
    onboarding.save_answer(application=application, answers=_answers(part, organization), by=by)
    evidence = documents.add(
        application=application,
        name="proof-of-type.txt",
        kind="registration",
        content=part.evidence.encode(),
        content_type="text/plain",
        by=by,
    )
    return onboarding.submit(application=application, by=by), evidence


def _answers(part: Part, organization: Organization) -> dict[str, object]:
    return {
        "legal_name": organization.name,
        "establishment": [part.jurisdiction],
        "organization_type": part.organization_type.value,
        "purposes": [part.purpose.value],
        "end_users": [_named(part, organization)],
        "subjects": [part.jurisdiction],
        "security": "Second factors for everybody; keys are changed every ninety days.",
        "processing": [part.jurisdiction],
        **part.answers,
    }


def _named(part: Part, organization: Organization) -> dict[str, str | None]:
    """Return the body the organization says it works for; without a type it is itself."""
    if part.end_user is None:
        return {"name": organization.name, "organization_type": None, "jurisdiction": None}
    return {
        "name": part.end_user.name,
        "organization_type": part.end_user.organization_type.value,
        "jurisdiction": part.end_user.jurisdiction,
    }


def _case_of(application: Application) -> Case:
    with officer_scope():
        return Case.objects.select_related("application").get(application=application)


def _decide(part: Part, organization: Organization, case: Case, evidence: Evidence) -> None:
    """Draw an officer, review, recommend, and countersign where the finding takes two."""
    cases.assign(case=case, by=people.acting_as_officer(people.appoint_officers()[0]))
    first, _ = _drawn(case)
    cases.begin_review(case=case, by=first)
    documents.verify(evidence=evidence, by=first)
    checklists.answer(case=case, answers=_seen(part), by=first)
    decisions.recommend(case=case, finding=_finding(part, organization, evidence, first), by=first)
    first, second = _drawn(case)
    if second is None:
        decisions.determine(case=case, by=first)
    else:
        decisions.countersign(case=case, vote=decisions.APPROVE, reasons=part.second_reasons, by=second)


def _seen(part: Part) -> list[checklists.Answer]:
    return [
        checklists.Answer(item.code, "seen", "Played for the demonstration; nobody real was asked.")
        for item in items_for(part.organization_type)
    ]


def _drawn(case: Case) -> tuple[Actor, Actor | None]:
    """Return the officers drawn for a case; the second where one is needed."""
    with officer_scope():
        row = Case.objects.select_related("assigned_to", "second_officer").get(pk=case.pk)
    if row.assigned_to is None:
        raise CommandError(f"Nobody was drawn for {row.reference}.")
    second = people.acting_as_officer(row.second_officer) if row.second_officer else None
    return people.acting_as_officer(row.assigned_to), second


def _finding(part: Part, organization: Organization, evidence: Evidence, by: Actor) -> Finding:
    end_user = _end_user(part, organization, by)
    ends_at = database_now() + timedelta(days=GRANTED_DAYS)
    line = Line(
        purpose=part.purpose,
        end_user=str(end_user.pk),
        expires_at=ends_at,
        moratorium_status=part.status,
        conditions=part.conditions,
        exemption=part.exemption,
        exemption_evidence=evidence.public_id if part.exemption else "",
        exemption_expires_at=ends_at if part.exemption else None,
    )
    place = frozenset({part.jurisdiction})
    return Finding(
        organization_type=part.organization_type,
        reasons=part.reasons,
        lines=(line,),
        type_evidence=(evidence.public_id,),
        legal_form=str(part.answers["legal_form"]),
        establishment=place,
        processing=place,
        subjects=place,
    )


def _end_user(part: Part, organization: Organization, by: Actor) -> EndUser:
    if part.end_user is None:
        return end_users.itself(organization, part.organization_type, by=by)
    return end_users.register(
        name=part.end_user.name,
        organization_type=part.end_user.organization_type,
        jurisdiction=part.end_user.jurisdiction,
        by=by,
        synthetic=True,
    )
