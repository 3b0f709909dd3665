"""The trail: every event of the platform, filtered, newest first."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse

from portal.audit import log
from portal.audit.models import Event
from portal.audit.verbs import VERBS
from portal.tenancy.models import Organization
from portal.web.forms.officer import TrailForm
from portal.web.officer import casefile
from portal.web.officer.guards import OfficerRequest, office_page, officer_view
from portal.web.officer.pages import page_of
from portal.web.trail import place_words, told

PER_PAGE = 50


@officer_view()
def listed(request: OfficerRequest) -> HttpResponse:
    """List the events that the filter asks for."""
    form = TrailForm(request.GET)
    chosen = form.cleaned_data if form.is_valid() else {}
    page = page_of(request, _filtered(chosen), size=PER_PAGE)
    context = {"filter": form, "page": page, "rows": _rows(list(page.rows))}
    return office_page(request, "officer/trail.html", context)


def _filtered(chosen: dict[str, Any]) -> Any:
    asked = {name: chosen[name].strip() for name in ("verb", "target", "actor") if chosen.get(name)}
    return Event.objects.filter(**asked).order_by("-id")


def _rows(events: list[Event]) -> list[dict[str, Any]]:
    people = casefile.people({event.actor for event in events})
    names = _organizations({event.organization for event in events if event.organization})
    places = log.indices(event.pk for event in events)
    return [
        {
            "event": event,
            "sentence": VERBS[event.verb].sentence if event.verb in VERBS else event.verb,
            "actor": people.get(event.actor, event.actor),
            "place": place_words(places.get(event.pk)),
            "organization": names.get(event.organization, ""),
            "payload": _payload(event.payload),
        }
        for event in events
    ]


def _payload(payload: dict[str, Any]) -> list[dict[str, str]]:
    """Return what an event carries as words; what is empty is left out."""
    values = {name: told(value) for name, value in sorted(payload.items())}
    return [{"key": name, "value": value} for name, value in values.items() if value]


def _organizations(keys: set[str]) -> dict[str, str]:
    found = Organization.objects.filter(pk__in=[UUID(key) for key in keys])
    return {str(one.pk): one.name for one in found}
