"""The organization's own trail: every event, as it was recorded, in words."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from portal.audit import log
from portal.audit.models import Event
from portal.audit.verbs import VERBS
from portal.tenancy.roles import Permission
from portal.web.guards import MemberRequest, member_view
from portal.web.names import names_of
from portal.web.paging import page_of
from portal.web.templatetags.countenance import words

# Where a target can be looked at; other targets are shown by their id alone.
_PAGES = {
    "gal": "/galleries/{}/",
    "cre": "/cases/{}/",
    "job": "/jobs/{}/",
    "rul": "/rulings/{}/",
    "brk": "/glass/{}/",
}


@member_view(permission=Permission.VIEW_TRAIL)
def index(request: MemberRequest) -> HttpResponse:
    """List events, the newest first; `verb` shows one kind only."""
    verb = request.GET.get("verb", "")
    rows = Event.objects.all().of_organization(request.organization.pk)
    page = page_of(request, rows.filter(verb=verb) if verb in VERBS else rows)
    actors = names_of({event.actor for event in page.rows}, request.organization)
    places = log.indices(event.pk for event in page.rows)
    context = {
        "page": page,
        "verb": verb,
        "verbs": [(name, known.sentence) for name, known in VERBS.items()],
        "events": [_row(event, actors, places.get(event.pk)) for event in page.rows],
    }
    return render(request, "tenant/trail.html", context)


def place_words(index: int | None) -> str:
    """Return where an event stands in the published log, in words."""
    return (
        "Waits for its place in the published log"
        if index is None
        else f"Entry {index:,} of the published log"
    )


def _row(event: Event, actors: dict[str, str], index: int | None) -> dict[str, Any]:
    known = VERBS.get(event.verb)
    page = _PAGES.get(event.target.partition("_")[0])
    details = "; ".join(f"{words(name)}: {_detail(value)}" for name, value in event.payload.items() if value)
    return {
        "id": str(event.pk),
        "at": event.at,
        "title": known.sentence if known else event.verb,
        "actor": actors[event.actor],
        "text": details,
        "place": place_words(index),
        "url": page.format(event.target) if page else "",
        "link": event.target,
    }


def _detail(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
