"""Delivery as screens."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Delivery as screens."""

    name = "portal.web"
    label = "portal_web"
