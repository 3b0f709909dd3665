"""`trail/`: one's own events, each with its place in the published log, the proof of it and what opens it."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.fields import DateTimeField
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.documents import PAGING, paged
from portal.api.endpoint import Endpoint
from portal.api.examples import answered, listed
from portal.api.pagination import page
from portal.api.trail_examples import EVENT, WAITING
from portal.audit import leaves, log
from portal.audit.log import Place
from portal.audit.models import Event
from portal.audit.verbs import VERBS
from portal.common.errors import InvalidInput, NotFound
from portal.common.ids import parse_public_id, public_id
from portal.tenancy.models import Membership, User
from portal.tenancy.roles import Permission

OFFICE = "office"  # an officer is the compliance office to a tenant, not a person
_UUID = "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$"
_MOMENT = {"type": "string", "format": "date-time"}
FILTERS = [
    OpenApiParameter("verb", {"type": "string", "enum": sorted(VERBS)}, description="What happened."),
    OpenApiParameter("target", str, description="Id of what it happened to, such as `job_…`."),
    OpenApiParameter("since", _MOMENT, description="From this moment on."),
    OpenApiParameter("until", _MOMENT, description="Before this moment."),
]


class OpeningOutput(serializers.Serializer[Any]):
    """What opens one commitment: SHA-256(key || value) is what stands in the leaf."""

    key = serializers.CharField(help_text="32 bytes in hexadecimal.")
    value = serializers.CharField(help_text="UTF-8; of `payload` canonical JSON (RFC 8785).")


class PlaceOutput(serializers.Serializer[Any]):
    """Where an event stands in the published log."""

    index = serializers.IntegerField(help_text="Place, from 0 on.")
    leaf = serializers.CharField(help_text="What is published: canonical JSON, base64.")
    size = serializers.IntegerField(help_text="Entries that the checkpoint counts.")
    checkpoint = serializers.CharField(help_text="C2SP signed note.")
    hashes = serializers.ListField(
        child=serializers.CharField(), help_text="Inclusion proof (RFC 6962) in the tree of the checkpoint."
    )
    opening = serializers.DictField(
        child=OpeningOutput(),
        help_text="By field: `organization`, `target`, `payload`, and `actor` where it is not an officer.",
    )


class Placed(serializers.ListSerializer[Any]):
    """Looks all places up together."""

    def to_representation(self, data: Any) -> list[Any]:
        """Return the events of a page."""
        return [EventOutput(one).data for one in _told(list(data))]


class EventOutput(serializers.Serializer[Any]):
    """One event."""

    id = serializers.CharField(help_text="As receipts name it.")
    at = serializers.DateTimeField(help_text="When, to the microsecond.")
    verb = serializers.CharField(help_text="What happened.")
    sentence = serializers.CharField(help_text="The same for people.")
    actor = serializers.CharField(help_text="Who did it: usr_…, key_…, system:…, or `office`.")
    target = serializers.CharField(help_text="What it was done to.", allow_blank=True)
    payload = serializers.JSONField()
    log = PlaceOutput(allow_null=True, help_text="Null for the seconds until the event has its place.")

    class Meta:
        """Pages."""

        list_serializer_class = Placed


class Trail(Endpoint):
    """The events that a key may read."""

    @extend_schema(
        operation_id="trail_list",
        tags=["trail"],
        parameters=[*FILTERS, *PAGING],
        responses=paged(EventOutput),
        examples=[listed("Events", EVENT)],
    )
    def get(self, request: Request) -> Response:
        """List events, the newest first.

        They are those that this key caused; with the scope `view_trail`, all of its organization. Each can be
        verified without us: save it, and run `verifier.py event` on it (`/transparency/verifier.py`).
        """
        rows = _reached(self).narrowed(**_asked(request.query_params))
        return Response(page(request, rows, EventOutput, newest_first=True))


class TrailEvent(Endpoint):
    """One event."""

    @extend_schema(
        operation_id="trail_read",
        tags=["trail"],
        parameters=[
            OpenApiParameter("event", {"type": "string", "pattern": _UUID}, OpenApiParameter.PATH),
        ],
        responses=EventOutput,
        examples=[answered("An event in the log", EVENT), answered("An event that waits", WAITING)],
    )
    def get(self, request: Request, event: str) -> Response:
        """Return one event, with the proof of its place in the newest checkpoint."""
        found = _reached(self).filter(pk=_uuid(event)).first()
        if found is None:
            raise NotFound()
        return Response(EventOutput(_told([found])[0]).data)


def _reached(view: Endpoint) -> Any:
    """Return the events that a key may read."""
    rows = Event.objects.all().of_organization(view.organization.pk)
    return rows if view.caller.may(Permission.VIEW_TRAIL) else rows.filter(actor=view.by.id)


def _told(events: list[Event]) -> list[dict[str, Any]]:
    places, officers = log.places(event.pk for event in events), _officers(events)
    return [_row(event, places.get(event.pk), is_shown=event.actor not in officers) for event in events]


def _officers(events: list[Event]) -> set[str]:
    """Return the people among the actors who are, or were, no members of the organization they acted on."""
    people = {event.actor for event in events if event.actor.startswith(f"{User.PREFIX}_")}
    own = Membership.objects.filter(
        organization__in={event.organization for event in events},
        user__in=[parse_public_id(User.PREFIX, one) for one in people],
    )
    return people - {public_id(User.PREFIX, pk) for pk in own.values_list("user_id", flat=True)}


def _row(event: Event, place: Place | None, *, is_shown: bool) -> dict[str, Any]:
    known = VERBS.get(event.verb)
    return {
        "id": str(event.pk),
        "at": leaves.moment(event.at),
        "verb": event.verb,
        "sentence": known.sentence if known else event.verb,
        "actor": event.actor if is_shown else OFFICE,
        "target": event.target,
        "payload": event.payload,
        "log": _place(event, place, is_shown=is_shown) if place else None,
    }


def _place(event: Event, place: Place, *, is_shown: bool) -> dict[str, Any]:
    names: Iterable[str] = leaves.committed(place.leaf)
    return {
        "index": place.leaf.index,
        "leaf": base64.b64encode(bytes(place.leaf.body)).decode(),
        "size": place.checkpoint.size,
        "checkpoint": place.checkpoint.note,
        "hashes": [one.hex() for one in place.hashes],
        "opening": {name: _opening(event, name, place) for name in names if is_shown or name != "actor"},
    }


def _opening(event: Event, name: str, place: Place) -> dict[str, str]:
    key = leaves.key_of(name, bytes(place.leaf.salt))
    return {"key": key.hex(), "value": leaves.value_of(event, name).decode()}


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound() from None


def _asked(given: Mapping[str, str]) -> dict[str, Any]:
    verb = given.get("verb", "")
    if verb and verb not in VERBS:
        raise InvalidInput("verb_unknown", f"Nothing is called {verb[:64]} here.", field="verb")
    moments = {name: _moment(name, given[name]) for name in ("since", "until") if name in given}
    return {"verb": verb, "target": given.get("target", ""), **moments}


def _moment(name: str, text: str) -> datetime:
    try:
        found: datetime = DateTimeField().to_internal_value(text)
    except serializers.ValidationError:
        sentence = f"Give {name} as a moment with its zone, such as 2026-03-01T09:00:00Z."
        raise InvalidInput("bad_moment", sentence, field=name) from None
    return found
