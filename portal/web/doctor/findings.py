"""What an examination finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings


class Level(StrEnum):
    """How bad it is."""

    FAULT = "fault"
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """One thing that is missing or unsafe, and what to do."""

    level: Level
    sentence: str
    remedy: str


@dataclass(frozen=True)
class Examination:
    """One part that was looked at, and what was found."""

    part: str
    findings: tuple[Finding, ...]


def fault(sentence: str, remedy: str) -> Finding:
    """Return a finding that makes the examination fail."""
    return Finding(Level.FAULT, sentence, remedy)


def in_production(sentence: str, remedy: str) -> Finding:
    """Return a finding that is a fault in production and a note elsewhere."""
    return Finding(Level.FAULT if settings.PRODUCTION else Level.NOTE, sentence, remedy)
