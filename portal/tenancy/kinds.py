"""The three kinds of model, and the managers that keep their rows behind a scope."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar, TypeVar

from django.db import models

from portal.common.errors import NotFound
from portal.common.ids import parse_public_id, public_id, uuid7
from portal.tenancy.scope import ScopeRequired, current

M = TypeVar("M", bound=models.Model)


class Kind(StrEnum):
    """Who reaches the rows of a table."""

    PLATFORM = "platform"  # directory, keys, policy, shard ledger, events: no row-level security
    OFFICE = "office"  # applications, cases, determinations, rulings: the tenant's own, and the office
    TENANT = "tenant"  # everything biometric and everything a tenant made: the tenant alone


class ScopedQuerySet(models.QuerySet[M]):
    """Rows of the scope in force."""

    def with_public_id(self, text: str) -> M:
        """Return the row with this public id.

        Raises:
            NotFound: No such row in this scope, whether it is somebody else's or never was.
        """
        prefix = self.model.PREFIX  # type: ignore[attr-defined]  # every scoped model has one
        try:
            return self.get(pk=parse_public_id(prefix, text))
        except self.model.DoesNotExist:  # type: ignore[attr-defined]  # Django adds it to each model
            raise NotFound() from None


class OfficeManager(models.Manager[M]):
    """Raises outside a scope; inside, row-level security decides."""

    def get_queryset(self) -> models.QuerySet[M]:
        """Return the rows of the scope in force."""
        scope = current()
        if scope is None:
            raise ScopeRequired(f"{self.model.__name__} is reached inside a scope only.")
        rows = super().get_queryset()
        return rows if scope.organization_id is None else rows.filter(organization_id=scope.organization_id)


class TenantManager(models.Manager[M]):
    """Raises outside a tenant scope; inside, returns that organization's rows only."""

    def get_queryset(self) -> models.QuerySet[M]:
        """Return the rows of the organization in scope."""
        scope = current()
        if scope is None or scope.organization_id is None:
            raise ScopeRequired(f"{self.model.__name__} is reached inside a tenant scope only.")
        return super().get_queryset().filter(organization_id=scope.organization_id)


class Identified(models.Model):
    """A time-ordered UUID inside, a prefixed id outside."""

    PREFIX: ClassVar[str]

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)

    class Meta:
        """Abstract."""

        abstract = True

    @property
    def public_id(self) -> str:
        """The id that people and programs see."""
        return public_id(self.PREFIX, self.pk)


class PlatformModel(Identified):
    """Rows of the platform itself."""

    model_kind: ClassVar[Kind] = Kind.PLATFORM

    class Meta:
        """Abstract."""

        abstract = True


class _OwnedModel(Identified):
    organization = models.ForeignKey("tenancy.Organization", on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True


class OfficeModel(_OwnedModel):
    """Rows between one organization and the compliance office."""

    model_kind: ClassVar[Kind] = Kind.OFFICE

    objects: ClassVar[Any] = OfficeManager.from_queryset(ScopedQuerySet)()

    class Meta(_OwnedModel.Meta):
        """Abstract."""

        abstract = True


class TenantModel(_OwnedModel):
    """Rows of one organization alone."""

    model_kind: ClassVar[Kind] = Kind.TENANT

    objects: ClassVar[Any] = TenantManager.from_queryset(ScopedQuerySet)()

    class Meta(_OwnedModel.Meta):
        """Abstract."""

        abstract = True


def tenant_objects(queryset: type[ScopedQuerySet[M]]) -> Any:
    """Return the manager of a tenant model that has reads of its own."""
    return TenantManager.from_queryset(queryset)()


def office_objects(queryset: type[ScopedQuerySet[M]]) -> Any:
    """Return the manager of an office model that has reads of its own."""
    return OfficeManager.from_queryset(queryset)()
