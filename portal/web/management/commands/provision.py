"""Make a synthetic organization for automation and tests."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from compliance.policy.vocabulary import MoratoriumStatus, OrganizationType, Purpose
from portal.common.errors import DomainError
from portal.web.provisioning import SWITCH, Provisioned, Wanted, provision

LABELS = {
    "organization": "Organization",
    "admin_email": "Administrator",
    "admin_password": "Password",
    "api_key": "API key (REST)",
    "access_key_id": "Access key id",
    "secret_access_key": "Secret access key",
    "base_url": "Address",
    "accuracy_key": "Key for tests (REST)",
}
INTERFACES = {"REST interface": "/api/v1/", "Rekognition endpoint": "/rekognition"}


class Command(BaseCommand):
    help = (
        "Makes a synthetic organization with a determination, an administrator and a key, for automation and "
        f"tests. Refused unless {SWITCH}=1: a person decides about real organizations."
    )
    requires_system_checks = ()  # programs read what this prints; `doctor` runs the checks

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add("--organization", required=True, metavar="NAME")
        add("--type", required=True, choices=[one.value for one in OrganizationType], metavar="TYPE")
        add("--moratorium-status", required=True, choices=[one.value for one in MoratoriumStatus])
        add("--purpose", required=True, choices=[one.value for one in Purpose], metavar="PURPOSE")
        add("--end-user", default="", metavar="NAME", help="whom it works for; itself unless given")
        add(
            "--end-user-type",
            choices=[one.value for one in OrganizationType],
            metavar="TYPE",
            help="the organization's own type unless given",
        )
        add(
            "--jurisdiction",
            action="append",
            metavar="CODE",
            help="of establishment, processing and subjects: US, US-WA, DE; may be repeated; default US",
        )
        add("--floor", type=float, metavar="0..100", help="lowest similarity, as a condition of the grant")
        add("--expires", type=int, default=90, metavar="DAYS", help="1 to 365; default 90")
        add("--json", action="store_true", help="print JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            made = provision(_wanted(options))
        except DomainError as error:
            raise CommandError(error.sentence) from error
        self.stdout.write(json.dumps(made.to_json()) if options["json"] else _in_words(made))


def _wanted(options: dict[str, Any]) -> Wanted:
    end_user_type = options["end_user_type"]
    return Wanted(
        name=options["organization"],
        organization_type=OrganizationType(options["type"]),
        moratorium_status=MoratoriumStatus(options["moratorium_status"]),
        purpose=Purpose(options["purpose"]),
        end_user=options["end_user"],
        end_user_type=OrganizationType(end_user_type) if end_user_type else None,
        jurisdictions=tuple(options["jurisdiction"] or ["US"]),
        floor=options["floor"],
        days=options["expires"],
    )


def _in_words(made: Provisioned) -> str:
    told = {LABELS[name]: value for name, value in made.to_json().items()}
    told |= {name: told["Address"] + path for name, path in INTERFACES.items()}
    lines = [f"{name + ':':<22}{value}" for name, value in told.items()]
    return "\n".join(["A synthetic organization was made. Its secrets are shown this once.", *lines])
