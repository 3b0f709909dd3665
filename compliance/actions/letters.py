"""Writing letters in the transaction of what they tell, and mailing them after it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from compliance.models import Letter
from portal.audit import actions as audit
from portal.common.clock import database_now
from portal.tenancy.actor import Actor
from portal.tenancy.models import Membership, Officer, Organization, User
from portal.tenancy.roles import Role
from portal.tenancy.scope import officer_scope

POSTMAN = Actor.system("letters")
AT_ONCE = 50  # letters mailed in one sweep
# Waits between attempts double from a minute; after the last of ten, eight and a half hours have passed.
MOST_ATTEMPTS = 10
FIRST_WAIT = timedelta(minutes=1)
_SUBJECT = "Subject: "


def write(
    *,
    kind: str,
    organization: Organization | None,
    about: str,
    by: Actor,
    to: Sequence[User | str] | None = None,
    **values: Any,
) -> list[Letter]:
    """Write a letter to each addressee, in the caller's scope: it exists only if what it tells does.

    Args:
        kind: Name of a template under `email/letters/`, whose first line is its subject.
        organization: Whose letter it is, who then reads it in the portal too; None for one that officers
            alone may see.
        about: Public id it is about.
        by: Who causes it.
        to: People or bare addresses; left out, the organization's administrators, or all officers.
        **values: What the template says. No face and no name of a third person belongs there.
    """
    now = database_now()
    receivers = list(to) if to is not None else _usual(organization)
    letters = [_letter(kind, organization, about, receiver, values, now) for receiver in receivers]
    for letter in letters:
        letter.save(force_insert=True)
        audit.record(
            verb="letter.written",
            actor=by,
            target=letter,
            organization=organization.pk if organization else None,
            kind=kind,
            about=about,
        )
    return letters


def send_due() -> int:
    """Mail the letters whose time has come; returns how many left. A sweep, run as often as one likes."""
    with officer_scope():
        keys = list(Letter.objects.due().values_list("pk", flat=True)[:AT_ONCE])
    return sum(_send(key) for key in keys)


def administrators(organization: Organization) -> list[User]:
    """Return the people who act for an organization towards the office."""
    rows = Membership.objects.filter(
        organization=organization, role=Role.ADMINISTRATOR, ended_at=None, user__is_active=True
    )
    return [row.user for row in rows.select_related("user").order_by("pk")]


def officers() -> list[User]:
    """Return every active officer."""
    rows = Officer.objects.filter(active=True, user__is_active=True).select_related("user").order_by("pk")
    return [row.user for row in rows]


def _usual(organization: Organization | None) -> list[User]:
    return officers() if organization is None else administrators(organization)


def _letter(
    kind: str,
    organization: Organization | None,
    about: str,
    receiver: User | str,
    values: dict[str, Any],
    now: datetime,
) -> Letter:
    context = {
        **values,
        "organization": organization,
        "recipient": receiver,
        "about": about,
        "base_url": settings.BASE_URL,
    }
    head, _, body = render_to_string(f"email/letters/{kind}.txt", context).partition("\n\n")
    if not head.startswith(_SUBJECT):
        raise RuntimeError(f"The letter {kind} has no subject in its first line.")
    return Letter(
        organization=organization,
        kind=kind,
        about=about,
        address=receiver if isinstance(receiver, str) else receiver.email,
        subject=" ".join(head.removeprefix(_SUBJECT).split())[:200],
        body=body.strip() + "\n",
        written_at=now,
        next_try_at=now,
    )


def _send(key: UUID) -> bool:
    """Mail one letter and note what came of it; whoever else is mailing it is left alone.

    It is noted in the same transaction: after a crash in between it is mailed again, under the same
    Message-ID, which is better than not at all.
    """
    with officer_scope():
        letter = Letter.objects.due().select_for_update(skip_locked=True).filter(pk=key).first()
        if letter is None:
            return False
        letter.attempts += 1
        try:
            _message(letter).send()
        except Exception as error:  # an address no mail can carry must not keep all later letters waiting
            _note_failure(letter, error)
            return False
        letter.sent_at, letter.failure = database_now(), ""
        letter.save(update_fields=["attempts", "sent_at", "failure"])
        _event("letter.sent", letter, kind=letter.kind)
    return True


def _note_failure(letter: Letter, error: Exception) -> None:
    now = database_now()
    letter.failure = type(error).__name__
    letter.next_try_at = now + FIRST_WAIT * 2 ** (letter.attempts - 1)
    if letter.attempts >= MOST_ATTEMPTS:
        letter.given_up_at = now
        _event("letter.given_up", letter, kind=letter.kind, failure=letter.failure)
    letter.save(update_fields=["attempts", "failure", "next_try_at", "given_up_at"])


def _message(letter: Letter) -> EmailMessage:
    host = urlsplit(settings.BASE_URL).hostname or "localhost"
    return EmailMessage(
        letter.subject,
        letter.body,
        settings.DEFAULT_FROM_EMAIL,
        [letter.address],
        headers={"Message-ID": f"<{letter.pk.hex}@{host}>", "Auto-Submitted": "auto-generated"},
    )


def _event(verb: str, letter: Letter, **payload: Any) -> None:
    audit.record(verb=verb, actor=POSTMAN, target=letter, organization=letter.organization_id, **payload)
