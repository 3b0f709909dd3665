"""Delivery as REST API."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """Delivery as REST API."""

    name = "portal.api"
    label = "portal_api"
