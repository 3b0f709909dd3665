"""Onboarding, review, policy and rulings."""

from django.apps import AppConfig


class ComplianceConfig(AppConfig):
    """The office and the law it keeps."""

    name = "compliance"
    label = "compliance"
