"""Conflicts of interest that hold for an organization, as its page shows them to officers."""

from __future__ import annotations

from typing import Any

from compliance.models import OrganizationRecusal
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.web.forms.officer import WithdrawRecusalForm
from portal.web.officer import casefile


def has_part(organization: Organization, actor: Actor) -> bool:
    """Whether an officer belongs or belonged to an organization, or has a conflict about it. In scope."""
    conflicts = OrganizationRecusal.objects.standing().filter(organization=organization)
    return casefile.belongs(organization, actor) or conflicts.filter(officer_id=actor.user_id).exists()


def rows(
    organization: Organization, actor: Actor, sent: WithdrawRecusalForm | None = None
) -> list[dict[str, Any]]:
    """Return the conflicts that stand, with a form for whoever may withdraw them. In scope.

    Args:
        organization: Whose page it is.
        actor: The officer who looks.
        sent: A form that was sent and has errors.
    """
    found = OrganizationRecusal.objects.standing().filter(organization=organization)
    may = not has_part(organization, actor)
    return [
        {
            "id": one.public_id,
            "officer": one.officer,
            "since": one.declared_at,
            "form": _form(one, sent) if may else None,
        }
        for one in found.select_related("officer")
    ]


def ids(organization: Organization) -> list[str]:
    """Return the public ids of every conflict about an organization, withdrawn or not. In scope."""
    return [one.public_id for one in OrganizationRecusal.objects.filter(organization=organization)]


def _form(one: OrganizationRecusal, sent: WithdrawRecusalForm | None) -> WithdrawRecusalForm:
    return sent if sent and sent.prefix == one.public_id else WithdrawRecusalForm(prefix=one.public_id)
