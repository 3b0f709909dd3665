"""Synthetic organizations and officers, made by a command for automation and tests.

A person, not a program, decides about real organizations: whatever is made here is marked as synthetic
wherever it is shown, and the whole is refused unless `COUNTENANCE_ALLOW_PROVISION=1`.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from compliance.actions import determinations, end_users, testers
from compliance.actions.testers import TESTING
from compliance.findings import USUAL_OPERATIONS, Line, of_synthetic
from compliance.models import EndUser
from compliance.policy.obligations import Obligations
from compliance.policy.vocabulary import (
    PEOPLE_FINDING,
    PUBLIC_SAFETY,
    ImageSource,
    MoratoriumStatus,
    Operation,
    OrganizationType,
    Purpose,
)
from compliance.standing import USUAL_SUBJECT
from portal.audit import actions as audit
from portal.common.clock import database_now
from portal.common.errors import InvalidInput, Refused
from portal.tenancy.actions import keys, officers, organizations, people
from portal.tenancy.actions.keys import NewKey
from portal.tenancy.actor import Actor
from portal.tenancy.models import Membership, Organization, User

BY = Actor.system("provision")
EXEMPTION = "humanitarian-exemption"  # the one exemption of the default pack
USUAL_RETENTION_DAYS = 30
SWITCH = "COUNTENANCE_ALLOW_PROVISION"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What an organization made for a test should be.

    Attributes:
        name: Of the organization; need not be unique.
        end_user: Name of the body it works for; itself when empty.
        end_user_type: Type of that body; the organization's own when empty.
        jurisdictions: Of establishment, processing and subjects alike.
        floor: Lowest similarity, 0 to 100, as a condition of the grant.
        days: Until grant and key expire, 1 to 365.
    """

    name: str
    organization_type: OrganizationType
    moratorium_status: MoratoriumStatus
    purpose: Purpose
    end_user: str = ""
    end_user_type: OrganizationType | None = None
    jurisdictions: tuple[str, ...] = ("US",)
    floor: float | None = None
    days: int = 90


@dataclass(frozen=True)
class Provisioned:
    """What was made, with its secrets, in the one moment they exist in the clear."""

    organization: Organization
    email: str
    password: str = field(repr=False)
    key: NewKey = field(repr=False)
    key_for_tests: NewKey | None = field(repr=False, default=None)

    def to_json(self) -> dict[str, str]:
        """Return what a program needs to sign in and to call."""
        return {
            "organization": self.organization.public_id,
            "admin_email": self.email,
            "admin_password": self.password,
            "api_key": self.key.bearer,
            "access_key_id": self.key.key.access_key_id,
            "secret_access_key": self.key.secret_access_key,
            "base_url": settings.BASE_URL,
            **({"accuracy_key": self.key_for_tests.bearer} if self.key_for_tests else {}),
        }


def require_switch() -> None:
    """Let on only where the operator has allowed provisioning.

    Raises:
        Refused: `provisioning_off`.
    """
    if not settings.ALLOW_PROVISION:
        raise Refused(
            "provisioning_off",
            f"Provisioning is off. It makes synthetic accounts without a review, for tests; set {SWITCH}=1 "
            "to allow it, and never in production.",
        )


def provision(wanted: Wanted) -> Provisioned:
    """Make an organization with a determination as given, an administrator and a key, all synthetic.

    Raises:
        Refused: `provisioning_off`.
        InvalidInput: `days`, `name_missing`, or what is wrong with the determination.
    """
    require_switch()
    if not 1 <= wanted.days <= 365:  # noqa: PLR2004 - a grant lasts twelve months at most
        raise InvalidInput("days", "A determination lasts 1 to 365 days.", field="expires")
    email, password = _address(wanted.name), secrets.token_urlsafe(18)
    user = people.create_user(email=email, name=f"Administrator of {wanted.name}", password=password, by=BY)
    organization = organizations.create(name=wanted.name, administrator=user, by=BY, synthetic=True)
    end_user = _end_user(wanted, organization)
    _determine(wanted, organization, end_user)
    key = _key(wanted, organization, end_user, user)
    with transaction.atomic():
        audit.record(
            verb="provision.used",
            actor=BY,
            target=organization,
            organization=organization.pk,
            purpose=str(wanted.purpose),
            status=str(wanted.moratorium_status),
        )
    tests = _key_for_tests(wanted, organization, end_user, user) if wanted.purpose in TESTING else None
    return Provisioned(organization, email, password, key, tests)


