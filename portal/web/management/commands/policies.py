"""`manage.py policies`: what is published, and publishing the next version."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from compliance.actions import policies
from compliance.models import PolicyEpoch, PolicyVersionRecord
from compliance.policy.packs import read_version
from portal.common.errors import DomainError
from portal.tenancy.actor import Actor


class Command(BaseCommand):
    help = "Lists, shows and loads policy versions."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("list", help="versions of every pack").add_argument(
            "--json", action="store_true", dest="as_json"
        )
        show = verbs.add_parser("show", help="one version, rule by rule")
        show.add_argument("version", help="such as countenance-default@2")
        show.add_argument("--json", action="store_true", dest="as_json")
        verbs.add_parser("load", help="enter the versions that ship with the product")
        check = verbs.add_parser("check", help="read a version from a file and say what is wrong with it")
        check.add_argument("file", type=Path)

    def handle(self, *args: Any, verb: str, **options: Any) -> None:
        try:
            getattr(self, f"_{verb}")(**options)
        except DomainError as error:
            raise CommandError(error.sentence) from error

    def _list(self, *, as_json: bool, **_: Any) -> None:
        in_force = PolicyEpoch.objects.get().pack
        rows = [_row(record, in_force) for record in PolicyVersionRecord.objects.all()]
        if as_json:
            self._print_json(rows)
        for row in [] if as_json else rows:
            mark = "*" if row["chosen"] else " "
            self.stdout.write(f"{mark} {row['version']}  {row['published_at']}  {row['sha256'][:16]}")

    def _show(self, *, version: str, as_json: bool, **_: Any) -> None:
        pack, _separator, number = version.partition("@")
        record = PolicyVersionRecord.objects.filter(
            pack=pack, number=number if number.isdigit() else 0
        ).first()
        if record is None:
            raise CommandError(f"There is no version {version}.")
        if as_json:
            self._print_json(record.content)
            return
        for rule in record.version.rules:
            until = rule.period.ends_at.isoformat() if rule.period.ends_at else "until further notice"
            self.stdout.write(f"{rule.id} ({rule.effect}, {rule.period.starts_at.isoformat()} {until})")
            self.stdout.write(f"    {rule.sentence}")

    def _load(self, **_: Any) -> None:
        entered = policies.load_shipped(by=Actor.system("policies"))
        self.stdout.write(f"{len(entered)} versions entered.")

    def _check(self, *, file: Path, **_: Any) -> None:
        document = file.read_text(encoding="utf-8")
        pack = PolicyEpoch.objects.get().pack
        newest = PolicyVersionRecord.objects.lineage(pack).versions[-1]
        version = read_version(document, newest if "based_on" in document else None)
        self.stdout.write(f"{version.label} holds {len(version.rules)} rules and can be proposed.")

    def _print_json(self, data: Any) -> None:
        self.stdout.write(json.dumps(data, indent=2))


def _row(record: PolicyVersionRecord, in_force: str) -> dict[str, Any]:
    return {
        "version": str(record),
        "published_at": record.published_at.isoformat(),
        "sha256": record.sha256,
        "ratified": record.ratified_at is not None,
        "chosen": record.pack == in_force,
    }
