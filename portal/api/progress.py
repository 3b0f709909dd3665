"""How far a job is, what its threshold means, and what was ruled on it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from rest_framework import serializers

from compliance.models import RulingRecord
from portal.api.endpoint import PublicId
from portal.common.clock import database_now
from recognition import ledger, rulings, threshold
from recognition.models import Item, Job, JobKind, JobStatus, Priority

_RATE_OVER = timedelta(seconds=60)
_RULINGS = 20
_SAME = (
    "kind", "purpose", "rejected", "threshold", "threshold_asked", "threshold_reason", "max_candidates",
    "review", "refused_by", "held_at", "held_because", "recoveries", "retention_days", "created_at",
    "started_at", "finished_at", "released_at", "purged_at", "subject_erased",
)  # fmt: skip


class CountsOutput(serializers.Serializer[Any]):
    """Photos of a job by what became of them."""

    total = serializers.IntegerField()
    done = serializers.IntegerField()
    failed = serializers.IntegerField()
    held = serializers.IntegerField(help_text="Waiting while the job is held.")


class RulingLine(serializers.Serializer[Any]):
    """One ruling on a job."""

    id = serializers.CharField(source="public_id")
    gate = serializers.CharField()
    outcome = serializers.CharField()
    rule = serializers.CharField()
    at = serializers.DateTimeField()


class RangeOutput(serializers.Serializer[Any]):
    """A figure and its 95 % interval on the scale's data."""

    value = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()


class EstimateOutput(serializers.Serializer[Any]):
    """What errors to expect at the threshold in force."""

    gallery_size = serializers.IntegerField(
        allow_null=True, help_text="Faces; null where pairs are compared."
    )
    false_candidates = RangeOutput(
        allow_null=True, help_text="Strangers that one search is expected to name."
    )
    false_match_rate = RangeOutput(help_text="Of strangers, in the group with the most, 0 to 1.")
    missed = RangeOutput(
        allow_null=True, help_text="Share of true persons, 0 to 1; null where it was not measured."
    )
    data_set = serializers.CharField(help_text="What was measured. Never children.")
    scale = serializers.CharField(help_text="Version of the similarity scale.")
    is_provisional = serializers.BooleanField(help_text="Not measured group by group.")
    is_beyond_data = serializers.BooleanField(
        help_text="No data carry a rate this low: the figures are drawn on from higher ones."
    )


class JobOutput(serializers.Serializer[Any]):
    """A job."""

    id = serializers.CharField()
    kind = serializers.CharField()
    status = serializers.CharField(help_text="A hold names its reason: held:policy, held:tenant, …")
    gallery = PublicId("gal", allow_null=True)
    subject = PublicId("sub", allow_null=True, help_text="Whom a search is for, instead of photos.")
    subject_erased = serializers.BooleanField(
        help_text="Whom it was to search for was erased: it searches for nobody, and is no answer about them."
    )
    purpose = serializers.CharField()
    end_user = PublicId("eus", allow_null=True)
    priority = serializers.CharField(help_text="normal, or urgent: before the organization's other jobs.")
    counts = CountsOutput()
    reasons = serializers.DictField(child=serializers.IntegerField(), help_text="Photos by reason code.")
    rejected = serializers.ListField(
        child=serializers.DictField(), help_text="Files that never became photos of the job: name and reason."
    )
    rate = serializers.FloatField(allow_null=True, help_text="Photos a second, over the last minute.")
    eta_seconds = serializers.IntegerField(allow_null=True)
    threshold = serializers.FloatField(help_text="Similarity in force, 0 to 100.")
    threshold_asked = serializers.FloatField()
    threshold_reason = serializers.CharField(help_text="What set it: asked, floor or budget.")
    expected_false_candidates = serializers.FloatField(
        allow_null=True, help_text="A search at this threshold in this gallery; null unless a search."
    )
    share_missed = serializers.FloatField(
        allow_null=True, help_text="Of true persons at this threshold, 0 to 1; not measured on children."
    )
    estimate = EstimateOutput(
        allow_null=True, help_text="What errors to expect; null for jobs that compare no face with another."
    )
    max_candidates = serializers.IntegerField()
    review = serializers.CharField(
        help_text="none, before_release or after_delivery: the strictest that a ruling on the job has asked "
        "for. A read of its results is ruled on, too, and both say the same from then on."
    )
    refused_by = serializers.CharField(help_text="Rule that refuses, holds or refers it.")
    policy_version = serializers.CharField(allow_null=True)
    rulings = RulingLine(many=True, help_text=f"The newest {_RULINGS}, newest first.")
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    released_at = serializers.DateTimeField(allow_null=True)
    held_at = serializers.DateTimeField(
        allow_null=True,
        help_text="Since when it is held; 30 days later it ends, its results destroyed.",
    )
    held_because = serializers.CharField(help_text="What whoever holds it gave as reason.")
    recoveries = serializers.IntegerField(help_text="Shards taken over from a worker that was lost.")
    retention_days = serializers.IntegerField(
        help_text="Days after the release, else the end, after which photos and results are destroyed."
    )
    purged_at = serializers.DateTimeField(allow_null=True, help_text="When they were destroyed.")


def described(job: Job) -> dict[str, Any]:
    """Return all that `JobOutput` shows, in the scope in force."""
    made = list(RulingRecord.objects.about(job.public_id).order_by("-pk")[:_RULINGS])
    return {
        "id": job.public_id,
        "status": job.state,
        "priority": Priority(job.priority).name.lower(),
        "gallery": job.gallery_id,
        "subject": job.subject_id,
        "end_user": job.end_user_id,
        "counts": _counts(job),
        "reasons": Item.objects.filter(job=job).reasons(),
        "policy_version": made[0].version if made else None,
        "rulings": made,
        **{name: getattr(job, name) for name in _SAME},
        **_speed(job),
        **_meaning(job),
    }


def _counts(job: Job) -> dict[str, int]:
    held = job.waiting if job.status == JobStatus.HELD else 0
    return {"total": job.total, "done": job.done, "failed": job.failed, "held": held}


def _speed(job: Job) -> dict[str, Any]:
    """Return photos a second and the time left: of the last minute while it runs, of the whole run after."""
    if job.started_at is None:
        return {"rate": None, "eta_seconds": None}
    if job.finished_at is not None:
        return {"rate": _rate(job.done + job.failed, job.started_at, job.finished_at), "eta_seconds": None}
    now = database_now()
    since = max(job.started_at, now - _RATE_OVER)
    rate = _rate(ledger.ended_since(job.pk, since), since, now)
    running = job.status == JobStatus.RUNNING
    return {"rate": rate, "eta_seconds": round(job.waiting / rate) if running and rate else None}


def _rate(done: int, since: datetime, until: datetime) -> float | None:
    seconds = (until - since).total_seconds()
    return round(done / seconds, 2) if seconds > 0 else None


def _meaning(job: Job) -> dict[str, Any]:
    if job.kind not in {JobKind.SEARCH, JobKind.COMPARE}:
        return dict.fromkeys(("expected_false_candidates", "share_missed", "estimate"))
    gallery = rulings.gallery_of(job) if job.kind == JobKind.SEARCH else None
    expected = threshold.expectation(
        job.threshold,
        gallery_size=rulings.gallery_size(gallery) if gallery else None,
        pipeline=gallery.pipeline if gallery else "",
    )
    named, missed = expected.false_candidates, expected.missed
    return {
        "expected_false_candidates": named.value if named else None,
        "share_missed": missed.value if missed else None,
        "estimate": expected,
    }
