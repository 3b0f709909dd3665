"""API keys: made once, shown once."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from redis.exceptions import RedisError

from portal.audit import actions as audit
from portal.common import envelope, memory, planned
from portal.common.addresses import network_hash
from portal.common.clock import database_now
from portal.common.errors import InvalidInput, Refused
from portal.common.ids import parse_public_id, uuid7
from portal.tenancy import defaults as facts
from portal.tenancy import secrets as data_keys
from portal.tenancy.access import require
from portal.tenancy.actions.organizations import raise_epoch
from portal.tenancy.actor import Actor
from portal.tenancy.models import ApiKey, KeyKind, KeyNetwork, Organization
from portal.tenancy.roles import Permission

LONGEST_DAYS = 366  # a key never outlives the longest determination
USED_EVERY = timedelta(minutes=1)  # last use is written at most this often
NETWORKS_KEPT = timedelta(days=30)

_BY_PREFIX = "WHERE tenancy_apikey.prefix = %s"
_THAT_SIGNS = "WHERE tenancy_apikey.access_key_id = %s AND tenancy_apikey.kind = %s"
_ENDED = """
SELECT revoked_at IS NOT NULL, expires_at <= clock_timestamp() + %s FROM tenancy_apikey WHERE id = %s
"""


@dataclass(frozen=True)
class NewKey:
    """A key with its secrets, in the one moment they exist in the clear."""

    key: ApiKey
    bearer: str = field(repr=False)
    secret_access_key: str = field(repr=False)


def create(
    *,
    organization: Organization,
    name: str,
    purpose: str,
    end_user_id: UUID,
    expires_at: datetime,
    by: Actor,
    scopes: Sequence[str] = (),
    defaults: Mapping[str, object] | None = None,
    kind: KeyKind = KeyKind.PROGRAM,
) -> NewKey:
    """Make a key bound to one purpose and one end user.

    A key for independent tests is made by `compliance.actions.testers`, which asks for the grant.

    Raises:
        InvalidInput: `expiry`, in the past or more than 366 days ahead; `scopes`, of a key for independent
            tests, which does one thing; `unknown_default`, `bad_default`.
    """
    require(by, Permission.MANAGE_KEYS, organization=organization)
    if scopes and kind is KeyKind.ACCURACY:
        raise InvalidInput("scopes", "A key for independent tests has no scopes.", field="scopes")
    carried = facts.checked(defaults or {})
    now = timezone.now()
    if not now < expires_at <= now + timedelta(days=LONGEST_DAYS):
        raise InvalidInput("expiry", f"A key ends within {LONGEST_DAYS} days from now.", field="expires_at")
    with transaction.atomic():
        return issue(
            organization=organization,
            by=by,
            name=name,
            kind=kind,
            purpose=purpose,
            end_user_id=end_user_id,
            scopes=list(scopes),
            defaults=carried,
            created_by_id=by.user_id,
            expires_at=expires_at,
        )


def issue(*, organization: Organization, by: Actor, **fields: Any) -> NewKey:
    """Draw the secrets of a key whose making was looked into, inside the caller's transaction.

    Args:
        organization: Whose key.
        by: Who makes it.
        **fields: Of the key.
    """
    prefix, secret, signing = secrets.token_hex(6), secrets.token_urlsafe(32), secrets.token_urlsafe(30)
    key_id = uuid7()
    key = ApiKey.objects.create(
        id=key_id,
        organization=organization,
        prefix=prefix,
        secret_hash=_hash(secret),
        access_key_id="CK" + base64.b32encode(secrets.token_bytes(11)).decode().rstrip("="),
        signing_secret=envelope.seal(data_keys.sealing_key(organization), signing.encode(), key_id.bytes),
        **fields,
    )
    audit.record(
        verb="key.created",
        actor=by,
        target=key,
        organization=organization.pk,
        purpose=key.purpose,
        end_user=str(key.end_user_id),
        scopes=list(key.scopes),
        kind=str(key.kind),
        expires_at=key.expires_at.isoformat(),
    )
    return NewKey(key, f"ck_{prefix}_{secret}", signing)


def authenticate(bearer: str) -> ApiKey:
    """Return the key behind a bearer token, and note its use.

    Raises:
        Refused: `key_invalid`, whatever the reason: unknown, wrong, revoked or expired.
    """
    head, _, rest = bearer.partition("_")
    prefix, _, secret = rest.partition("_")
    key = _named(prefix) if head == "ck" else None
    known = key.secret_hash if key else _hash("")
    right = hmac.compare_digest(known, _hash(secret))
    if key is None or not right:
        raise _not_valid()
    note_use(key)
    return key


def _named(prefix: str) -> ApiKey | None:
    found = planned.instances(ApiKey, _BY_PREFIX, [prefix], joined="organization")
    return found[0] if found else None


def that_signs(access_key_id: str) -> ApiKey | None:
    """Return the key whose id a signed call names. The call proves nothing until its signature was checked.

    It may be revoked or expired: `note_use` lets it on. Keys of independent testers sign nothing.
    """
    found = planned.instances(
        ApiKey, _THAT_SIGNS, [access_key_id, KeyKind.PROGRAM.value], joined="organization"
    )
    return found[0] if found else None


def signing_secret(key: ApiKey, sealed: bytes) -> bytes:
    """Open the secret that a key signs with, from what is stored of it."""
    return envelope.open_sealed(data_keys.data_key(key.organization_id), sealed, key.pk.bytes)


def note_use(key: ApiKey) -> None:
    """Note that a key, proven to be the caller's, is used; at most once a minute.

    Raises:
        Refused: `key_invalid`, revoked or expired.
    """
    if key.revoked_at or key.expires_at <= timezone.now():
        raise _not_valid()
    if key.last_used_at is None or key.last_used_at < timezone.now() - USED_EVERY:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=timezone.now() - USED_EVERY)
        ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=Now())


def _not_valid() -> Refused:
    return Refused(
        "key_invalid", "This API key is not valid. Check it, or ask an administrator for a new one."
    )


def note_network(key: ApiKey, address: str) -> None:
    """Note from which network a key is used, at most once a minute; its address is not kept."""
    network = network_hash(address)
    if network and _is_news(key, network):
        keep_network(key, network)


def network_seen(key: ApiKey, network: str) -> str:
    """Return the name under which is remembered, for `USED_EVERY`, that a network was noted."""
    return f"key-network:{key.pk}:{network}"


def keep_network(key: ApiKey, network: str) -> None:
    """Write down that a key is used from a network now.

    Args:
        key: In use.
        network: A hash, from `network_hash`.
    """
    with transaction.atomic():
        row, made = KeyNetwork.objects.get_or_create(key=key, network=network)
        if not made:
            KeyNetwork.objects.filter(pk=row.pk).update(last_seen_at=Now())


def forget_networks() -> int:
    """Forget the networks that no key was used from for 30 days; returns how many."""
    count, _ = KeyNetwork.objects.filter(last_seen_at__lt=database_now() - NETWORKS_KEPT).delete()
    return count


def _is_news(key: ApiKey, network: str) -> bool:
    try:
        return memory.is_first(network_seen(key, network), int(USED_EVERY.total_seconds()))
    except RedisError:  # while it is away every use is noted
        return True


def revoke(*, key: ApiKey, by: Actor) -> None:
    """End a key at once; what runs at its request is stopped before its next result."""
    require(by, Permission.MANAGE_KEYS, organization=key.organization_id)
    with transaction.atomic():
        end_at_once(key, by)


def end_at_once(key: ApiKey, by: Actor) -> None:
    """End a key inside the caller's transaction, unless that was done already."""
    if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=Now()):
        raise_epoch(key.organization)
        audit.record(verb="key.revoked", actor=by, target=key, organization=key.organization_id)


def ended(actor: str, *, ahead: timedelta = timedelta()) -> str:
    """Tell why a key no longer speaks for its organization, by the database's clock.

    Args:
        actor: Id of an actor; whoever is no key has nothing that ends.
        ahead: Look so far ahead: what is begun now has to be over by then.

    Returns:
        `key-revoked` or `key-expired`; nothing while it is in force.
    """
    if not actor.startswith(f"{ApiKey.PREFIX}_"):
        return ""
    found = planned.row(_ENDED, [ahead, parse_public_id(ApiKey.PREFIX, actor)])
    if found is None:
        raise ApiKey.DoesNotExist(f"There is no key {actor}.")
    revoked, over = found
    if revoked:
        return "key-revoked"
    return "key-expired" if over else ""


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
