"""Play the story of three organizations through the real actions and the real worker."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portal.common.errors import DomainError
from portal.env import home
from portal.web.demo import people, photos, report, story
from recognition import client


class Command(BaseCommand):
    help = (
        "Plays the story of three invented organizations: a charity that is exempt, police that are refused, "
        "a museum that is allowed with conditions. Needs a running engine worker; `make demo` starts one."
    )
    requires_system_checks = ()  # `doctor` runs them, and says more

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="say that the portal stops afterwards")
        parser.add_argument("--photos", type=Path, metavar="FOLDER", help="one folder of photos a person")

    def handle(self, *_args: Any, **options: Any) -> None:
        _require_place_and_worker()
        album = (
            photos.of_folder(options["photos"]) if options["photos"] else photos.shipped(home() / "photos")
        )
        self._say(report.opening(album))
        try:
            told = story.play(album, self._say)
        except DomainError as error:
            raise CommandError(f"The story broke off: {error.sentence} ({error.code})") from error
        self._say(report.closing(told))
        if not options["once"]:
            self._say(report.accounts(told, people.password(), settings.BASE_URL))
        if told.wrong:
            raise CommandError(report.verdict(told))
        self._say(f"\n{report.verdict(told)}")

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def _require_place_and_worker() -> None:
    if settings.PRODUCTION:
        raise CommandError("The demonstration makes synthetic accounts, and does not run in production.")
    if not client.engine_is_live():
        raise CommandError("No engine worker is alive. `make demo` starts everything the story needs.")
