"""Who may decide: officers drawn at random, who have no part in the organization they decide about."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from uuid import UUID

from compliance.models import Case, Determination, Measure, Recommendation
from compliance.models.cases import CaseKind
from portal.common.errors import Conflict, NotFound, Refused
from portal.tenancy.access import require_officer
from portal.tenancy.actor import Actor
from portal.tenancy.models import Membership, Officer, User


def require_assigned(case: Case, by: Actor) -> None:
    """Let on only the officer the case was drawn for, and only while impartial.

    Raises:
        Refused: `not_assigned`, `own_organization` or `self_review`.
    """
    require_impartial(case, by)
    if case.assigned_to_id != by.user_id:
        raise Refused("not_assigned", "Another officer was drawn for this case.")


def require_impartial(case: Case, by: Actor) -> None:
    """Let on only officers who neither applied nor belong or ever belonged to the organization.

    Raises:
        Refused: `own_organization` or `self_review`.
    """
    officer_id = officer_key(by)
    if case.application and case.application.declared_by == by.id:
        raise Refused("self_review", "You declared this application; another officer decides about it.")
    refuse_members(case.organization_id, officer_id)


def officer_key(by: Actor) -> UUID:
    """Return the id of an officer's account.

    Raises:
        NotFound: They are no officer.
    """
    require_officer(by)
    if by.user_id is None:
        raise NotFound()
    return by.user_id


def refuse_members(organization_id: UUID, user_id: UUID) -> None:
    """Refuse whoever belongs or ever belonged to an organization.

    Raises:
        Refused: `own_organization`.
    """
    if Membership.objects.filter(organization_id=organization_id, user_id=user_id).exists():
        raise Refused(
            "own_organization", "You belong or belonged to this organization; another officer decides."
        )


def draw_officer(case: Case, *, besides: Iterable[UUID | None]) -> User:
    """Draw an officer at random, leaving out members of the organization and those named.

    An appeal goes to an officer who had no part in any decision about the organization.

    Raises:
        Conflict: `no_officer`.
    """
    members = Membership.objects.filter(organization_id=case.organization_id).values("user_id")
    officers = Officer.objects.filter(active=True, user__is_active=True).exclude(user_id__in=members)
    taken = {key for key in besides if key} | (
        _who_took_part(case) if case.kind == CaseKind.APPEAL else set()
    )
    drawable = [officer.user for officer in officers.select_related("user") if officer.user_id not in taken]
    if not drawable:
        raise Conflict("no_officer", "No officer is left who has no part in this. Appoint another.")
    return secrets.choice(drawable)


def _who_took_part(case: Case) -> set[UUID]:
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
