"""Who calls: the key behind `Authorization: Bearer ck_…`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.request import Request

from portal.common.addresses import client_address
from portal.common.errors import Refused
from portal.tenancy.actions import keys
from portal.tenancy.actor import Actor
from portal.tenancy.models import ApiKey, Organization
from portal.tenancy.roles import Permission

REALM = 'Bearer realm="countenance"'
SEND_AS = "Send the key as: Authorization: Bearer ck_…"


@dataclass(frozen=True)
class Caller:
    """A program: its key, the organization it acts for, and the actor that domain calls take as `by`."""

    key: ApiKey
    actor: Actor

    is_authenticated = is_active = True
    is_anonymous = False

    @property
    def pk(self) -> str:
        """What logs name."""
        return self.actor.id

    @property
    def organization(self) -> Organization:
        """Whose key it is."""
        return self.key.organization

    def may(self, permission: Permission) -> bool:
        """Tell whether the key has a permission: it has every key's, unless its scopes name fewer."""
        return self.actor.may(permission) and (not self.key.scopes or permission.value in self.key.scopes)


class KeyAuthentication(BaseAuthentication):
    """Bearer keys only: a browser's session is not looked at, so no page can make a program's calls."""

    def authenticate(self, request: Request) -> tuple[Caller, ApiKey]:
        """Return the caller, with the key as `auth`."""
        header = request.headers.get("Authorization", "")
        if not header:
            raise NotAuthenticated(SEND_AS)
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token.isascii() or not token.isprintable():
            raise AuthenticationFailed(SEND_AS, code="key_format")
        try:
            key = keys.authenticate(token.strip())
        except Refused as error:
            raise AuthenticationFailed(error.sentence, code=error.code) from error
        keys.note_network(key, client_address(request.META))
        return Caller(key, Actor.for_key(key)), key

    def authenticate_header(self, request: Request) -> str:
        return REALM


def caller_of(request: Request) -> Caller:
    """Return the caller of a request that was let on."""
    caller: Any = request.user  # the framework's types know its own users only
    return caller


class KeyScheme(OpenApiAuthenticationExtension):
    """How the schema describes the keys."""

    target_class = KeyAuthentication
    name = "key"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "ck_…"}
