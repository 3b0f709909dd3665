"""`candidates/{id}/adjudications/`, `leads/{id}/outcome/`, `leads/{id}/withdraw/`: what became of candidates.

People judge; a key reads their judgments once a candidate is settled. A lead is a candidate, or a pair of a
comparison (`ver_…`), and keeps its id; where an address names a candidate, it takes a pair too.
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api import reach
from portal.api.documents import PROBLEM, Problem
from portal.api.endpoint import Endpoint, Input, PublicId
from portal.api.examples import (
    ADJUDICATIONS,
    KEYS_JUDGE_NOTHING,
    NEW_ADJUDICATION,
    NEW_OUTCOME,
    OUTCOME,
    WITHDRAWN,
    answered,
    refused,
    sent,
)
from portal.common.errors import Conflict, NotFound
from portal.common.ids import public_id
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition.actions import leads, results, reviews
from recognition.actions.leads import LONGEST_SOURCE
from recognition.models import (
    Adjudication,
    Candidate,
    CandidateStatus,
    Compared,
    Job,
    Judged,
    LeadOutcome,
    OutcomeStatus,
    Verdict,
    Verification,
)
from recognition.models.verifications import reference

_LONGEST_REASON = 1000


class AdjudicationInput(Input):
    """A reviewer's judgment."""

    verdict = serializers.ChoiceField(Verdict.choices)
    compared = serializers.ListField(
        child=serializers.ChoiceField(Compared.choices), help_text="The checklist: what was compared."
    )
    reason = serializers.CharField(max_length=_LONGEST_REASON)


class AdjudicationOutput(serializers.Serializer[Any]):
    """One reviewer's judgment, made before they saw the similarity."""

    id = serializers.CharField(source="public_id")
    reviewer = PublicId("usr", source="reviewer_id")
    round = serializers.IntegerField(help_text="1, and more where a new photo was judged.")
    verdict = serializers.CharField(help_text="lead, rejected or inconclusive")
    compared = serializers.ListField(child=serializers.CharField())
    reason = serializers.CharField()
    created_at = serializers.DateTimeField()


class AdjudicationsOutput(serializers.Serializer[Any]):
    """What reviewers made of a candidate or pair; nobody's judgment is told before it is settled."""

    candidate = serializers.CharField(help_text="Id of the candidate or pair.")
    status = serializers.CharField(help_text="candidate, lead, rejected, inconclusive or withdrawn")
    round = serializers.IntegerField()
    adjudications = AdjudicationOutput(many=True)


class OutcomeInput(Input):
    """What became of a lead."""

    outcome = serializers.ChoiceField(OutcomeStatus.choices)
    source = serializers.CharField(  # type: ignore[assignment]  # a field, taken off the class by the framework
        max_length=LONGEST_SOURCE, help_text="Who or what it is known from: never the similarity."
    )
    reason = serializers.CharField(max_length=_LONGEST_REASON)


class OutcomeOutput(serializers.Serializer[Any]):
    """What became of a lead. What was recorded before stays; the newest counts."""

    id = serializers.CharField(source="public_id")
    lead = serializers.SerializerMethodField(help_text="Id of the candidate or pair.")
    outcome = serializers.CharField(help_text="confirmed, ruled_out or unknown")
    source = serializers.CharField()  # type: ignore[assignment]  # a field, taken off the class by the framework
    reason = serializers.CharField()
    recorded_by = serializers.CharField()
    created_at = serializers.DateTimeField()

    def get_lead(self, row: LeadOutcome) -> str:
        """Return which lead it is of."""
        of_pair = row.lead_id is None
        key: Any = row.verification_id if of_pair else row.lead_id
        return public_id(Verification.PREFIX if of_pair else Candidate.PREFIX, key)


class WithdrawInput(Input):
    """Why a lead is taken back."""

    reason = serializers.CharField(max_length=_LONGEST_REASON)


class NoticeOutput(serializers.Serializer[Any]):
    """Somebody who was handed the lead."""

    id = serializers.CharField(source="public_id")
    export = PublicId("exp", source="export_id")
    mailed = serializers.SerializerMethodField(
        help_text="A letter goes to the recipient; false: a person has to tell them."
    )

    def get_mailed(self, notice: Any) -> bool:
        """Tell whether a letter goes."""
        return notice.letter_id is not None


class WithdrawnOutput(serializers.Serializer[Any]):
    """A lead that was taken back."""

    lead = serializers.CharField()
    status = serializers.CharField()
    notices = NoticeOutput(many=True, help_text="One for each export that carried it.")


