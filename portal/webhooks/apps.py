"""Endpoints of organizations and what is sent to them."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    """Events that leave the house."""

    name = "portal.webhooks"
    label = "webhooks"
