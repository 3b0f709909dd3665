"""Keys, officers and settings: what has to be right before photos of real people come in."""

from __future__ import annotations

from collections.abc import Iterator

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.checks import WARNING, run_checks

from portal.common import envelope
from portal.env import home
from portal.tenancy import wrapping
from portal.tenancy.models import Officer, StoredDataKey
from portal.web.doctor.findings import Finding, Level, fault, in_production

# Django's checks of hosts and HTTPS, which ours say more exactly, and of HSTS for other subdomains and
# for browsers' lists, which are for the owner of the domain to choose.
_PASSED_OVER = {"security.W008", "security.W020", "security.W005", "security.W021"}
_PRIVATE = 0o077  # bits that nobody but the owner of a secret may have


def secrets() -> Iterator[Finding]:
    """Look at the keys: the one that wraps all others, and the files they lie in."""
    try:
        service = wrapping.service()
        service.unwrap(service.wrap(envelope.new_secret()))
    except envelope.EnvelopeError as error:
        yield fault(error.sentence, "Set KEY_ENCRYPTION_KEY to what `openssl rand -base64 32` prints.")
    for file in sorted((home() / "secrets").glob("*")):
        if file.stat().st_mode & _PRIVATE:
            yield fault(f"{file} can be read by others.", f"chmod 600 {file}")


def keys() -> Iterator[Finding]:
    """Try whether the key-encryption key opens the keys of the organizations that are there."""
    wrapped = StoredDataKey.objects.living().order_by("-pk").values_list("wrapped", flat=True).first()
    if wrapped is None:
        return
    try:
        wrapping.service().unwrap(bytes(wrapped))
    except envelope.EnvelopeError:
        yield fault(
            "KEY_ENCRYPTION_KEY does not open the data keys of the organizations here: no photo opens.",
            "Give the key with which they were made; without it their data is lost.",
        )


def officers() -> Iterator[Finding]:
    """Look for the officers that decisions take, and for their second factor."""
    active = Officer.objects.filter(active=True, user__is_active=True)
    if active.count() < 2:  # noqa: PLR2004 - an exemption takes two people
        yield in_production(
            f"Officers: {active.count()}. What takes two people cannot be decided.",
            "Appoint at least two, better three: a third one votes where two disagree.",
        )
    protected = Authenticator.objects.filter(type=Authenticator.Type.TOTP).values("user_id")
    bare = active.exclude(user__in=protected).count()
    if bare:
        yield in_production(
            f"Officers without a second factor: {bare}.", "They set it up when they next sign in."
        )


def deployment() -> Iterator[Finding]:
    """Run the system checks, those for deployments included."""
    for message in run_checks(include_deployment_checks=settings.PRODUCTION):
        if message.level >= WARNING and message.id not in _PASSED_OVER and not message.is_silenced():
            yield fault(str(message.msg), str(message.hint or f"See {message.id}."))


def home_only() -> Iterator[Finding]:
    """Name what is fine for trying things out, and not for real people's photos."""
    if settings.PRODUCTION:
        return
    yield Finding(
        Level.NOTE,
        "This is a development installation: secrets were made up, officers need no second factor, mail is "
        "printed.",
        "Set COUNTENANCE_ENV=production before real photos come in; it then says what else is missing.",
    )
    if settings.ALLOW_PROVISION:
        yield Finding(
            Level.NOTE, "Provisioning is on.", "Unset COUNTENANCE_ALLOW_PROVISION when the tests are done."
        )
