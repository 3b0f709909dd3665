"""Start and stop the embedded PostgreSQL and Valkey."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.env import home
from portal.local import cli
from portal.local.errors import LocalServiceError


class Command(BaseCommand):
    help = "Starts, stops and describes the embedded PostgreSQL and Valkey."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        cli.add_arguments(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            sys.exit(cli.run(options["action"], home(), as_json=options["json"]))
        except LocalServiceError as error:
            raise CommandError(str(error)) from error
