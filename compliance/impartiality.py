"""Who may decide: officers drawn at random, who have no part in the organization they decide about."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db.models import QuerySet

from compliance.models import (
    Case,
    Determination,
    Evidence,
    Measure,
    OrganizationRecusal,
    Recommendation,
    Recusal,
    SecondLook,
)
from compliance.models.cases import CaseKind
from portal.common.errors import Conflict, NotFound, Refused
from portal.tenancy.access import require_officer
from portal.tenancy.actor import Actor
from portal.tenancy.models import Membership, Officer, User

_FEWEST = 2  # a draw from one is no draw


def require_assigned(case: Case, by: Actor) -> None:
    """Let on only the officer the case was drawn for, and only while impartial.

    Raises:
        Refused: `not_assigned`, `own_organization`, `recused` or `self_review`.
    """
    require_impartial(case, by)
    if case.assigned_to_id != by.user_id:
        raise Refused("not_assigned", "Another officer was drawn for this case.")


def require_impartial(case: Case, by: Actor) -> None:
    """Let on only officers who neither applied, nor belong or ever belonged, nor declared a conflict.

    Raises:
        Refused: `own_organization`, `recused` or `self_review`.
    """
    require_reader(case, by)
    if case.application and case.application.declared_by == by.id:
        raise Refused("self_review", "You declared this application; another officer decides about it.")


def require_reader(case: Case, by: Actor) -> None:
    """Let on only officers who may look into a case file. Inside a scope.

    Raises:
        Refused: `own_organization`, `recused` or `second_look`.
    """
    officer_id = officer_key(by)
    refuse_involved(case.organization_id, officer_id)
    _refuse_recused(Recusal.objects.filter(case=case), officer_id)
    require_not_blind(case.organization_id, officer_id)


def require_reader_of(evidence: Evidence, by: Actor) -> None:
    """Let on only officers who may look into the case file that a document belongs to. Inside a scope.

    Raises:
        Refused: `own_organization` or `recused`.
    """
    officer_id = officer_key(by)
    refuse_involved(evidence.organization_id, officer_id)
    _refuse_recused(Recusal.objects.filter(case__application=evidence.application_id), officer_id)


def _refuse_recused(recusals: QuerySet[Recusal], officer_id: UUID) -> None:
    if recusals.filter(officer_id=officer_id).exists():
        raise Refused("recused", "You declared a conflict of interest in this case; another officer decides.")


def require_not_blind(organization_id: UUID, officer_id: UUID) -> None:
    """Keep what was decided about an organization from whoever decides about it again. Inside a scope.

    Raises:
        Refused: `second_look`, with the id of the look that waits for an answer.
    """
    waiting = SecondLook.objects.waiting().filter(organization_id=organization_id, officer_id=officer_id)
    if look := waiting.first():
        raise Refused(
            "second_look",
            "You were drawn to decide about this organization again without knowing how it was decided. "
            "Answer that first.",
            look=look.public_id,
            remedy="It stands on top of your queue.",
        )


def officer_key(by: Actor) -> UUID:
    """Return the id of an officer's account.

    Raises:
        NotFound: They are no officer.
    """
    require_officer(by)
    if by.user_id is None:
        raise NotFound()
    return by.user_id


def refuse_involved(organization_id: UUID, user_id: UUID) -> None:
    """Refuse whoever belongs or ever belonged to an organization, or has a conflict about it. In a scope.

    Raises:
        Refused: `own_organization` or `recused`.
    """
    if Membership.objects.filter(organization_id=organization_id, user_id=user_id).exists():
        raise Refused(
            "own_organization", "You belong or belonged to this organization; another officer decides."
        )
    conflicts = OrganizationRecusal.objects.standing().filter(organization_id=organization_id)
    if conflicts.filter(officer_id=user_id).exists():
        sentence = "You declared a conflict of interest about this organization; another officer decides."
        raise Refused("recused", sentence)


def stepped_back(case: Case) -> set[UUID]:
    """Return the officers who declared a conflict about a case or its whole organization. Inside a scope."""
    of_case = Recusal.objects.filter(case=case).values_list("officer_id", flat=True)
    conflicts = OrganizationRecusal.objects.standing().filter(organization_id=case.organization_id)
    return {*of_case, *conflicts.values_list("officer_id", flat=True)}


def draw_officer(
    case: Case,
    *,
    besides: Iterable[UUID | None],
    rather_not: Iterable[UUID | None] = (),
    evenly: bool = False,
) -> User:
    """Draw an officer at random, leaving out members of the organization, the recused and those named.

    An appeal goes to an officer who had no part in any decision about the organization.

    Args:
        case: What it is for.
        besides: Accounts that may not be drawn.
        rather_not: Accounts that are drawn only where nobody else is left.
        evenly: Draw among the officers with the fewest open cases, of whom there are always two or more
            where two can be drawn at all: nobody can tell beforehand who it will be.

    Raises:
        Conflict: `no_officer`.
    """
    drawable = drawable_officers(case, besides=besides)
    if not drawable:
        raise Conflict("no_officer", "No officer is left who has no part in this. Appoint another.")
    spared = set(rather_not)
    fresh = [one for one in drawable if one.pk not in spared] or drawable
    return secrets.choice(_least_loaded(fresh) if evenly else fresh)


def drawable_officers(case: Case, *, besides: Iterable[UUID | None]) -> list[User]:
    """Return whom a draw can find. Inside a scope."""
    members = Membership.objects.filter(organization_id=case.organization_id).values("user_id")
    officers = Officer.objects.filter(active=True, user__is_active=True).exclude(user_id__in=members)
    # Whoever is to decide about the organization again, blind, may not be told of it by another case.
    blind = SecondLook.objects.waiting().filter(organization_id=case.organization_id)
    taken = {key for key in besides if key} | stepped_back(case)
    taken |= set(blind.values_list("officer_id", flat=True))
    if case.kind == CaseKind.APPEAL:
        taken |= who_took_part(case)
    return [officer.user for officer in officers.select_related("user") if officer.user_id not in taken]


def voters(case: Case) -> set[UUID]:
    """Return the officers who recommended or voted in a case. Inside the office's scope."""
    return set(Recommendation.objects.filter(case=case).values_list("officer_id", flat=True))


def who_took_part(case: Case) -> set[UUID]:
    """Return the officers who decided, voted or took a measure about the organization, in any other case."""
    decided = Determination.objects.filter(organization=case.organization_id)
    others = Case.objects.filter(organization=case.organization_id).exclude(pk=case.pk)
    votes = Recommendation.objects.filter(organization=case.organization_id).exclude(case=case.pk)
    taken = Measure.objects.filter(organization=case.organization_id)
    parts = (
        *decided.values_list("decided_by_id", "countersigned_by_id"),
        *others.values_list("assigned_to_id", "second_officer_id"),
        *votes.values_list("officer_id"),
        *taken.values_list("taken_by_id", "judged_by_id"),
    )
    return {key for part in parts for key in part if key}


def _least_loaded(officers: Sequence[User]) -> list[User]:
    open_cases = Case.objects.open().filter(assigned_to__in=officers).order_by()
    load = Counter(open_cases.values_list("assigned_to_id", flat=True))
    ranked = sorted(load[one.pk] for one in officers)
    most = ranked[min(_FEWEST, len(ranked)) - 1]
    return [one for one in officers if load[one.pk] <= most]