def make_officer(email: str) -> tuple[User, str]:
    """Make an officer's account with a password; returns both.

    Raises:
        Refused: `provisioning_off`.
        Conflict: `email_taken`.
    """
    require_switch()
    password = secrets.token_urlsafe(18)
    with transaction.atomic():
        user = people.create_user(email=email, name="", password=password, by=BY)
        officers.appoint(user=user, by=BY, synthetic=True)
    return user, password


def _address(name: str) -> str:
    words = "-".join(re.findall(r"[a-z0-9]+", name.lower()))[:40] or "organization"
    return f"admin@{words}-{secrets.token_hex(4)}.example"


def _end_user(wanted: Wanted, organization: Organization) -> EndUser:
    if not wanted.end_user:
        return end_users.itself(organization, wanted.organization_type, by=BY)
    return end_users.register(
        name=wanted.end_user,
        organization_type=wanted.end_user_type or wanted.organization_type,
        by=BY,
        synthetic=True,
    )


def _determine(wanted: Wanted, organization: Organization, end_user: EndUser) -> None:
    ends_at = _end(wanted)
    is_exempt = wanted.moratorium_status is MoratoriumStatus.EXEMPT
    line = Line(
        purpose=wanted.purpose,
        end_user=str(end_user.pk),
        operations=USUAL_OPERATIONS | ({Operation.ACCURACY_TEST} if wanted.purpose in TESTING else set()),
        expires_at=ends_at,
        moratorium_status=wanted.moratorium_status,
        conditions=Obligations(min_similarity=wanted.floor),
        exemption=EXEMPTION if is_exempt else None,
        exemption_expires_at=ends_at if is_exempt else None,
    )
    places = frozenset(wanted.jurisdictions)
    finding = of_synthetic(
        organization,
        line,
        organization_type=wanted.organization_type,
        establishment=places,
        processing=places,
        subjects=places,
    )
    determinations.determine_synthetic(organization=organization, finding=finding, by=BY)


def _end(wanted: Wanted) -> datetime:
    return database_now() + timedelta(days=wanted.days)


def _key(wanted: Wanted, organization: Organization, end_user: EndUser, user: User) -> NewKey:
    membership = Membership.objects.get(organization=organization, user=user)
    return keys.create(
        organization=organization,
        name="Provisioned",
        purpose=wanted.purpose.value,
        end_user_id=end_user.pk,
        expires_at=_end(wanted),
        defaults=_usual_facts(wanted.purpose),
        by=Actor.for_user(user, membership),
    )


def _key_for_tests(wanted: Wanted, organization: Organization, end_user: EndUser, user: User) -> NewKey:
    """Make the key that opens `accuracy/`, which the first one does not."""
    membership = Membership.objects.get(organization=organization, user=user)
    return testers.create_key(
        organization=organization,
        name="Provisioned, for tests",
        purpose=wanted.purpose.value,
        end_user_id=end_user.pk,
        expires_at=_end(wanted),
        defaults=_usual_facts(wanted.purpose)
        | dict.fromkeys(("image_source", "probe_source"), ImageSource.DATA_SET.value),
        by=Actor.for_user(user, membership),
    )


def _usual_facts(purpose: Purpose) -> dict[str, Any]:
    """Return what a call under this key may leave unsaid."""
    return {
        "requested_by": "self",
        "recipient": None,
        "case_reference": "SYNTHETIC",
        "subject_class": USUAL_SUBJECT.get(purpose, "consenting"),
        "probe_source": _usual_source(purpose).value,
        "image_source": _usual_source(purpose).value,
        "legal_basis": "SYNTHETIC",
        "owner": "SYNTHETIC",
        "retention_days": USUAL_RETENTION_DAYS,
    }


def _usual_source(purpose: Purpose) -> ImageSource:
    if purpose in PEOPLE_FINDING | PUBLIC_SAFETY:
        return ImageSource.CASE_FILE
    return ImageSource.OWN_CUSTOMERS
