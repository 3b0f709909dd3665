"""Galleries: made with purpose, legal basis, owner and retention, or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from recognition.actions import rekeys, tags
from recognition.models import Gallery
from recognition.models.galleries import KEPT_DAYS

LONGEST_RETENTION = 3650
_LONGEST_NAME = 200
_SHORTER = 160  # leaves room for the gallery's own id
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
    gallery = _new(
        organization,
        name=name,
        purpose=purpose,
        legal_basis=legal_basis,
        owner=owner,
        retention_days=retention_days,
        image_source=image_source,
        jurisdictions=jurisdictions,
        by=by,
    )
    try:
        _keep(gallery, by)
    except IntegrityError:
        raise Conflict("name_taken", "There is a gallery of this name already.") from None
    return gallery


def create_collection(
    *, organization: Organization, collection_id: str, labels: Mapping[str, str], by: Actor, **values: Any
) -> Gallery:
    """Make an empty gallery under the name that the Rekognition interface gave it.

    Args:
        organization: Whose it is.
        collection_id: 1 to 255 letters, digits, `_`, `.` and `-`; used by one gallery in use at a time.
        labels: Tags.
        by: Who makes it.
        **values: `purpose`, `legal_basis`, `owner`, `retention_days`, `image_source` as for `create`.

    Raises:
        InvalidInput: As for `create`; `unknown_tag`, `bad_tag`.
        Refused: As for `create`; `tag_widens`.
        Conflict: `collection_exists`, under a collection id or as the id of a gallery made elsewhere.
    """
    gallery = _new(organization, name=collection_id, by=by, **values)
    gallery.collection_id = collection_id
    tags.put(gallery, labels)
    with tenant_scope(organization):
        in_use = Gallery.objects.in_use()
        if in_use.called(collection_id).exists():
            raise _exists()
        if len(collection_id) > _LONGEST_NAME or in_use.filter(name=collection_id).exists():
            gallery.name = f"{collection_id[:_SHORTER]} {gallery.public_id}"
    try:
        _keep(gallery, by)
    except IntegrityError:  # somebody was first
        raise _exists() from None
    return gallery


def _new(
    organization: Organization,
    *,
    name: str,
    purpose: str,
    legal_basis: str,
    owner: str,
    retention_days: int,
    image_source: str,
    by: Actor,
    jurisdictions: Sequence[str] = (),
) -> Gallery:
    require(by, Permission.MANAGE_GALLERIES, organization=organization)
    if by.kind == "key" and by.purpose != purpose:
        raise Refused("other_purpose", f"This key is bound to the purpose {by.purpose}.")
    _check({"name": name, "legal_basis": legal_basis, "owner": owner, "retention_days": retention_days})
    return Gallery(
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


def _keep(gallery: Gallery, by: Actor) -> None:
    with tenant_scope(gallery.organization_id):
        gallery.save(force_insert=True)
        rekeys.make_key(gallery, secrets.sealing_key(gallery.organization), by=by)
        _let_maker_use(gallery, by)
        audit.record(
            verb="gallery.created",
            actor=by,
            target=gallery,
            organization=gallery.organization_id,
            purpose=gallery.purpose,
            legal_basis=gallery.legal_basis,
            retention_days=gallery.retention_days,
        )


def _exists() -> Conflict:
    return Conflict("collection_exists", "There is a collection of this id already.", field="CollectionId")


def change(*, gallery: Gallery, by: Actor, **values: Any) -> Gallery:
    """Change name, legal basis, owner or retention; the purpose of a gallery never changes.

    Raises:
        InvalidInput: As for `create`; `field_fixed` for anything else; `retention_tagged`, longer than a tag
            of the gallery lets faces be kept.
    """
    require(by, Permission.MANAGE_GALLERIES, organization=gallery.organization_id)
    fixed = sorted(set(values) - set(_CHANGEABLE))
    if fixed:
        raise InvalidInput("field_fixed", f"This cannot be changed: {', '.join(fixed)}.", field=fixed[0])
    _check(values)
    try:
        with tenant_scope(gallery.organization_id):
            grants.require_use(by, gallery)
            _require_within_tag(gallery, values)
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


def _require_within_tag(gallery: Gallery, values: Mapping[str, Any]) -> None:
    most = gallery.tags.get(KEPT_DAYS)
    if most is not None and values.get("retention_days", 0) > int(most):
        sentence = f"A tag of this gallery lets its faces be kept for {most} days at most."
        raise InvalidInput("retention_tagged", sentence, field="retention_days")


def _places(codes: Sequence[str]) -> list[str]:
    try:
        return [place(code) for code in codes]
    except PolicyError as error:
        raise InvalidInput(error.code, error.sentence, field="jurisdictions") from error


def _let_maker_use(gallery: Gallery, by: Actor) -> None:
    if by.user_id:
        grants.assign(gallery, User.objects.get(pk=by.user_id))
