"""Endpoints of made-up organizations, at receivers on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from standardwebhooks import Webhook

from portal.audit import actions as audit
from portal.audit import sequencer
from portal.audit.models import Event
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.tenancy.scope import tenant_scope
from portal.webhooks import actions, following, lanes
from portal.webhooks.models import Delivery, Endpoint, Turn
from tests.support.world import World, new_world
from tests.webhooks.receiver import Got, Receiver, receiving

BY = Actor.system("test")


@dataclass
class Hook:
    """An endpoint with its secret."""

    endpoint: Endpoint
    secret: str

    @property
    def organization_id(self) -> Any:
        return self.endpoint.organization_id

    def deliveries(self) -> list[Delivery]:
        with tenant_scope(self.organization_id):
            return list(Delivery.objects.of(self.endpoint).order_by("pk"))

    def delivery(self) -> Delivery:
        [only] = self.deliveries()
        return only

    def stored(self) -> Endpoint:
        with tenant_scope(self.organization_id):
            return Endpoint.objects.get(pk=self.endpoint.pk)

    def update(self, **changes: Any) -> None:
        with tenant_scope(self.organization_id):
            Endpoint.objects.filter(pk=self.endpoint.pk).update(**changes)

    def pass_time(self, length: timedelta) -> None:
        """Let so long pass for all that waits here, and for the endpoint's rest."""
        with tenant_scope(self.organization_id):
            moved = {name: F(name) - length for name in ("next_try_at", "queued_at")}
            Delivery.objects.of(self.endpoint).update(**moved)
            Endpoint.objects.filter(pk=self.endpoint.pk).update(failing_since=F("failing_since") - length)
        Turn.objects.filter(pk=self.endpoint.pk).update(due_at=F("due_at") - length)

    def verify(self, got: Got) -> Any:
        """Check a request as its receiver does, with the reference library; return what it says."""
        return Webhook(self.secret).verify(got.body, got.headers)


def happen(
    organization: Organization, verb: str = "job.queued", target: str = "job_1", **payload: Any
) -> Event:
    """Let something happen to an organization, and give it its place in the log."""
    with tenant_scope(organization):
        event = audit.record(verb=verb, actor=BY, target=target, organization=organization.pk, **payload)
    sequencer.run()
    return event


def catch_up() -> None:
    """Read the trail to its end: what other tests left there is nobody's business here."""
    sequencer.run()
    while following.follow():
        pass


def hook(organization: Organization, url: str, **values: Any) -> Hook:
    made = actions.create(organization=organization, url=url, by=BY, **values)
    return Hook(made.endpoint, made.secret)


@pytest.fixture(autouse=True)
def _to_this_machine(settings: Any) -> None:
    settings.WEBHOOKS_TO_LOOPBACK = True


@pytest.fixture
def world(database: None) -> Iterator[World]:
    """Alice, Bob and Charlie; their endpoints are gone afterward, so that no other test sends to them."""
    made = new_world()
    yield made
    for side in (made.alice, made.bob, made.charlie):
        with tenant_scope(side.organization):
            rows = list(Endpoint.objects.all())
        for endpoint in rows:
            actions.delete(endpoint=endpoint, by=BY)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
def alices(world: World, receiver: Receiver) -> Hook:
    catch_up()
    return hook(world.alice.organization, receiver.url)


@pytest.fixture
def work() -> Callable[..., int]:
    """One turn of a worker."""
    return lanes.run
