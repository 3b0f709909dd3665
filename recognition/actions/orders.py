"""What a submitter asks for, and whether it makes sense at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from portal.common.errors import InvalidInput, Refused
from portal.tenancy.actor import Actor
from recognition import threshold
from recognition.actions.images import Photo
from recognition.models import Gallery, JobKind, Subject

MOST_ITEMS = 50_000
MOST_CANDIDATES = 100
MOST_AT_A_CALL = 4096  # candidates of a synchronous call, as the Rekognition interface has it
LONGEST_SUBJECT = 200


@dataclass(frozen=True)
class Order:
    """What a submitter asks for.

    Attributes:
        kind: Enroll, search, compare or detect.
        gallery: Which gallery; None for compare and detect.
        purpose: Word of the vocabulary.
        end_user_id: For whom, from the register.
        facts: What they declare besides, in words of the vocabulary (`requested_by`, `case_reference`, …).
        threshold: Similarity asked for, 0 to 100.
        max_candidates: At most so many a face.
        budget: Expected false candidates that a synchronous search may have; None for the usual one.
        reembeds_to: An enrollment that gives faces enrolled already templates of this pipeline.
        subject: Whose enrolled faces are searched for, instead of those in photos.
    """

    kind: JobKind
    gallery: Gallery | None
    purpose: str
    end_user_id: UUID | None
    facts: Mapping[str, Any] = field(default_factory=dict)
    threshold: float = threshold.DEFAULT
    max_candidates: int = 10
    budget: float | None = None
    subject: Subject | None = None
    reembeds_to: str = ""


def check(order: Order, photos: Sequence[Photo]) -> None:
    """Refuse an order that makes no sense, before anything is ruled on or stored.

    Raises:
        InvalidInput: `no_images`, `too_many_images`, `threshold_range`, `max_candidates_range`,
            `gallery_missing`, `gallery_unused`, `pairs_needed`, `pairs_unused`, `pair_of_itself`,
            `subject_missing`, `subject_too_long`, `image_source_differs`.
        Refused: `gallery_purpose`, the gallery was made for another purpose.
    """
    if not photos:
        raise InvalidInput("no_images", "There is no photo to work on.", field="images")
    if sum(len(photo.images) for photo in photos) > MOST_ITEMS:
        raise InvalidInput("too_many_images", f"A job holds at most {MOST_ITEMS:,} photos.", field="images")
    check_terms(order)
    _check_pairs(order, photos)
    if order.kind == JobKind.ENROLL:
        _check_enrollment(order, photos)


def check_terms(order: Order, *, most: int = MOST_CANDIDATES) -> None:
    """Refuse what makes no sense whatever the photos are.

    Args:
        order: What is asked for.
        most: Candidates a face that may be asked for.

    Raises:
        InvalidInput: `threshold_range`, `max_candidates_range`, `gallery_missing`, `gallery_unused`.
        Refused: `gallery_purpose`, the gallery was made for another purpose.
    """
    if not 0 <= order.threshold <= 100:  # noqa: PLR2004 - the scale of similarity
        raise InvalidInput("threshold_range", "A threshold lies between 0 and 100.", field="threshold")
    if not 1 <= order.max_candidates <= most:
        sentence = f"Between 1 and {most} candidates a face."
        raise InvalidInput("max_candidates_range", sentence, field="max_candidates")
    if order.kind.uses_gallery and order.gallery is None:
        raise InvalidInput("gallery_missing", "Choose a gallery.", field="gallery")
    if not order.kind.uses_gallery and order.gallery is not None:
        raise InvalidInput("gallery_unused", "This kind of job looks into no gallery.", field="gallery")
    if order.gallery is not None and order.gallery.purpose != order.purpose:
        sentence = f"This gallery was made for the purpose {order.gallery.purpose} and serves no other."
        raise Refused("gallery_purpose", sentence, field="gallery")


def _check_pairs(order: Order, photos: Sequence[Photo]) -> None:
    if order.kind != JobKind.COMPARE:
        if any(photo.second for photo in photos):
            raise InvalidInput("pairs_unused", "Only a comparison takes pairs of photos.", field="pairs")
        return
    if not all(photo.second for photo in photos):
        raise InvalidInput("pairs_needed", "A comparison takes pairs of photos.", field="pairs")
    if any(photo.second == photo.image for photo in photos):
        raise InvalidInput("pair_of_itself", "A pair names the same photo twice.", field="pairs")


def _check_enrollment(order: Order, photos: Sequence[Photo]) -> None:
    if any(not photo.subject for photo in photos):
        raise InvalidInput("subject_missing", "Every photo to enroll needs a subject.", field="subject_from")
    if any(len(photo.subject) > LONGEST_SUBJECT for photo in photos):
        sentence = f"The name of a subject has at most {LONGEST_SUBJECT} characters."
        raise InvalidInput("subject_too_long", sentence, field="subject_from")
    source = order.facts.get("probe_source")
    if source and order.gallery and source != order.gallery.image_source:
        # Else photos of one source could be declared as of another by the gallery they are put into.
        sentence = f"This gallery holds photos of the source {order.gallery.image_source}."
        raise InvalidInput("image_source_differs", sentence, field="image_source")


def exceeded(order: Order, by: Actor) -> dict[str, str]:
    """Return code and sentence of what a key asks beyond what it is bound to; nothing where it does not.

    The rule `key-bound` refuses it with a ruling; the code says to the program which of the two it was.
    """
    if by.purpose is not None and by.purpose != order.purpose:
        sentence = f"This key is bound to the purpose {by.purpose}. Use a key made for the other one."
        return {"code": "other_purpose", "sentence": sentence}
    if by.end_user_id is not None and by.end_user_id != order.end_user_id:
        sentence = "This key is bound to another end user. Use a key made for this one."
        return {"code": "other_end_user", "sentence": sentence}
    return {}
