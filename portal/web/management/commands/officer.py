"""Make an officer's account."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email

from portal.common.errors import DomainError
from portal.web.provisioning import SWITCH, make_officer


class Command(BaseCommand):
    help = f"Makes an officer's account with a password that is shown once. Refused unless {SWITCH}=1."
    requires_system_checks = ()  # programs read what this prints; `doctor` runs the checks

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=["create"])
        parser.add_argument("email")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            validate_email(options["email"])
            user, password = make_officer(options["email"])
        except ValidationError as error:
            raise CommandError(f"{options['email']} is no email address.") from error
        except DomainError as error:
            raise CommandError(error.sentence) from error
        made = {"officer": user.public_id, "email": user.email, "password": password}
        if options["json"]:
            self.stdout.write(json.dumps(made))
        else:
            self.stdout.write(f"Officer {user.email}, password {password}. It is shown this once.")
