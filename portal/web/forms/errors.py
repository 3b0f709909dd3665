"""What the domain says no to, shown on the form where it can be mended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django import forms

from portal.common.errors import Conflict, InvalidInput


@contextmanager
def shown_on(form: forms.Form, *, field: str | None = None) -> Iterator[None]:
    """Turn a wrong value or a conflict inside the block into an error of the form.

    A refusal is no mistake in a form: it passes and becomes a page of its own.

    Args:
        form: The form.
        field: Where an error stands that names no field.
    """
    try:
        yield
    except (InvalidInput, Conflict) as error:
        field = error.detail.get("field", field)
        form.add_error(field if field in form.fields else None, error.sentence)
