"""One candidate beside its probe, as pages draw it: what is shown of it, and what is still hidden."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from portal.tenancy.actor import Actor
from portal.web import ages, sentences
from portal.web.estimates import meaning
from recognition import comparisons
from recognition.actions import results
from recognition.models import Candidate, CandidateStatus, Face, FoundFace, Image, Item, Job
from recognition.models.results import CandidateQuerySet
from recognition.threshold import expectation

UNREVIEWED = "unreviewed"


@dataclass(frozen=True)
class Look:
    """One look at a job's results.

    Attributes:
        job: Whose results.
        actor: Who looks.
        ruling: Public id of the ruling that let them; the pictures of the page are served under it. Empty
            where no gate was asked.
    """

    job: Job
    actor: Actor
    ruling: str = ""

    def hidden(self, rows: CandidateQuerySet) -> frozenset[UUID]:
        """Return which candidates the reader has still to judge: nothing is told of their similarity."""
        if self.actor.user_id is None or not results.judges(self.job, self.actor):
            return frozenset()
        return frozenset(rows.to_judge(self.actor.user_id).values_list("pk", flat=True))

    def ordered(self, rows: CandidateQuerySet, hidden: frozenset[UUID]) -> CandidateQuerySet:
        """Return candidates by rank; shuffled while the reader has one of them still to judge."""
        reader = self.actor.user_id
        return rows.shuffled_for(reader) if hidden and reader else rows.order_by("rank")


def cards(
    candidates: Sequence[Candidate], face: FoundFace, found: Item, look: Look, hidden: frozenset[UUID]
) -> list[dict[str, Any]]:
    """Return candidates of a face, read with `comparisons.RELATED`, each with the years between. In scope."""
    compared = comparisons.of_candidates(look.job, candidates)
    return [
        {**card(one, face, found, look, hidden), **ages.beside(compared.get(one.pk))} for one in candidates
    ]


def card(
    candidate: Candidate, face: FoundFace, found: Item, look: Look, hidden: frozenset[UUID]
) -> dict[str, Any]:
    """Return one candidate as `_components/candidate_card.html` takes it.

    Args:
        candidate: With subject, face and the face's photo.
        face: The probe's face.
        found: The probe's item, with its photo.
        look: Under which it is shown.
        hidden: Candidates that the reader has still to judge. While there is one, no rank is told.
    """
    hide = candidate.pk in hidden
    return {
        "probe_url": face_url(found.image, face.public_id, look.ruling),
        "candidate_url": face_url(candidate.face.image, candidate.face.public_id),
        "subject": candidate.subject.name,
        "rank": "" if hidden else candidate.rank,
        "similarity": None if hide else candidate.similarity,
        "meaning": "" if hide else sentences.meaning(candidate.similarity),
        "status": UNREVIEWED if candidate.status == CandidateStatus.CANDIDATE else candidate.status,
        "hide_score": hide,
        "url": reverse("candidate", args=[candidate.public_id]),
        "action": "Judge this candidate" if hide else "Look closer",
    }


def what_to_expect(job: Job, gallery_size: int | None) -> dict[str, Any]:
    """Return the context of `_components/threshold_meaning.html` for a job that was run."""
    return {
        "asked": job.threshold_asked,
        "why": sentences.THRESHOLDS.get(job.threshold_reason, ""),
        **meaning(expectation(job.threshold, gallery_size=gallery_size, pipeline=_pipeline(job))),
        "caution": sentences.caution(job.purpose, job.facts.get("subject_class", "")),
    }


def _pipeline(job: Job) -> str:
    return job.gallery.pipeline if job.gallery else ""


def photo_facts(face: FoundFace | Face) -> str:
    """Return in words how much of a face a photo shows: size, sharpness, angle."""
    quality = face.quality
    parts = [f"{round(quality.get('size_px') or face.box['width'])} px wide"]
    if (sharpness := quality.get("sharpness_grade")) is not None:
        parts.append(f"sharpness {round(sharpness)} of 100")
    if pose := quality.get("pose"):
        parts.append(f"turned {round(abs(pose['yaw']))}°")
    return ", ".join(parts)


def face_url(image: Image, face_id: str, ruling: str = "") -> str:
    """Return where a face of a photo is served; what a job found, under the ruling of the page it is on."""
    address = reverse("face", args=[image.public_id, face_id])
    return f"{address}?{urlencode({'under': ruling})}" if ruling else address
