"""The queue: what waits for somebody, what is overdue first, with how much hangs on each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.urls import reverse

from compliance.models import Case, SavedView, SecondLook
from compliance.models.cases import ENDED, CaseQuerySet
from compliance.risk import Risk, risks_of
from portal.common.clock import database_now
from portal.web.forms.officer import QueueForm, ViewForm
from portal.web.officer import policies
from portal.web.officer.guards import OfficerRequest, office_page, officer_view
from portal.web.officer.pages import page_of

# Risk hangs on the clock and is computed, not stored: a filter by it looks at so many cases at most.
MOST_WEIGHED = 2000


@officer_view()
def queue(request: OfficerRequest) -> HttpResponse:
    """List the cases that the filter asks for."""
    return page(request, ViewForm(initial={"query": request.GET.urlencode()}))


def page(request: OfficerRequest, view_form: ViewForm, *, status: int = 200) -> HttpResponse:
    """Render the queue, with the form that keeps its filter as a view. In scope."""
    form = QueueForm(request.GET or {"status": "open"})
    chosen = form.cleaned_data if form.is_valid() else {"status": "open"}
    now = database_now()
    rows: Any = _filtered(Case.objects.all(), chosen, request)
    rows = rows.select_related("organization", "assigned_to", "second_officer", "application")
    if wanted := chosen.get("risk"):
        weighed = list(rows[:MOST_WEIGHED])
        risks = risks_of(weighed, now=now)
        rows = [case for case in weighed if risks[case.pk].level == wanted]
    found = page_of(request, rows)
    context = {
        "duties": policies.duty_rows(),
        "filter": form,
        "page": found,
        "rows": case_rows(found.rows, now),
        "overdue": Case.objects.overdue().count(),
        "open": Case.objects.open().count(),
        "mine": _mine(Case.objects.open(), request).count(),
        "views": _views(request),
        "view_form": view_form,
        "looks": _looks(request),
    }
    return office_page(request, "officer/queue.html", context, status=status)


def _filtered(rows: CaseQuerySet, chosen: dict[str, Any], request: OfficerRequest) -> CaseQuerySet:
    status = chosen.get("status") or "open"
    if status == "open":
        rows = rows.exclude(status__in=ENDED)
    elif status == "overdue":
        rows = rows.overdue()
    elif status != "all":
        rows = rows.filter(status=status)
    if kind := chosen.get("kind"):
        rows = rows.filter(kind=kind)
    if name := chosen.get("organization"):
        rows = rows.filter(organization__name__icontains=name)
    if chosen.get("who") == "mine":
        rows = _mine(rows, request)
    elif chosen.get("who") == "nobody":
        rows = rows.filter(assigned_to=None)
    # Nearest due time first puts what is overdue on top.
    return rows.order_by("due_at", "pk") if status != "all" else rows.order_by("-opened_at", "-pk")


def _mine(rows: CaseQuerySet, request: OfficerRequest) -> CaseQuerySet:
    officer = request.actor.user_id
    return rows.filter(Q(assigned_to=officer) | Q(second_officer=officer))


def case_rows(cases: Sequence[Case], now: datetime) -> list[dict[str, Any]]:
    """Return cases as `officer/_queue_table.html` shows them, with `application` selected. In scope."""
    risks = risks_of(cases, now=now)
    return [_row(case, risks[case.pk], now) for case in cases]


def _row(case: Case, risk: Risk, now: datetime) -> dict[str, Any]:
    ended = case.status in ENDED
    return {
        "case": case,
        "url": reverse("officer_case", args=[case.public_id]),
        "overdue": not ended and case.due_at < now,
        "seconds": abs((case.due_at - now).total_seconds()),
        "ended": ended,
        "risk": risk,
    }


def _views(request: OfficerRequest) -> list[dict[str, Any]]:
    here = request.GET.urlencode()
    rows = SavedView.objects.filter(officer_id=request.actor.user_id)
    return [{"view": one, "url": f"?{one.query}", "current": one.query == here} for one in rows]


def _looks(request: OfficerRequest) -> list[SecondLook]:
    return list(SecondLook.objects.waiting().filter(officer_id=request.actor.user_id))
