"""What the domain says no to, shown on the form where it can be mended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django import forms

from portal.common.errors import Conflict, InvalidInput


@contextmanager
def shown_on(form: forms.Form) -> Iterator[None]:
    """Turn a wrong value or a conflict inside the block into an error of the form.

    A refusal is no mistake in a form: it passes and becomes a page of its own.
    """
    try:
        yield
    except (InvalidInput, Conflict) as error:
        field = error.detail.get("field")
        form.add_error(field if field in form.fields else None, error.sentence)
