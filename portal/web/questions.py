"""Questions of the office about single requests, and the organization's answers."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from compliance.actions import samples
from compliance.models import Sample
from portal.common.clock import database_now
from portal.tenancy.access import get_or_404
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from portal.web.forms.errors import shown_on
from portal.web.forms.questions import AnswerForm
from portal.web.guards import MemberRequest, member_view
from recognition.models import Job

SHOWN = 50


@member_view(permission=Permission.SUBMIT_JOBS)
def index(request: MemberRequest) -> HttpResponse:
    """List what is asked, the answer due first on top, and what was answered."""
    answered = Sample.objects.exclude(answered_at=None).order_by("-answered_at")
    context = {"waiting": list(Sample.objects.waiting()[:SHOWN]), "answered": list(answered[:SHOWN])}
    return render(request, "tenant/questions/index.html", context)


@member_view(methods=("GET", "POST"), permission=Permission.SUBMIT_JOBS)
def question(request: MemberRequest, sample_id: str) -> HttpResponse:
    """Show one question, and take its answer."""
    sample = get_or_404(Sample, request.actor, sample_id)
    if request.method != "POST":
        return _page(request, sample, AnswerForm(initial={"case_reference": sample.stated_reference}))
    form = AnswerForm(request.POST)
    if form.is_valid():
        with shown_on(form):
            samples.answer(sample=sample, by=request.actor, **form.cleaned_data)
            messages.success(request, "Your answer was sent to the compliance office.")
            return redirect("questions")
    with tenant_scope(request.organization):
        return _page(request, sample, form, status=422)


def _page(request: MemberRequest, sample: Sample, form: AnswerForm, *, status: int = 200) -> HttpResponse:
    is_job = sample.subject.startswith(f"{Job.PREFIX}_")
    context = {"sample": sample, "form": form, "now": database_now(), "is_job": is_job}
    return render(request, "tenant/questions/question.html", context, status=status)
