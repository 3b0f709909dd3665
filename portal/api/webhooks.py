"""`webhooks/`: where an organization's programs are told what happens to it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.documents import PAGING, paged
from portal.api.endpoint import Endpoint, Input
from portal.api.examples import answered, listed, sent
from portal.api.pagination import page
from portal.api.webhook_examples import MADE_WEBHOOK, NEW_SECRET, NEW_WEBHOOK, WEBHOOK
from portal.tenancy.access import get_or_404
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from portal.webhooks import actions, models
from portal.webhooks.actions import LONGEST_DESCRIPTION, MOST_OVERLAP_HOURS, OVERLAP_HOURS, WithSecret
from portal.webhooks.kinds import CHOOSABLE, KINDS
from portal.webhooks.targets import LONGEST

MANAGE = (Permission.MANAGE_WEBHOOKS,)
_TYPES = [(name, KINDS[name].sentence) for name in CHOOSABLE]


_URL = "https, to a host on the public internet; port 443 or one from 1024 on."


class _Wanted(Input):
    """What is sent, and what it is called."""

    description = serializers.CharField(max_length=LONGEST_DESCRIPTION, required=False, allow_blank=True)
    types = serializers.ListField(
        child=serializers.ChoiceField(_TYPES),
        required=False,
        max_length=len(_TYPES),
        help_text="What is sent; empty: all types.",
    )


class WebhookInput(_Wanted):
    """A new webhook."""

    url = serializers.CharField(max_length=LONGEST, help_text=_URL)


class WebhookChange(_Wanted):
    """What of a webhook can change."""

    url = serializers.CharField(max_length=LONGEST, required=False, help_text=_URL)
    enabled = serializers.BooleanField(
        required=False, help_text="Switched off, events are kept as failed and can be replayed."
    )


class WebhookOutput(serializers.Serializer[Any]):
    """A webhook."""

    id = serializers.CharField(source="public_id")
    url = serializers.CharField()
    description = serializers.CharField()
    types = serializers.ListField(child=serializers.CharField(), help_text="Empty: all types.")
    enabled = serializers.BooleanField(source="is_active")
    disabled_reason = serializers.CharField(help_text="by_hand, gone or failing; empty while enabled.")
    failing_since = serializers.DateTimeField(allow_null=True)
    last_delivered_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class NewWebhookOutput(WebhookOutput):
    """A new webhook with its secret, which is shown this once."""

    secret = serializers.CharField(help_text="whsec_…, for the libraries of Standard Webhooks.")


class SecretInput(Input):
    """How long the old secret signs too."""

    overlap_hours = serializers.IntegerField(
        min_value=0,
        max_value=MOST_OVERLAP_HOURS,
        default=OVERLAP_HOURS,
        help_text="0 where the old secret is in other hands.",
    )


class SecretOutput(serializers.Serializer[Any]):
    """A new secret, which is shown this once."""

    secret = serializers.CharField(help_text="whsec_…, for the libraries of Standard Webhooks.")
    old_until = serializers.DateTimeField(
        allow_null=True, help_text="Both secrets sign until then; null where the old one signs no more."
    )


class Webhooks(Endpoint):
    """All webhooks of the organization. A key needs the scope `manage_webhooks` by name."""

    needs = {"GET": MANAGE, "POST": MANAGE}
    secrets = frozenset({"secret"})

    @extend_schema(
        operation_id="webhooks_list",
        tags=["webhooks"],
        parameters=PAGING,
        responses=paged(WebhookOutput),
        examples=[listed("Webhooks", WEBHOOK)],
    )
    def get(self, request: Request) -> Response:
        """List webhooks."""
        with tenant_scope(self.organization):
            return Response(page(request, models.Endpoint.objects.all(), WebhookOutput))

    @extend_schema(
        operation_id="webhooks_create",
        tags=["webhooks"],
        request=WebhookInput,
        responses={201: NewWebhookOutput},
        examples=[sent("A webhook", NEW_WEBHOOK), answered("A webhook with its secret", MADE_WEBHOOK)],
    )
    def post(self, request: Request) -> Response:
        """Set up a webhook, which is told what happens from now on.

        Messages follow the Standard Webhooks specification: signed, retried for three days, sent at least
        once under an id that stays the same.
        """
        values = self.read(WebhookInput)
        made = actions.create(organization=self.organization, by=self.by, **values)
        return Response({**described(self, made.endpoint.public_id), "secret": made.secret}, status=201)


class WebhookDetail(Endpoint):
    """One webhook."""

    needs = {"GET": MANAGE, "PATCH": MANAGE, "DELETE": MANAGE}

    @extend_schema(
        operation_id="webhooks_read",
        tags=["webhooks"],
        responses=WebhookOutput,
        examples=[answered("A webhook", WEBHOOK)],
    )
    def get(self, request: Request, webhook: str) -> Response:
        """Return a webhook."""
        return Response(described(self, webhook))

    @extend_schema(
        operation_id="webhooks_change",
        tags=["webhooks"],
        request=WebhookChange,
        responses=WebhookOutput,
        examples=[sent("Switch it on", {"enabled": True}), answered("A webhook", WEBHOOK)],
    )
    def patch(self, request: Request, webhook: str) -> Response:
        """Change address, description or types, or switch a webhook off or on."""
        actions.change(endpoint=find(self, webhook), by=self.by, **self.read(WebhookChange))
        return Response(described(self, webhook))

    @extend_schema(operation_id="webhooks_delete", tags=["webhooks"], responses={204: None})
    def delete(self, request: Request, webhook: str) -> Response:
        """Delete a webhook with its secrets and its log; what waits is not sent."""
        actions.delete(endpoint=find(self, webhook), by=self.by)
        return Response(status=204)


class WebhookSecret(Endpoint):
    """The secret of a webhook."""

    needs = {"POST": MANAGE}
    secrets = frozenset({"secret"})

    @extend_schema(
        operation_id="webhooks_secret_renew",
        tags=["webhooks"],
        request=SecretInput,
        responses=SecretOutput,
        examples=[sent("A day to change it over", {"overlap_hours": 24}), answered("A secret", NEW_SECRET)],
    )
    def post(self, request: Request, webhook: str) -> Response:
        """Give a webhook a new secret. The one before signs too for a while, beside the new one."""
        made: WithSecret = actions.renew_secret(
            endpoint=find(self, webhook), by=self.by, **self.read(SecretInput)
        )
        return Response(SecretOutput(made).data)


def find(view: Endpoint, webhook: str) -> models.Endpoint:
    """Return a webhook of the caller's organization.

    Raises:
        NotFound: There is none of this id.
    """
    return get_or_404(models.Endpoint, view.by, webhook)


def described(view: Endpoint, webhook: str) -> dict[str, Any]:
    """Return a webhook as it is answered with."""
    return dict(WebhookOutput(find(view, webhook)).data)
