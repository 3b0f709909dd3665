"""A search with candidates, its reviewers, and judgments, for tests of what happens after a search."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from portal.tenancy.actions import members
from portal.tenancy.actor import Actor
from portal.tenancy.models import Membership, Organization
from portal.tenancy.roles import Role
from portal.tenancy.scope import tenant_scope
from recognition.actions import exports, reviews
from recognition.actions.exports import Export, Recipient
from recognition.models import Adjudication, Candidate, Job, Shard, ShardState
from tests.compliance.conftest import new_user
from tests.support.jobs import ANNA, Desk, photo, work_off

TWO_REVIEWERS = {"review": "before_release", "reviewers": 2}
COLLEAGUE = Recipient("Family liaison")


def clear_ledger() -> None:
    """Leave no shard of another test to the workers of this one."""
    Shard.objects.filter(state__in=["ready", "leased", "held"]).update(state=ShardState.CANCELLED)


def member(desk: Desk, role: Role = Role.REVIEWER, *, trained: bool = True) -> Actor:
    """A new member of the desk's organization."""
    return member_of(desk.tenant.organization, desk.by, role, trained=trained)


def member_of(
    organization: Organization, by: Actor, role: Role = Role.REVIEWER, *, trained: bool = True
) -> Actor:
    """A new member of an organization, whom its administrator adds."""
    user = new_user(role.value)
    membership = members.add(organization=organization, user=user, role=role, by=by)
    if trained:
        members.record_training(membership=membership, trained_on=timezone.now().date(), by=by)
    return Actor.for_user(user, Membership.objects.get(pk=membership.pk))


def searched(desk: Desk, **order: Any) -> tuple[Job, Candidate]:
    """A finished search with one candidate."""
    desk.submit("enroll", [("anna.png", photo(ANNA))])
    work_off()
    job = desk.submit("search", [("a.png", photo(ANNA))], **order)
    work_off()
    with tenant_scope(desk.tenant.organization):
        return Job.objects.get(pk=job.pk), Candidate.objects.filter(item__job=job).earliest("rank")


def judge(candidate: Candidate, by: Actor, verdict: str = "lead") -> Adjudication:
    """What a reviewer does with a candidate."""
    return reviews.adjudicate(
        candidate=candidate, verdict=verdict, compared=["ears", "marks"], reason="Same ear.", by=by
    )


def a_lead(desk: Desk, **order: Any) -> tuple[Job, Candidate]:
    """A finished search whose one candidate a reviewer made a lead."""
    job, candidate = searched(desk, **order)
    judge(candidate, member(desk))
    return job, now(desk, candidate)


def now(desk: Desk, candidate: Candidate) -> Candidate:
    """The candidate as it is stored."""
    with tenant_scope(desk.tenant.organization):
        return Candidate.objects.get(pk=candidate.pk)


def hand_out(desk: Desk, job: Job, recipient: Recipient = COLLEAGUE, **more: Any) -> Export:
    """Export a job's results."""
    return exports.export(job=desk.reload(job), recipient=recipient, format_="csv", by=desk.by, **more)
