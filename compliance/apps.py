"""Onboarding, review, policy, rulings."""

from django.apps import AppConfig


class ComplianceConfig(AppConfig):
    """Who may do what, decided by people and kept by rules."""

    name = "compliance"
    label = "compliance"
