"""What every page knows: who is asking, where they are, where they can go."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from compliance.policy.rules import Rule
from compliance.versions import stop_of, version_in_force
from portal.common.clock import database_now
from portal.tenancy.roles import Permission

_TENANT = (
    ("Home", "/", None),
    ("Standing", "/onboarding/", None),
    ("Galleries", "/galleries/", None),
    ("Cases", "/cases/", Permission.VIEW_RESULTS),
    ("Jobs", "/jobs/", None),
    ("Reviews", "/reviews/", Permission.ADJUDICATE),
    ("Members", "/members/", None),
    ("Keys", "/keys/", Permission.MANAGE_KEYS),
    ("Letters", "/letters/", Permission.VIEW_TRAIL),
    ("Notices", "/notices/", None),
    ("Trail", "/trail/", Permission.VIEW_TRAIL),
)
# Pages that lie elsewhere and belong to a part of the navigation.
_BELONGS = {"/jobs/": ("/candidates/", "/leads/", "/exports/", "/rulings/"), "/keys/": ("/webhooks/",)}
_OFFICER = (
    ("Queue", "/officer/"),
    ("Incidents", "/officer/incidents/"),
    ("Demands", "/officer/demands/"),
    ("On call", "/officer/on-call/"),
    ("Organizations", "/officer/organizations/"),
    ("Registers", "/officer/registers/"),
    ("Samples", "/officer/samples/"),
    ("Break-glass", "/officer/glass/"),
    ("Policies", "/officer/policies/"),
    ("Officers", "/officer/officers/"),
    ("Trail", "/officer/trail/"),
)


def portal(request: HttpRequest) -> dict[str, Any]:
    """Return navigation and identity for `base.html`."""
    actor = getattr(request, "actor", None)
    organization = getattr(request, "organization", None)
    links = _links(actor, organization)
    return {
        "nav": [
            {"label": label, "url": url, "current": _is_current(request.path, url)} for label, url in links
        ],
        "organization": organization,
        "actor": actor,
        "actor_label": actor.label if actor else "",
        "can": dict.fromkeys(map(str, actor.permissions), True) if actor else {},
        "synthetic": bool(organization and organization.synthetic),
        "platform_stop": SimpleLazyObject(_platform_stop),
    }


def _platform_stop() -> Rule | None:
    """Return the rule that stops the whole platform; read where a page shows it, on every page."""
    return stop_of(version_in_force(database_now()))


def _links(actor: Any, organization: Any) -> tuple[tuple[str, str], ...]:
    if actor is None:
        return ()
    if organization is not None:
        return tuple((label, url) for label, url, need in _TENANT if need is None or actor.may(need))
    return _OFFICER if actor.is_officer else ()


def _is_current(path: str, url: str) -> bool:
    return path == url if url in {"/", "/officer/"} else path.startswith((url, *_BELONGS.get(url, ())))
