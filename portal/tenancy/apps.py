"""People, organizations, roles, keys, scopes and access."""

from django.apps import AppConfig


class TenancyConfig(AppConfig):
    """Tenants and who may do what in them."""

    name = "portal.tenancy"
    label = "tenancy"
