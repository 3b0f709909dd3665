"""Say what is missing or unsafe."""

from __future__ import annotations

import sys
import textwrap
from typing import Any

from django.core.management.base import BaseCommand

from portal.web.doctor import Examination, Level, examine

WIDTH = 110
INDENT = " " * 9


class Command(BaseCommand):
    help = "Says what is missing or unsafe in this installation; exit status 1 if anything is."
    requires_system_checks = ()  # they run as one part of the examination

    def handle(self, *_args: Any, **_options: Any) -> None:
        examinations = examine()
        for examination in examinations:
            self.stdout.write(_in_words(examination))
        faults = sum(_count(one, Level.FAULT) for one in examinations)
        notes = sum(_count(one, Level.NOTE) for one in examinations)
        self.stdout.write(f"\n{_verdict(faults)}" + (f" Notes above: {notes}." if notes else ""))
        if faults:
            sys.exit(1)


def _in_words(examination: Examination) -> str:
    if not examination.findings:
        return f"  ok     {examination.part}"
    lines = []
    for finding in examination.findings:
        head = f"  {finding.level:<5}  {examination.part}: "
        lines += textwrap.wrap(head + finding.sentence, WIDTH, subsequent_indent=INDENT)
        lines += textwrap.wrap(INDENT + finding.remedy, WIDTH, subsequent_indent=INDENT)
    return "\n".join(lines)


def _count(examination: Examination, level: Level) -> int:
    return sum(finding.level is level for finding in examination.findings)


def _verdict(faults: int) -> str:
    if not faults:
        return "Nothing is missing or unsafe."
    return f"{faults} thing{'s are' if faults > 1 else ' is'} missing or unsafe."
