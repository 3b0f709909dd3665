"""Webhooks: where the organization's programs are told what happens, and what came of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from portal.common.clock import database_now
from portal.common.errors import Conflict
from portal.tenancy.access import get_or_404
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from portal.web.forms.errors import shown_on
from portal.web.forms.webhooks import ReplayForm, SecretForm, WebhookForm, initial_of
from portal.web.guards import MemberRequest, member_view, private
from portal.web.paging import page_of
from portal.webhooks import actions, replays
from portal.webhooks.actions import MOST_ENDPOINTS, WithSecret
from portal.webhooks.models import Delivery, DeliveryStatus, Endpoint

MANAGE = Permission.MANAGE_WEBHOOKS
_SHOWN = (("", "All"), *DeliveryStatus.choices)
_REASONS = {
    "timeout": "No answer in time",
    "connection": "No connection",
    "tls": "Its certificate is not for this name, or of no known authority",
    "bad_answer": "It does not speak HTTP",
    "target": "The address is not allowed any more",
    "target_unresolved": "Its name has no address",
    "target_forbidden": "Its name leads to an address that is not public",
    "secret_damaged": "The secret does not open: make a new one",
    "disabled": "The webhook was switched off",
}


@member_view(permission=MANAGE)
def index(request: MemberRequest) -> HttpResponse:
    """List webhooks, the oldest first: there are few."""
    rows = [{"endpoint": endpoint, "state": _state(endpoint)} for endpoint in Endpoint.objects.order_by("pk")]
    context = {"rows": rows, "most": MOST_ENDPOINTS, "is_full": len(rows) >= MOST_ENDPOINTS}
    return render(request, "tenant/webhooks/index.html", context)


@member_view(methods=("GET", "POST"), permission=MANAGE)
def create(request: MemberRequest) -> HttpResponse:
    """Set a webhook up and show its secret on the answer to this very request, and never again."""
    form = WebhookForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        with shown_on(form, field="url"):
            made = actions.create(organization=request.organization, by=request.actor, **form.cleaned_data)
            return _secret(request, made)
    status = 422 if form.errors else 200
    return render(request, "tenant/webhooks/create.html", {"form": form}, status=status)


@member_view(permission=MANAGE)
def detail(request: MemberRequest, webhook_id: str) -> HttpResponse:
    """Show a webhook with its log, the newest first; `show` narrows it to one status."""
    return _shown(request, get_or_404(Endpoint, request.actor, webhook_id))


@member_view(methods=("GET", "POST"), permission=MANAGE)
def change(request: MemberRequest, webhook_id: str) -> HttpResponse:
    """Change where events go, or which."""
    endpoint = get_or_404(Endpoint, request.actor, webhook_id)
    if request.method != "POST":
        return _changed(request, endpoint, WebhookForm(initial=initial_of(endpoint)))
    form = WebhookForm(request.POST)
    if form.is_valid():
        with shown_on(form, field="url"):
            actions.change(endpoint=endpoint, by=request.actor, **form.cleaned_data)
            messages.success(request, "The webhook was changed.")
            return redirect("webhook", endpoint.public_id)
    return _changed(request, endpoint, form)


@member_view(methods=("POST",), permission=MANAGE)
def switch(request: MemberRequest, webhook_id: str) -> HttpResponse:
    """Switch a webhook off or on."""
    endpoint = get_or_404(Endpoint, request.actor, webhook_id)
    enabled = request.POST.get("enabled") == "yes"
    actions.change(endpoint=endpoint, by=request.actor, enabled=enabled)
    off = "It is off. What happens meanwhile is kept for thirty days, and can be sent when it is on again."
    messages.success(request, "It is on. What happens from now on is sent." if enabled else off)
    return redirect("webhook", endpoint.public_id)


@member_view(methods=("POST",), permission=MANAGE)
def delete(request: MemberRequest, webhook_id: str) -> HttpResponse:
    """Delete a webhook with its log."""
    endpoint = get_or_404(Endpoint, request.actor, webhook_id)
    actions.delete(endpoint=endpoint, by=request.actor)
    messages.success(request, f"The webhook {endpoint} was deleted.")
    return redirect("webhooks")


@member_view(methods=("POST",), permission=MANAGE)
def renew_secret(request: MemberRequest, webhook_id: str) -> HttpResponse:
    """Make a new secret and show it on the answer to this very request, and never again."""
    endpoint = get_or_404(Endpoint, request.actor, webhook_id)
    form = SecretForm(request.POST)
    if form.is_valid():
        made = actions.renew_secret(endpoint=endpoint, by=request.actor, **form.cleaned_data)
        return _secret(request, made)
    with tenant_scope(request.organization):
        return _shown(request, endpoint, secret_form=form)


@member_view(methods=("POST",), permission=MANAGE)
def test(request: MemberRequest, webhook_id: str) -> HttpResponse:
    """Send a test."""
    endpoint = get_or_404(Endpoint, request.actor, webhook_id)
    try:
        replays.test(endpoint=endpoint, by=request.actor)
        messages.success(request, "A test is on its way. Load this page again to see what came of it.")
    except Conflict as error:
        messages.error(request, error.sentence)
    return redirect("webhook", endpoint.public_id)


@member_view(methods=("POST",), permission=MANAGE)
def replay(request: MemberRequest, webhook_id: str) -> HttpResponse:
    """Send again what failed in the last days."""
    endpoint = get_or_404(Endpoint, request.actor, webhook_id)
    form = ReplayForm(request.POST)
    if form.is_valid():
        since = database_now() - timedelta(days=form.cleaned_data["days"])
        with shown_on(form, field="days"):
            count = replays.replay_failed(endpoint=endpoint, since=since, by=request.actor)
            messages.success(request, f"Deliveries that are sent again: {count:,}.")
            return redirect("webhook", endpoint.public_id)
    with tenant_scope(request.organization):
        return _shown(request, endpoint, replay_form=form)


@member_view(methods=("POST",), permission=MANAGE)
def replay_one(request: MemberRequest, webhook_id: str, delivery_id: str) -> HttpResponse:
    """Send one delivery again."""
    with tenant_scope(request.organization):
        endpoint = get_or_404(Endpoint, request.actor, webhook_id)
        delivery = Delivery.objects.of(endpoint).with_public_id(delivery_id)
    try:
        replays.replay(delivery=delivery, by=request.actor)
        messages.success(request, f"{delivery.type} is sent again, under the same id.")
    except Conflict as error:
        messages.error(request, error.sentence)
    return redirect("webhook", endpoint.public_id)


def _shown(
    request: MemberRequest,
    endpoint: Endpoint,
    secret_form: SecretForm | None = None,
    replay_form: ReplayForm | None = None,
) -> HttpResponse:
    wanted = request.GET.get("show", "")
    rows = Delivery.objects.of(endpoint).newest_first()
    page = page_of(request, rows.filter(status=wanted) if wanted in DeliveryStatus.values else rows)
    wrong = secret_form or replay_form
    context: dict[str, Any] = {
        "endpoint": endpoint,
        "state": _state(endpoint),
        "page": page,
        "deliveries": [{"delivery": row, "said": _said(row)} for row in page.rows],
        "filters": [{"name": name, "label": label, "is_on": name == wanted} for name, label in _SHOWN],
        "secret_form": secret_form or SecretForm(),
        "replay_form": replay_form or ReplayForm(),
        "form": wrong,
    }
    return render(request, "tenant/webhooks/detail.html", context, status=422 if wrong else 200)


def _state(endpoint: Endpoint) -> str:
    if not endpoint.is_active:
        return "switched_off"
    return "failing" if endpoint.failing_since else "active"


def _said(delivery: Delivery) -> str:
    """Return in words why the last attempt does not count."""
    if delivery.reason in {"status", "redirect", "gone"}:
        return f"The receiver answered {delivery.answer_status}"
    return _REASONS.get(delivery.reason, "")


def _changed(request: MemberRequest, endpoint: Endpoint, form: WebhookForm) -> HttpResponse:
    context = {"endpoint": endpoint, "form": form}
    return render(request, "tenant/webhooks/change.html", context, status=422 if form.errors else 200)


def _secret(request: MemberRequest, made: WithSecret) -> HttpResponse:
    return private(render(request, "tenant/webhooks/secret.html", {"made": made}))
