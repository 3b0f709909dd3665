"""`manage.py keys rewrap`: wrap data keys under the newest key-encryption key, or by another service."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.common.errors import DomainError
from portal.tenancy.actions import wrapped_keys
from portal.tenancy.actor import Actor


class Command(BaseCommand):
    """Wrap keys anew."""

    help = (
        "rewrap: wrap every data key under the first of KEY_ENCRYPTION_KEY, or by KEY_ENCRYPTION_SERVICE. "
        "May run while the portal does; run it again where it was cut short. Afterwards the old key can go."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=["rewrap"])
        parser.add_argument(
            "--from", dest="source", default="", help="dotted path of the service they are under"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            count = wrapped_keys.rewrap(source=options["source"], by=Actor.system("shell"))
        except DomainError as error:
            raise CommandError(error.sentence) from error
        if options["verbosity"]:
            self.stdout.write(f"{count} keys were wrapped anew.")
