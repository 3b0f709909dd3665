"""`webhooks/{id}/deliveries/`: what was sent to a webhook, what came of it, and sending it again."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.documents import PAGING, paged
from portal.api.endpoint import Endpoint, Input
from portal.api.examples import answered, listed, sent
from portal.api.pagination import page
from portal.api.webhook_examples import DELIVERY
from portal.api.webhooks import MANAGE, find
from portal.common.errors import InvalidInput
from portal.tenancy.scope import tenant_scope
from portal.webhooks import replays
from portal.webhooks.models import Delivery, DeliveryStatus

_STATUS = OpenApiParameter("status", str, enum=DeliveryStatus.values, description="Only those.")


class DeliveryOutput(serializers.Serializer[Any]):
    """One event for one webhook."""

    id = serializers.CharField(source="public_id")
    webhook_id = serializers.CharField(source="message_id", help_text="The header of the same name.")
    type = serializers.CharField()
    event = serializers.CharField(source="event_id", help_text="Event in the trail.")
    status = serializers.ChoiceField(DeliveryStatus.choices)
    attempts = serializers.IntegerField(help_text="Since it was put in the queue.")
    reason = serializers.CharField(
        help_text="Why the last attempt does not count: status, redirect, gone, timeout, connection, tls, "
        "bad_answer, target, target_unresolved, target_forbidden, secret_damaged; or disabled, where none "
        "was made."
    )
    answer_status = serializers.IntegerField(allow_null=True)
    occurred_at = serializers.DateTimeField()
    tried_at = serializers.DateTimeField(allow_null=True)
    next_try_at = serializers.SerializerMethodField()
    delivered_at = serializers.DateTimeField(allow_null=True)

    def get_next_try_at(self, delivery: Delivery) -> str | None:
        if delivery.status != DeliveryStatus.WAITING:
            return None
        return str(serializers.DateTimeField().to_representation(delivery.next_try_at))


class ReplayInput(Input):
    """Since when."""

    since = serializers.DateTimeField(help_text="Of the events; failed deliveries are kept for thirty days.")


class ReplayOutput(serializers.Serializer[Any]):
    """How many deliveries were put back."""

    deliveries = serializers.IntegerField()


class Deliveries(Endpoint):
    """The log of a webhook: thirty days of it."""

    needs = {"GET": MANAGE}

    @extend_schema(
        operation_id="webhooks_deliveries",
        tags=["webhooks"],
        parameters=[*PAGING, _STATUS],
        responses=paged(DeliveryOutput),
        examples=[listed("Deliveries", DELIVERY)],
    )
    def get(self, request: Request, webhook: str) -> Response:
        """List deliveries, the newest event first, whenever it was sent."""
        with tenant_scope(self.organization):
            rows = Delivery.objects.of(find(self, webhook))
            if status := request.query_params.get("status"):
                rows = rows.filter(status=_known(status))
            return Response(page(request, rows, DeliveryOutput, newest_first=True, moment="occurred_at"))


class DeliveryReplay(Endpoint):
    """One delivery, once more."""

    needs = {"POST": MANAGE}

    @extend_schema(
        operation_id="webhooks_delivery_replay",
        tags=["webhooks"],
        request=None,
        responses={202: DeliveryOutput},
        examples=[answered("A delivery", DELIVERY)],
    )
    def post(self, request: Request, webhook: str, delivery: str) -> Response:
        """Send a delivery again, whatever came of it. Its `webhook-id` stays the same."""
        with tenant_scope(self.organization):
            found = Delivery.objects.of(find(self, webhook)).with_public_id(delivery)
        return Response(DeliveryOutput(replays.replay(delivery=found, by=self.by)).data, status=202)


class WebhookReplay(Endpoint):
    """All that failed, once more."""

    needs = {"POST": MANAGE}

    @extend_schema(
        operation_id="webhooks_replay",
        tags=["webhooks"],
        request=ReplayInput,
        responses={202: ReplayOutput},
        examples=[
            sent("After an outage", {"since": "2026-03-01T00:00:00Z"}),
            answered("How many", {"deliveries": 17}),
        ],
    )
    def post(self, request: Request, webhook: str) -> Response:
        """Send again all that failed for events since a moment, the oldest first."""
        found = find(self, webhook)
        count = replays.replay_failed(endpoint=found, by=self.by, **self.read(ReplayInput))
        return Response({"deliveries": count}, status=202)


class WebhookTest(Endpoint):
    """A test."""

    needs = {"POST": MANAGE}

    @extend_schema(
        operation_id="webhooks_test",
        tags=["webhooks"],
        request=None,
        responses={202: DeliveryOutput},
        examples=[answered("A delivery", {**DELIVERY, "type": "webhook.test", "attempts": 0})],
    )
    def post(self, request: Request, webhook: str) -> Response:
        """Send a message of type `webhook.test`, whatever types the webhook asks for."""
        made = replays.test(endpoint=find(self, webhook), by=self.by)
        return Response(DeliveryOutput(made).data, status=202)


def _known(status: str) -> str:
    if status not in DeliveryStatus.values:
        raise InvalidInput("bad_status", f"One of {', '.join(DeliveryStatus.values)}.", field="status")
    return status
