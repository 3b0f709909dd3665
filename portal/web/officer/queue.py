"""The queue: what waits for somebody, the most urgent first."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.urls import reverse

from compliance.models import Case
from compliance.models.cases import ENDED, CaseQuerySet
from portal.common.clock import database_now
from portal.web.forms.officer import QueueForm
from portal.web.officer.guards import OfficerRequest, office_page, officer_view
from portal.web.officer.pages import page_of


@officer_view()
def queue(request: OfficerRequest) -> HttpResponse:
    """List the cases that the filter asks for."""
    form = QueueForm(request.GET or {"status": "open"})
    chosen = form.cleaned_data if form.is_valid() else {"status": "open"}
    rows = _filtered(Case.objects.all(), chosen, request)
    now = database_now()
    page = page_of(request, rows.select_related("organization", "assigned_to", "second_officer"))
    context = {
        "filter": form,
        "page": page,
        "rows": [case_row(case, now) for case in page.rows],
        "overdue": Case.objects.overdue().count(),
        "open": Case.objects.open().count(),
        "mine": _mine(Case.objects.open(), request).count(),
    }
    return office_page(request, "officer/queue.html", context)


def _filtered(rows: CaseQuerySet, chosen: dict[str, Any], request: OfficerRequest) -> CaseQuerySet:
    status = chosen.get("status") or "open"
    if status == "open":
        rows = rows.exclude(status__in=ENDED)
    elif status != "all":
        rows = rows.filter(status=status)
    if kind := chosen.get("kind"):
        rows = rows.filter(kind=kind)
    if chosen.get("mine"):
        rows = _mine(rows, request)
    # Nearest due time first puts what is overdue on top.
    return rows.order_by("due_at", "pk") if status != "all" else rows.order_by("-opened_at", "-pk")


def _mine(rows: CaseQuerySet, request: OfficerRequest) -> CaseQuerySet:
    officer = request.actor.user_id
    return rows.filter(Q(assigned_to=officer) | Q(second_officer=officer))


def case_row(case: Case, now: datetime) -> dict[str, Any]:
    """Return one case as `officer/_queue_table.html` shows it."""
    ended = case.status in ENDED
    return {
        "case": case,
        "url": reverse("officer_case", args=[case.public_id]),
        "overdue": not ended and case.due_at < now,
        "seconds": abs((case.due_at - now).total_seconds()),
        "ended": ended,
    }
