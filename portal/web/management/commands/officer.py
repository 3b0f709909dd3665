"""Make an officer's account."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email

from portal.common.errors import DomainError
from portal.tenancy.models import User
from portal.web.appointments import from_shell
from portal.web.provisioning import SWITCH, make_officer

PAGE = f"{settings.BASE_URL}/officer/officers/"


class Command(BaseCommand):
    help = (
        "Makes the first two officers' accounts and mails the links that set their passwords; "
        "the third and everybody after is only proposed to them. "
        f"With {SWITCH}=1 the password is made here and shown once, for tests."
    )
    requires_system_checks = ()  # programs read what this prints; `doctor` runs the checks

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=["create"])
        parser.add_argument("email")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            validate_email(options["email"])
            made = _make(options["email"])
        except ValidationError as error:
            raise CommandError(f"{options['email']} is no email address.") from error
        except DomainError as error:
            raise CommandError(error.sentence) from error
        if options["json"]:
            self.stdout.write(json.dumps(made.told))
        else:
            self.stdout.write(made.sentence)


@dataclass(frozen=True)
class Made:
    """What came of the command, for programs and for people."""

    told: dict[str, str | None]
    sentence: str


def _make(email: str) -> Made:
    if settings.ALLOW_PROVISION:
        user, password = make_officer(email)
        return Made(
            _told(user, password), f"Officer {user.email}, password {password}. It is shown this once."
        )
    made = from_shell(email)
    if isinstance(made, User):
        sentence = f"Officer {made.email}. The link that sets the password is in the mail."
        return Made(_told(made, None), sentence)
    told = {"officer": None, "email": made.email, "password": None, "proposal": made.public_id}
    return Made(told, f"{made.email} is proposed. Two officers have to approve it, each signed in: {PAGE}")


def _told(user: User, password: str | None) -> dict[str, str | None]:
    return {"officer": user.public_id, "email": user.email, "password": password}
