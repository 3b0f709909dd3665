"""Deployment checks of our own, for `manage.py check --deploy` and `doctor`: settings that are unsafe.

They look at settings only and say nothing outside production, where most of these are as they should be.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

_NOWHERE = ("console", "dummy", "locmem", "filebased")


@register(Tags.security, deploy=True)
def deployment(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Return what is unsafe in the settings of a deployment."""
    return [*_always(), *(_in_production() if settings.PRODUCTION else ())]


def _always() -> Iterator[CheckMessage]:
    if settings.DEBUG:
        yield Error(
            "DEBUG is on: errors show code and settings to visitors.", "Turn it off.", id="portal.E001"
        )


def _in_production() -> Iterator[CheckMessage]:
    if not settings.ALLOWED_HOSTS or "*" in settings.ALLOWED_HOSTS:
        yield Error(
            "ALLOWED_HOSTS names no host, or all of them.",
            "Set ALLOWED_HOSTS to the names under which the portal is reached.",
            id="portal.E002",
        )
    if settings.ALLOW_PROVISION:
        yield Error(
            "Provisioning is on: whoever has a shell can make organizations that nobody reviewed.",
            "Unset COUNTENANCE_ALLOW_PROVISION.",
            id="portal.E003",
        )
    if not settings.OFFICER_SECOND_FACTOR:
        yield Error(
            "Officers sign in with a password alone.",
            "Unset OFFICER_SECOND_FACTOR, which is on in production unless it is turned off.",
            id="portal.E004",
        )
    if any(word in settings.EMAIL_BACKEND for word in _NOWHERE):
        yield Error(
            "Mail goes nowhere: invitations, new passwords and warnings are lost.",
            "Set EMAIL_URL, such as smtp+tls://user:password@mail.example.org:587.",
            id="portal.E005",
        )
    if not settings.SECURE_SSL_REDIRECT and settings.SECURE_PROXY_SSL_HEADER is None:
        yield Warning(
            "Plain HTTP is not sent on to HTTPS.",
            "Unset SECURE_SSL_REDIRECT, or set BEHIND_PROXY=1 where a proxy does it.",
            id="portal.W001",
        )
