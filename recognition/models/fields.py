"""References between rows of tenants."""

from __future__ import annotations

from typing import Any

from django.db import models


def owned(to: str, **options: Any) -> models.ForeignKey[Any, Any]:
    """Return a reference to another tenant row; the migration adds the composite key that guards it.

    A single-column key would check past row-level security (see `portal.tenancy.rls`).
    """
    return models.ForeignKey(
        to,
        on_delete=options.pop("on_delete", models.DO_NOTHING),
        db_constraint=False,
        related_name="+",
        **options,
    )


def days(number: Any) -> models.Func:
    """Return a number of days, which a column gives, as a length of time."""
    return models.Func(
        number,
        template="make_interval(days => %(expressions)s)",
        output_field=models.DurationField(),
    )
