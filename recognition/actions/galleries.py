"""Galleries: made with purpose, legal basis, owner and retention, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError

from compliance.policy.errors import PolicyError
from compliance.policy.places import place
from portal.audit import actions as audit
from portal.common.errors import Conflict, InvalidInput, Refused
from portal.tenancy import secrets
from portal.tenancy.access import require
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization, User
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition import grants
from recognition.actions import rekeys
from recognition.models import Gallery

LONGEST_RETENTION = 3650
_CHANGEABLE = ("name", "legal_basis", "owner", "retention_days")


def create(
    *,
    organization: Organization,
    name: str,
    purpose: str,
    legal_basis: str,
    owner: str,
    retention_days: int,
    image_source: str,
    by: Actor,
    jurisdictions: Sequence[str] = (),
) -> Gallery:
    """Make an empty gallery with its secret rotation.

    Raises:
        InvalidInput: `name_missing`, `legal_basis_missing`, `owner_missing`, `retention`, `jurisdiction`.
        Refused: `other_purpose`, when a key makes a gallery for a purpose that is not its own.
        Conflict: `name_taken`.
    """
    require(by, Permission.MANAGE_GALLERIES, organization=organization)
    if by.kind == "key" and by.purpose != purpose:
        raise Refused("other_purpose", f"This key is bound to the purpose {by.purpose}.")
    _check({"name": name, "legal_basis": legal_basis, "owner": owner, "retention_days": retention_days})
    gallery = Gallery(
        organization=organization,
        name=name.strip(),
        purpose=purpose,
        legal_basis=legal_basis.strip(),
        owner=owner.strip(),
        retention_days=retention_days,
        image_source=image_source,
        jurisdictions=_places(jurisdictions),
        created_by=by.id,
    )
    try:
        with tenant_scope(organization):
            gallery.save(force_insert=True)
            rekeys.make_key(gallery, secrets.sealing_key(organization), by=by)
            _let_maker_use(gallery, by)
            audit.record(
                verb="gallery.created",
                actor=by,
                target=gallery,
                organization=organization.pk,
                purpose=purpose,
                legal_basis=gallery.legal_basis,
                retention_days=retention_days,
            )
    except IntegrityError:
        raise Conflict("name_taken", "There is a gallery of this name already.") from None
    return gallery


def change(*, gallery: Gallery, by: Actor, **values: Any) -> Gallery:
    """Change name, legal basis, owner or retention; the purpose of a gallery never changes.

    Raises:
        InvalidInput: As for `create`; `field_fixed` for anything else.
    """
    require(by, Permission.MANAGE_GALLERIES, organization=gallery.organization_id)
    fixed = sorted(set(values) - set(_CHANGEABLE))
    if fixed:
        raise InvalidInput("field_fixed", f"This cannot be changed: {', '.join(fixed)}.", field=fixed[0])
    _check(values)
    try:
        with tenant_scope(gallery.organization_id):
            grants.require_use(by, gallery)
            for name, value in values.items():
                setattr(gallery, name, value)
            gallery.save(update_fields=list(values))
            audit.record(
                verb="gallery.changed",
                actor=by,
                target=gallery,
                organization=gallery.organization_id,
                fields=sorted(values),
            )
    except IntegrityError:
        raise Conflict("name_taken", "There is a gallery of this name already.") from None
    return gallery


def _check(values: dict[str, Any]) -> None:
    for name in ("name", "legal_basis", "owner"):
        if name in values and not str(values[name]).strip():
            raise InvalidInput(
                f"{name}_missing", f"Enter the {name.replace('_', ' ')} of the gallery.", field=name
            )
    days = values.get("retention_days", 1)
    if not 1 <= days <= LONGEST_RETENTION:
        sentence = f"Retention is 1 to {LONGEST_RETENTION} days."
        raise InvalidInput("retention", sentence, field="retention_days")


def _places(codes: Sequence[str]) -> list[str]:
    try:
        return [place(code) for code in codes]
    except PolicyError as error:
        raise InvalidInput(error.code, error.sentence, field="jurisdictions") from error


def _let_maker_use(gallery: Gallery, by: Actor) -> None:
    if by.user_id:
        grants.assign(gallery, User.objects.get(pk=by.user_id))
