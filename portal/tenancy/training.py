"""How long the training of a reviewer counts."""

from __future__ import annotations

from datetime import date, timedelta

LASTS = timedelta(days=365)


def ends_on(trained_on: date | None) -> date | None:
    """Return the first day on which a training no longer counts; None where there was none."""
    return trained_on + LASTS if trained_on else None