class _OfCandidate(Endpoint):
    """Something about one candidate or pair."""

    def candidate(self, text: str) -> Judged:
        """Return the candidate or pair of the address, of a job in reach."""
        model: Any = Verification if text.startswith(f"{Verification.PREFIX}_") else Candidate
        with tenant_scope(self.organization):
            rows: Any = model.objects.filter(item__job__in=reach.jobs(self.by).values("pk"))
            found: Judged = rows.with_public_id(text)
            return found

    def opened(self, text: str) -> Judged:
        """Return the candidate or pair of the address once the release gate let this read through.

        Raises:
            Conflict: `not_released`, it waits for reviewers.
        """
        found = self.candidate(text)
        job: Job = reviews.job_of(found)
        results.open_results(job=job, by=self.by)
        of_pair = isinstance(found, Verification)
        seen = results.verifications if of_pair else results.candidates
        with tenant_scope(self.organization):
            if not seen(job, self.by).filter(pk=found.pk).exists():
                sentence = "Reviewers have to judge this candidate before anybody else sees it."
                raise Conflict("not_released", sentence)
        return found


class Adjudications(_OfCandidate):
    """What reviewers made of a candidate."""

    needs = {"GET": (Permission.VIEW_RESULTS,), "POST": (Permission.VIEW_RESULTS,)}

    @extend_schema(
        operation_id="candidates_adjudications",
        tags=["leads"],
        responses=AdjudicationsOutput,
        examples=[answered("Two who agreed", ADJUDICATIONS)],
    )
    def get(self, request: Request, candidate: str) -> Response:
        """Return the judgments of a candidate or pair. None is told before all that are needed were given."""
        found = self.opened(candidate)
        settled = found.status != CandidateStatus.CANDIDATE
        with tenant_scope(self.organization):
            rows = Adjudication.objects.filter(**reference(found)).order_by("pk") if settled else ()
            told = {"candidate": found.public_id, "status": found.status, "round": found.round}
            return Response(AdjudicationsOutput({**told, "adjudications": rows}).data)

    @extend_schema(
        operation_id="candidates_adjudicate",
        tags=["leads"],
        request=AdjudicationInput,
        responses={201: AdjudicationOutput, (403, PROBLEM): Problem},
        examples=[
            sent("A lead", NEW_ADJUDICATION),
            answered("A judgment", ADJUDICATIONS["adjudications"][0]),
            refused("A key judges nothing", KEYS_JUDGE_NOTHING),
        ],
    )
    def post(self, request: Request, candidate: str) -> Response:
        """Judge a candidate: trained people do, signed in to the portal. A key is answered 403."""
        found = self.candidate(candidate)
        reviews.require_person(by=self.by)
        made = reviews.adjudicate(candidate=found, by=self.by, **self.read(AdjudicationInput))
        return Response(AdjudicationOutput(made).data, status=201)


class LeadOutcomes(_OfCandidate):
    """What became of a lead."""

    needs = {"GET": (Permission.VIEW_RESULTS,), "POST": (Permission.EXPORT,)}

    @extend_schema(
        operation_id="leads_outcome_read",
        tags=["leads"],
        responses=OutcomeOutput,
        examples=[answered("Confirmed by other means", OUTCOME)],
    )
    def get(self, request: Request, lead: str) -> Response:
        """Return the outcome that counts: the newest. 404 while there is none, 409 where it is no lead."""
        found = self.opened(lead)
        leads.require_lead(found)
        with tenant_scope(self.organization):
            newest = leads.outcomes(found).first()
            if newest is None:
                raise NotFound("no_outcome", "Nobody has recorded yet what became of this lead.")
            return Response(OutcomeOutput(newest).data)

    @extend_schema(
        operation_id="leads_outcome_record",
        tags=["leads"],
        request=OutcomeInput,
        responses={201: OutcomeOutput},
        examples=[sent("Confirmed by other means", NEW_OUTCOME), answered("An outcome", OUTCOME)],
    )
    def post(self, request: Request, lead: str) -> Response:
        """Record what became of a lead, and from which source. It is never known from the similarity."""
        found = self.candidate(lead)
        made = leads.record_outcome(lead=found, by=self.by, **self.read(OutcomeInput))
        with tenant_scope(self.organization):
            return Response(OutcomeOutput(LeadOutcome.objects.get(pk=made.pk)).data, status=201)


class LeadWithdraw(_OfCandidate):
    """Take a lead back."""

    needs = {"POST": (Permission.RECALL_RESULTS,)}

    @extend_schema(
        operation_id="leads_withdraw",
        tags=["leads"],
        request=WithdrawInput,
        responses=WithdrawnOutput,
        examples=[sent("A reason", {"reason": "It is her sister."}), answered("Withdrawn", WITHDRAWN)],
    )
    def post(self, request: Request, lead: str) -> Response:
        """Take a lead back and tell everybody it was handed to. It cannot be undone: the scope is named.

        Works also while a rule closes the results of its job.
        """
        found = self.candidate(lead)
        made = leads.withdraw(lead=found, by=self.by, **self.read(WithdrawInput))
        told = {"lead": found.public_id, "status": str(CandidateStatus.WITHDRAWN), "notices": made}
        return Response(WithdrawnOutput(told).data)
