"""`manage.py trail verify|checkpoint|export`: the published log."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError

from portal.audit import checkpoints, log, sequencer, verification
from portal.audit.checkpoints import Head, KeyUnusable, NotSigned, VerifierKey
from portal.audit.models import Checkpoint
from portal.audit.verification import Report

SHOWN: Final = 50  # faults, of which the first tell the most


class Command(BaseCommand):
    help = (
        "verify: hold every published entry against its event, and every checkpoint against the entries; "
        "exit status 1 where anything differs. checkpoint: place what waits, print the newest checkpoint. "
        "export: write the log into a folder that verifier.py, which lies in it, verifies without a network."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=["verify", "checkpoint", "export"])
        parser.add_argument("--to", type=Path, help="export: the folder")
        parser.add_argument(
            "--key", action="append", default=[], help="verify: a key that signed before the one of today"
        )
        parser.add_argument(
            "--checkpoint",
            action="append",
            type=Path,
            default=[],
            help="verify: a file that was kept elsewhere",
        )
        parser.add_argument("--json", action="store_true", help="verify: print JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["what"] == "export" and not options["to"]:
            raise CommandError("Say where to: --to FOLDER.")
        try:
            {"verify": self._verify, "checkpoint": self._checkpoint, "export": self._export}[options["what"]](
                options
            )
        except KeyUnusable as error:
            raise CommandError(str(error)) from error

    def _verify(self, options: dict[str, Any]) -> None:
        keys = [checkpoints.signer().key, *map(_key, options["key"])]
        report = verification.verify(keys=keys, kept=[_kept(path, keys) for path in options["checkpoint"]])
        if options["json"]:
            self.stdout.write(json.dumps(_told(report)))
        else:
            self.stdout.write("\n".join(_sentences(report)))
        if report.faults:
            raise CommandError(f"The trail is not as it was published: {len(report.faults)} faults.")

    def _checkpoint(self, options: dict[str, Any]) -> None:
        sequencer.run()
        self.stdout.write(_newest().note, ending="")

    def _export(self, options: dict[str, Any]) -> None:
        folder: Path = options["to"]
        folder.mkdir(parents=True, exist_ok=True)
        newest = _newest()
        with (folder / "entries.jsonl").open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(one) + "\n" for one in log.entries(0, newest.size - 1))
        (folder / "checkpoint").write_text(newest.note, "utf-8")
        (folder / "key").write_text("".join(f"{key}\n" for key in log.verifier_keys()), "utf-8")
        (folder / "verifier.py").write_text(log.verifier(), "utf-8")
        self.stdout.write(
            f"{newest.size} entries. Verify them: python {folder / 'verifier.py'} check {folder}"
        )


def _newest() -> Checkpoint:
    newest = log.newest()
    if newest is None:
        raise CommandError("Nothing is published yet: the log begins with the first event.")
    return newest


def _key(given: str) -> VerifierKey:
    try:
        return VerifierKey.parse(Path(given).read_text("utf-8") if Path(given).is_file() else given)
    except ValueError as error:
        raise CommandError(f"--key {given}: this is no verifier's key.") from error


def _kept(path: Path, keys: list[VerifierKey]) -> Head:
    try:
        return checkpoints.opened(path.read_text("utf-8"), keys)
    except (NotSigned, OSError) as error:
        raise CommandError(f"--checkpoint {path}: {error}") from error


def _told(report: Report) -> dict[str, Any]:
    faults = [{"code": fault.code, "sentence": fault.sentence} for fault in report.faults]
    return {"entries": report.entries, "checkpoints": report.checkpoints, "faults": faults}


def _sentences(report: Report) -> list[str]:
    if not report.faults:
        return [f"{report.entries} entries and {report.checkpoints} checkpoints are as they were published."]
    shown = [f"{fault.code}: {fault.sentence}" for fault in report.faults[:SHOWN]]
    more = len(report.faults) - len(shown)
    return [*shown, f"and {more} more."] if more else shown
