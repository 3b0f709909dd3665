"""Endpoints of organizations, their secrets, what is sent to them, and whose turn it is.

What a tenant set up stands behind its wall. Workers look for work in `Turn`, which holds ids and moments
only, and enter an organization's scope for the rest.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import urlsplit
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from portal.common.ids import public_id
from portal.common.states import Transitions
from portal.tenancy.kinds import Kind, ScopedQuerySet, TenantModel, tenant_objects

LATE = timedelta(minutes=5)  # nobody is served so late where a worker runs


class EndpointStatus(models.TextChoices):
    """Whether events are sent."""

    ACTIVE = "active", "Active"
    DISABLED = "disabled", "Switched off"


class DisabledReason(models.TextChoices):
    """Why none are."""

    BY_HAND = "by_hand", "Switched off by the organization"
    GONE = "gone", "The receiver answered 410: it wants no more"
    FAILING = "failing", "Nothing reached it for days"


class DeliveryStatus(models.TextChoices):
    """Life of a delivery."""

    WAITING = "waiting", "Waiting"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Failed"


ENDPOINT_TRANSITIONS = Transitions(
    {
        EndpointStatus.ACTIVE: {EndpointStatus.DISABLED},
        EndpointStatus.DISABLED: {EndpointStatus.ACTIVE},
    }
)
# A delivery is sent again only when somebody asks for it: waiting anew.
DELIVERY_TRANSITIONS = Transitions(
    {
        DeliveryStatus.WAITING: {DeliveryStatus.DELIVERED, DeliveryStatus.FAILED},
        DeliveryStatus.DELIVERED: {DeliveryStatus.WAITING},
        DeliveryStatus.FAILED: {DeliveryStatus.WAITING},
    }
)


def _of_endpoint() -> Any:
    """Reference an endpoint; the migration adds the composite key that guards it."""
    return models.ForeignKey(
        "webhooks.Endpoint", on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )


class Endpoint(TenantModel):
    """Where an organization wants to be told what happens to it."""

    PREFIX = "whk"

    url = models.CharField(max_length=500)
    description = models.CharField(max_length=200, blank=True)
    types = ArrayField(
        models.CharField(max_length=40), default=list, help_text="Types that are sent; none: all."
    )
    status = models.CharField(max_length=10, choices=EndpointStatus.choices, default=EndpointStatus.ACTIVE)
    disabled_reason = models.CharField(max_length=10, choices=DisabledReason.choices, blank=True)
    failures = models.PositiveIntegerField(
        default=0, help_text="Attempts that failed since the last success."
    )
    failing_since = models.DateTimeField(null=True, blank=True)
    last_delivered_at = models.DateTimeField(null=True, blank=True)
    created_by = models.CharField(max_length=96)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        """Words are known; whoever is switched off says why."""

        constraints = (
            models.CheckConstraint(
                condition=Q(status=EndpointStatus.ACTIVE, disabled_reason="")
                | Q(status=EndpointStatus.DISABLED, disabled_reason__in=DisabledReason.values),
                name="endpoint_disabled_for_a_reason",
            ),
        )

    def __str__(self) -> str:
        return self.description or urlsplit(self.url).netloc

    @property
    def is_active(self) -> bool:
        """Whether events are sent to it."""
        return self.status == EndpointStatus.ACTIVE

    def wants(self, kind: str) -> bool:
        """Whether it asked for a type."""
        return not self.types or kind in self.types


class SecretQuerySet(ScopedQuerySet["Secret"]):
    """Reads of secrets."""

    def in_force(self) -> SecretQuerySet:
        """Return those that sign, by the database's clock, the newest first."""
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=Now())).order_by("-pk")


class Secret(TenantModel):
    """What deliveries to an endpoint are signed with; sealed under the organization's data key."""

    PREFIX = "whs"

    endpoint = _of_endpoint()
    sealed = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    ends_at = models.DateTimeField(
        null=True, blank=True, help_text="Replaced by another; both sign until then."
    )

    objects: ClassVar = tenant_objects(SecretQuerySet)

    class Meta:
        """One secret without an end an endpoint."""

        constraints = (
            models.UniqueConstraint(
                fields=("organization", "endpoint"),
                condition=Q(ends_at__isnull=True),
                name="secret_newest_once",
            ),
        )

    def __str__(self) -> str:
        return self.public_id


class DeliveryQuerySet(ScopedQuerySet["Delivery"]):
    """Reads of deliveries."""

    def of(self, endpoint: Endpoint) -> DeliveryQuerySet:
        """Return those to one endpoint."""
        return self.filter(endpoint=endpoint)

    def newest_first(self) -> DeliveryQuerySet:
        """Order them by when it happened, as lists show it; of one moment, by their ids."""
        return self.order_by("-occurred_at", "-pk")

    def waiting(self) -> DeliveryQuerySet:
        """Return those that are still to be sent."""
        return self.filter(status=DeliveryStatus.WAITING)

    def due(self) -> DeliveryQuerySet:
        """Return those whose moment has come, the oldest first."""
        return self.waiting().filter(next_try_at__lte=Now()).order_by("next_try_at", "pk")


