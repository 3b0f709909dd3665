"""References between rows of one organization, and columns that take words of the vocabulary."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

from compliance.policy.vocabulary import Word


def owned(to: str, **options: Any) -> models.ForeignKey[Any, Any]:
    """Return a reference to a row of the same organization; migrations add the composite key it needs."""
    return models.ForeignKey(
        to,
        on_delete=models.PROTECT,
        db_constraint=False,
        related_name=options.pop("related_name", "+"),
        **options,
    )


def choices(words: type[Word]) -> list[tuple[str, str]]:
    """Return the words of a closed list with their labels."""
    return [(word.value, word.label) for word in words]


def word_field(words: type[Word], **options: Any) -> models.CharField[str, str]:
    """Return a column for one word of a closed list."""
    return models.CharField(max_length=48, choices=choices(words), **options)


def words_field(words: type[Word], **options: Any) -> ArrayField[Any, Any]:
    """Return a column for several words of a closed list."""
    return ArrayField(models.CharField(max_length=48, choices=choices(words)), default=list, **options)


def is_word(name: str, words: type[Word]) -> models.Q:
    """Return the condition that a column holds a word of a closed list."""
    return models.Q(**{f"{name}__in": [word.value for word in words]})


def are_words(name: str, words: type[Word]) -> models.Q:
    """Return the condition that an array column holds words of a closed list only."""
    return models.Q(**{f"{name}__contained_by": [word.value for word in words]})
