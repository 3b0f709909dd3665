"""Galleries, jobs, the shard ledger and the engine."""

from django.apps import AppConfig


class RecognitionConfig(AppConfig):
    """Recognition under rulings."""

    name = "recognition"
    label = "recognition"
