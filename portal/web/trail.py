"""The organization's own trail: every event, as it was recorded, in words."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from portal.audit import log
from portal.audit.models import Event
from portal.audit.verbs import VERBS
from portal.common.moments import day_in_words, moment_in_words
from portal.tenancy.roles import Permission
from portal.web.guards import MemberRequest, member_view
from portal.web.names import names_of
from portal.web.paging import page_of
from portal.web.templatetags.countenance import LABELS, words

# Where a target can be looked at, and what that takes; other targets are shown by their id alone.
_PAGES = {
    "gal": ("/galleries/{}/", None),
    "cre": ("/cases/{}/", Permission.VIEW_RESULTS),
    "job": ("/jobs/{}/", None),
    "rul": ("/rulings/{}/", None),
    "brk": ("/glass/{}/", None),
}
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


@member_view(permission=Permission.VIEW_TRAIL)
def index(request: MemberRequest) -> HttpResponse:
    """List events, the newest first; `verb` shows one kind only."""
    verb, actor = request.GET.get("verb", ""), request.actor
    rows = Event.objects.all().of_organization(request.organization.pk)
    page = page_of(request, rows.filter(verb=verb) if verb in VERBS else rows)
    actors = names_of({event.actor for event in page.rows}, request.organization)
    places = log.indices(event.pk for event in page.rows)
    pages = {prefix: address for prefix, (address, need) in _PAGES.items() if not need or actor.may(need)}
    context = {
        "page": page,
        "verb": verb,
        "verbs": [(name, known.sentence) for name, known in VERBS.items()],
        "events": [_row(event, actors, places.get(event.pk), pages) for event in page.rows],
    }
    return render(request, "tenant/trail.html", context)


def place_words(index: int | None) -> str:
    """Return where an event stands in the published log, in words."""
    return (
        "Waits for its place in the published log"
        if index is None
        else f"Entry {index:,} of the published log"
    )


def _row(event: Event, actors: dict[str, str], index: int | None, pages: dict[str, str]) -> dict[str, Any]:
    known = VERBS.get(event.verb)
    page = pages.get(event.target.partition("_")[0])
    details = "; ".join(f"{words(name)}: {told(value)}" for name, value in event.payload.items() if value)
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


def told(value: Any) -> str:
    """Return a value that an event carries as people read it: a moment or a day in words, ids as they are."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(told, value))
    if value is None:
        return ""
    return _in_words(str(value))


def _in_words(text: str) -> str:
    with suppress(ValueError, OverflowError):  # it only looks like one: whatever it is, the trail is shown
        if _DAY.fullmatch(text):
            return day_in_words(date.fromisoformat(text))
        if _MOMENT.fullmatch(text):
            return moment_in_words(datetime.fromisoformat(text))
    return str(LABELS.get(text, text))
