"""`manage.py quota`: what an organization may take up at once."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.common.errors import DomainError
from portal.common.ids import parse_public_id
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.tenancy.scope import tenant_scope
from recognition import quotas
from recognition.actions.quotas import set_limits
from recognition.quotas import NAMES, WORDS

OPERATOR = Actor.system("operator")


class Command(BaseCommand):
    """Show an organization's limits, and set those that are named."""

    help = "Shows what an organization uses of its limits, and sets those that are named; 0 is the default."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the organization and its limits."""
        parser.add_argument("organization", metavar="ORG", help="public id, org_…")
        for name in NAMES:
            parser.add_argument(f"--{name.replace('_', '-')}", type=int, metavar="N", help=WORDS[name])

    def handle(self, *_args: Any, **options: Any) -> None:
        """Set and show."""
        try:
            organization = Organization.objects.get(
                pk=parse_public_id(Organization.PREFIX, options["organization"])
            )
            values = {name: options[name] or None for name in NAMES if options[name] is not None}
            if values:
                set_limits(organization=organization, values=values, by=OPERATOR)
        except Organization.DoesNotExist:
            raise CommandError("There is no such organization.") from None
        except DomainError as error:
            raise CommandError(error.sentence) from error
        with tenant_scope(organization):
            for row in quotas.as_rows():
                self.stdout.write(f"{row.words:32}{row.used:>12,} of {row.limit:,}")
