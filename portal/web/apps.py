"""Delivery as screens."""

from django.apps import AppConfig

from portal import checks  # noqa: F401 - registers them


class WebConfig(AppConfig):
    """Delivery as screens."""

    name = "portal.web"
    label = "portal_web"
