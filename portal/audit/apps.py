"""The append-only event store."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Events of every mutation."""

    name = "portal.audit"
    label = "audit"
