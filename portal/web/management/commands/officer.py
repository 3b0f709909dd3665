"""Make an officer's account."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email

from portal.common.errors import DomainError
from portal.tenancy.models import User
from portal.web.appointments import appoint
from portal.web.provisioning import SWITCH, make_officer


class Command(BaseCommand):
    help = (
        "Makes an officer's account and mails the link that sets its password. "
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
            user, password = _make(options["email"])
        except ValidationError as error:
            raise CommandError(f"{options['email']} is no email address.") from error
        except DomainError as error:
            raise CommandError(error.sentence) from error
        made = {"officer": user.public_id, "email": user.email, "password": password}
        if options["json"]:
            self.stdout.write(json.dumps(made))
        elif password:
            self.stdout.write(f"Officer {user.email}, password {password}. It is shown this once.")
        else:
            self.stdout.write(f"Officer {user.email}. The link that sets the password is in the mail.")


def _make(email: str) -> tuple[User, str | None]:
    """Return the account, and its password where provisioning is on."""
    return make_officer(email) if settings.ALLOW_PROVISION else (appoint(email), None)
