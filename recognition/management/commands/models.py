"""`manage.py models`: the engine's nets, and the similarity scale of a labeled set."""

from __future__ import annotations

import csv
import json
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError

from portal.common.errors import DomainError, InvalidInput
from recognition.engine import calibration, registry
from recognition.engine.calibration import Calibration
from recognition.engine.catalog import is_here
from recognition.engine.scale import scale_of
from recognition.engine.types import Float32, ImageResult

MODES = {
    "default": "chip and mirrored chip averaged; a close look for small faces",
    "fast": "a quarter less time, more in large photos; no mirrored chip, and small faces there are missed",
}
PRECISIONS = {
    "float32": "as the net was published",
    "bfloat16": "about half the net's time, where processor or GPU computes in it; templates of its own",
}
_TOLD = (1e-3, 1e-4)  # false match rates
CENTER_FIRST = 0  # faces come largest first: a labeled photo is of its largest face


class Command(BaseCommand):
    """List and verify the nets, or calibrate the similarity scale."""

    help = "The engine's models: list them, verify their weights, calibrate the similarity scale."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        listing = actions.add_parser("list", help="name, version, license, source, sha256, ready or not")
        listing.add_argument("--json", action="store_true")
        actions.add_parser("verify", help="compare the weights of every ready net with their sha256")
        calibrate = actions.add_parser("calibrate", help="make a similarity scale from labeled photos")
        calibrate.add_argument("--dataset", type=Path, required=True, help="CSV: path,subject[,group]")
        calibrate.add_argument("--mode", choices=registry.MODES, help="else the chosen one")
        calibrate.add_argument("--detector", choices=list(registry.DETECTORS), help="else the chosen one")
        calibrate.add_argument("--precision", choices=registry.PRECISIONS, help="else the chosen one")
        calibrate.add_argument("--scale-version", required=True, help="a new name, stored with every result")

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['action']}")(options)
        except DomainError as error:
            raise CommandError(error.sentence) from error

    def _list(self, options: dict[str, Any]) -> None:
        known = registry.models()
        if options["json"]:
            self.stdout.write(json.dumps([asdict(one) for one in known], indent=2))
            return
        for one in known:
            self.stdout.write(f"{one.name:<24}{one.role:<12}{_state(one.ready):<10}{one.license}")
            self.stdout.write(
                f"{'':<24}{one.version}, {one.source}\n{'':<24}sha256 {one.sha256 or 'not pinned'}"
            )
            if not one.ready:
                self.stdout.write(f"{'':<24}put its file at {one.path}")
        self.stdout.write("\nDetectors (COUNTENANCE_DETECTOR), each with the face mesh for its landmarks:")
        for name, files in registry.DETECTORS.items():
            chosen = name == registry.detector_name()
            ready = _state(all(is_here(file) for file in files))
            self.stdout.write(f"{_mark(chosen=chosen)}{name:<22}{ready}")
            self.stdout.write(f"{'':<24}{_calibrated(registry.pipeline_id(detector=name))}")
        self._choices("Modes (COUNTENANCE_MODE)", MODES, registry.mode_name())
        title = "Precisions of the recognition net (COUNTENANCE_PRECISION)"
        self._choices(title, PRECISIONS, registry.precision_name())

    def _choices(self, title: str, meanings: dict[str, str], chosen: str) -> None:
        self.stdout.write(f"\n{title}:")
        for name, meaning in meanings.items():
            self.stdout.write(f"{_mark(chosen=name == chosen)}{name:<22}{meaning}")

    def _verify(self, _: dict[str, Any]) -> None:
        problems = registry.verify()
        if problems:
            raise CommandError("\n".join(problems))
        self.stdout.write("All weights that are here are the ones that were measured.")

    def _calibrate(self, options: dict[str, Any]) -> None:
        rows = list(_rows(options["dataset"]))
        chosen = {name: options[name] for name in ("mode", "detector", "precision")}
        templates, used, left_out = _templates(rows, chosen)
        for photo, reason in left_out:
            self.stderr.write(f"left out: {photo} ({reason})")
        found = calibration.calibrate(
            registry.pipeline_id(**chosen),
            templates,
            [row["subject"] for row in used],
            [row.get("group") or "" for row in used],
        )
        name = options["scale_version"]
        scale = calibration.save(found, version=name, data_set=options["dataset"].name)
        self.stdout.write(
            f"{len(used)} photos, {len(left_out)} left out, {found.genuine_pairs:,} genuine pairs.\n"
            f"{_rates(found)}\nScale {name} of {found.pipeline} is at {scale}; "
            "workers and portal read it when they start."
        )


def _state(ready: bool) -> str:
    return "ready" if ready else "not here"


def _mark(*, chosen: bool) -> str:
    return "* " if chosen else "  "


def _calibrated(pipeline: str) -> str:
    try:
        found = scale_of(pipeline)
    except InvalidInput:
        return f"{pipeline}: no similarity scale yet"
    return f"{pipeline}: scale {found.version}{', provisional' if found.provisional else ''}"


def _rates(found: Calibration) -> str:
    """Write the share of true persons missed at two false match rates, pooled and of the worst group."""
    pairs = ", ".join(f"{name}: {number:,}" for name, number in found.strangers.items())
    lines = [f"Pairs of strangers by group: {pairs}."]
    if found.left_out:
        few = ", ".join(f"{name}: {number:,}" for name, number in found.left_out.items())
        lines.append(f"Too few to be counted apart: {few}.")
    for rate in _TOLD:
        for pooled, whose in ((True, "all groups together"), (False, "the worst group")):
            missed, low, high = (100 * share for share in found.missed_at(rate, pooled=pooled))
            told = f"{missed:.1f} % of true persons missed (95 %: {low:.1f} to {high:.1f})"
            lines.append(f"At a false match rate of {rate:g} in {whose}: {told}.")
    if not found.is_complete:
        lines.append("Provisional: below what 30 false matches a group carry, the scale is drawn on.")
    return "\n".join(lines)


def _rows(dataset: Path) -> Iterator[dict[str, str]]:
    try:
        with dataset.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            if not {"path", "subject"} <= set(reader.fieldnames or ()):
                raise CommandError("The data set needs the columns path and subject (and group).")
            for row in reader:
                yield row | {"path": str(dataset.parent / row["path"])}
    except OSError as error:
        raise CommandError(f"The data set cannot be read: {error.strerror}.") from error


def _templates(
    rows: list[dict[str, str]], chosen: dict[str, Any]
) -> tuple[Float32, list[dict[str, str]], list[tuple[str, str]]]:
    """Return one template a photo that has one, its row, and what was left out with the reason."""
    engine = registry.load(**chosen, calibrated=False)
    sources = ((str(number), Path(row["path"]).read_bytes) for number, row in enumerate(rows))
    templates, used, left_out = [], [], []
    for result in engine.run(sources):
        row = rows[int(result.key)]
        template = _template(result)
        if template is None:
            left_out.append((row["path"], result.reason or "no_face"))
        else:
            templates.append(template)
            used.append(row)
    if not templates:
        raise CommandError("No photo of the data set gave a template.")
    return np.stack(templates), used, left_out


def _template(result: ImageResult) -> Float32 | None:
    return result.usable[CENTER_FIRST].template if result.usable else None