class Delivery(TenantModel):
    """One event for one endpoint: the row is what is sent, and the log of what came of it."""

    PREFIX = "dlv"

    endpoint = _of_endpoint()
    event_id = models.UUIDField(help_text="Of the event in the trail.")
    type = models.CharField(max_length=40)
    occurred_at = models.DateTimeField()
    data = models.JSONField(help_text="Ids and codes alone.")
    status = models.CharField(max_length=10, choices=DeliveryStatus.choices, default=DeliveryStatus.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="Since it was put in the queue.")
    queued_at = models.DateTimeField(help_text="When it was put there, for the first time or again.")
    next_try_at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=24, blank=True, help_text="Why the last attempt does not count.")
    answer_status = models.PositiveSmallIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects: ClassVar = tenant_objects(DeliveryQuerySet)

    class Meta:
        """An event is put in the queue of an endpoint once; what is due, and a list, is found by an index."""

        constraints = (
            models.UniqueConstraint(fields=("organization", "endpoint", "event_id"), name="delivery_once"),
            models.CheckConstraint(
                condition=Q(status__in=DeliveryStatus.values), name="delivery_status_known"
            ),
            models.CheckConstraint(
                condition=Q(status=DeliveryStatus.DELIVERED, delivered_at__isnull=False)
                | ~Q(status=DeliveryStatus.DELIVERED),
                name="delivery_delivered_when",
            ),
        )
        indexes = (
            models.Index(
                fields=("organization", "endpoint", "next_try_at"),
                condition=Q(status="waiting"),
                name="delivery_waiting",
            ),
            models.Index(fields=("organization", "created_at"), name="delivery_by_age"),
            models.Index(fields=("organization", "endpoint", "-occurred_at", "-id"), name="delivery_latest"),
        )

    def __str__(self) -> str:
        return f"{self.type} {self.message_id}"

    @property
    def message_id(self) -> str:
        """Value of `webhook-id`: that of the event, so the same for every attempt and every endpoint."""
        return message_id(self.event_id)


class TurnQuerySet(models.QuerySet["Turn"]):
    """Reads of turns."""

    def overdue(self) -> TurnQuerySet:
        """Return those whom nobody has served for minutes, although something is due."""
        late = Now() - LATE
        return self.filter(due_at__lt=late).filter(Q(lease_until=None) | Q(lease_until__lt=late))


class Turn(models.Model):
    """Whose turn it is: one row an endpoint, so that no two requests go to one endpoint at a time.

    Ids and moments only, so that a worker finds work without entering any organization's scope.
    """

    model_kind = Kind.PLATFORM

    endpoint_id = models.UUIDField(primary_key=True)
    organization = models.ForeignKey("tenancy.Organization", on_delete=models.PROTECT, related_name="+")
    due_at = models.DateTimeField(null=True, help_text="Nothing waits where it is empty.")
    failing = models.BooleanField(default=False, help_text="Its last attempt failed.")
    served_at = models.DateTimeField(null=True, help_text="Whoever was served longest ago comes first.")
    lease = models.UUIDField(null=True, help_text="Fences off whoever held it before.")
    lease_until = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[Turn]] = TurnQuerySet.as_manager()

    class Meta:
        """Whoever has something due is found by an index."""

        indexes = (
            models.Index(fields=("due_at",), condition=Q(due_at__isnull=False), name="turn_due"),
            models.Index(fields=("organization",), name="turn_by_organization"),
        )

    def __str__(self) -> str:
        return str(self.endpoint_id)


class Follower(models.Model):
    """How far the trail was read: one row."""

    model_kind = Kind.PLATFORM

    name = models.CharField(max_length=20, primary_key=True)
    next_index = models.BigIntegerField(default=0, help_text="Of the leaf that is read next.")

    def __str__(self) -> str:
        return f"{self.name} at {self.next_index}"


class Straggler(models.Model):
    """An organization whose rows could not be written: how far the trail was read for it."""

    model_kind = Kind.PLATFORM

    organization = models.OneToOneField(
        "tenancy.Organization", on_delete=models.PROTECT, primary_key=True, related_name="+"
    )
    next_index = models.BigIntegerField(help_text="Of the leaf that is read next for it.")
    failures = models.PositiveIntegerField(default=0, help_text="Since rows could be written last.")
    retry_at = models.DateTimeField(db_default=Now())
    since = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.organization_id} at {self.next_index}"


def message_id(event_id: UUID) -> str:
    """Return the `webhook-id` of an event."""
    return public_id("msg", event_id)
