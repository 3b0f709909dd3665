"""Addresses for everybody."""

from django.urls import path

from portal.web.public import evidence, transparency

urlpatterns = [
    path("", transparency.page, name="transparency"),
    path("checkpoint", evidence.checkpoint, name="log_checkpoint"),
    path("key", evidence.key, name="log_key"),
    path("entries", evidence.entries, name="log_entries"),
    path("proof/inclusion", evidence.inclusion, name="log_inclusion"),
    path("proof/consistency", evidence.consistency, name="log_consistency"),
    path("verifier.py", evidence.verifier, name="log_verifier"),
]
