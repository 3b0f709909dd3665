"""Synchronous calls: a photo looked at, compared or searched for while the caller waits.

Of photos that are looked at, compared or searched for nothing is kept. Every face that was not used is named
with a reason: an answer without a candidate says that nobody was found, never that nobody was looked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import NoReturn

from portal.common.errors import Conflict, DomainError, InvalidInput, Refused
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.tenancy.roles import Permission
from recognition import client, comparisons, ends, reimports, rulings
from recognition.actions import answers, call_watch, images, jobs, passages, pictures
from recognition.actions.answers import Answered, LeftOut, Named
from recognition.actions.images import Photo, Received
from recognition.actions.orders import MOST_CANDIDATES, Order
from recognition.actions.passages import Passage
from recognition.actions.pictures import Opened, Picture
from recognition.engine import grades
from recognition.engine.types import ImageResult
from recognition.hits import Hit
from recognition.images import TRUNCATED, truncated
from recognition.models import Face, Image
from recognition.parcels import BROKE, STOPPED, Answer, Ask

REVIEW = "review_required"
READS = (Permission.SUBMIT_JOBS, Permission.VIEW_RESULTS)


def detect(*, organization: Organization, order: Order, picture: Picture, by: Actor) -> Answered:
    """Return the faces of a photo with their quality. Nobody is compared with anybody.

    Raises:
        DomainError: As for `passages.enter`, `pictures.opened`, `ask` and `passages.answer`.
    """
    passage = passages.enter(organization=organization, order=order, photos=1, needs=READS, by=by)
    with passages.closing(passage):
        found = ask(passage, [opened(passage, picture)])

        def make(passage: Passage) -> Answered:
            note(passage, found.photos, ())
            return Answered(passage.call, passage.ruling, found.photos)

        return passages.answer(passage, make)


def compare(
    *,
    organization: Organization,
    order: Order,
    source: Picture,
    target: Picture,
    bar: str = "NONE",
    by: Actor,
) -> Answered:
    """Compare the largest face of one photo with the faces of another, the 100 largest.

    Where one of them has no face that can be compared there are no similarities: that is not a "no".

    Raises:
        Refused: `review_required`, with the `job` that the photos became.
        DomainError: As for `detect`.
    """
    require_bar(bar)
    passage = passages.enter(organization=organization, order=order, photos=2, needs=READS, by=by)
    with passages.closing(passage):
        photos = [opened(passage, source), opened(passage, target)]
        if passage.is_for_review:
            _review(passage, photos)
        found = ask(passage, photos, bar=bar)
        return passages.answer(passage, lambda passage: _compared(passage, found, bar))


def search(
    *,
    organization: Organization,
    order: Order,
    picture: Picture,
    only_largest: bool = False,
    bar: str = "NONE",
    by: Actor,
) -> Answered:
    """Search the order's gallery for the faces of a photo: all that can be compared, or the largest of them.

    Raises:
        Refused: `review_required`, with the `job` that the photo became.
        Conflict: `model_mismatch`, the gallery is pinned to another model than the workers have.
        DomainError: As for `detect`.
    """
    require_bar(bar)
    passage = passages.enter(organization=organization, order=order, photos=1, needs=READS, by=by)
    with passages.closing(passage):
        photo = opened(passage, picture)
        if passage.is_for_review:
            _review(passage, [photo])
        found = ask(passage, [photo], only_largest=only_largest, bar=bar)
        return passages.answer(passage, lambda passage: _searched(passage, found, bar))


def ask(passage: Passage, photos: list[Opened], *, only_largest: bool = False, bar: str = "NONE") -> Answer:
    """Have a worker look at photos; they are let go of before it answers.

    Raises:
        Unavailable: `no_worker`, `no_answer`, `no_broker`, `busy`, `rules_changed`.
        Refused: The rule that stops the call by now.
        Conflict: `model_mismatch`.
        InvalidInput: The reason code of a photo that cannot be read; `no_scale`.
    """
    data = [photo.data for photo in photos]
    for photo in photos:
        photo.data = photo.picture.data = b""
    order, weight = _order_of(passage, only_largest, bar), passage.organization.weight
    found = client.call(order, data, passage.key, weight=weight)
    if found.problem == STOPPED:
        raise passages.ask_again(passage)
    if found.problem == BROKE:
        raise client.unavailable(client.NO_ANSWER)
    if found.problem == ends.MODEL_MISMATCH:
        raise Conflict(found.problem, "This gallery is pinned to another model than the engine runs.")
    if found.problem:
        raise InvalidInput(found.problem, "This model was never calibrated: no similarity can be said.")
    for place, result in enumerate(found.photos):
        _require_read(result, place)
    return found


def note(passage: Passage, photos: Sequence[ImageResult], left: Sequence[LeftOut]) -> None:
    """Put on the call how many faces were found, and how many were not used, by reason."""
    passage.call.faces = sum(len(photo.faces) for photo in photos)
    passage.call.left_out = dict(Counter(one.reason for one in left))


def opened(passage: Passage, picture: Picture) -> Opened:
    """Return a photo of a call, checked; what the calendar can know of it is kept with the call."""
    try:
        photo = pictures.opened(picture, organization=passage.organization, key=passage.key)
    except InvalidInput as error:
        if error.code == reimports.REIMPORT:
            call_watch.raise_reimport(passage.call)
        raise
    passage.photos.append(picture.stored or Image(sha256=photo.sha256))
    return photo


def _order_of(passage: Passage, only_largest: bool, bar: str) -> Ask:
    call, epochs = passage.call, rulings.epochs(passage.ruling)
    return Ask(
        call=call.pk,
        organization=call.organization_id,
        kind=str(call.kind),
        policy_epoch=epochs.policy,
        organization_epoch=epochs.organization,
        gallery=call.gallery_id,
        threshold=call.threshold,
        most=passage.order.max_candidates,
        only_largest=only_largest,
        bar=bar,
    )


def _compared(passage: Passage, found: Answer, bar: str) -> Answered:
    first, second = found.photos
    usable = (face.index for face in first.faces if not face.reason and grades.passes(face.quality, bar))
    used = set(islice(usable, 1)) if found.similarities else set()
    left = (
        *answers.left_out(first, used, bar=bar),
        *answers.left_out(second, set(found.similarities), side=1, bar=bar),
    )
    note(passage, found.photos, left)
    passage.call.candidates = sum(s >= passage.call.threshold for s in found.similarities.values())
    return Answered(
        passage.call,
        passage.ruling,
        found.photos,
        left,
        similarities=found.similarities,
        compared=comparisons.of_photos(passage.call, *passage.photos),
        expected=answers.expected(passage.call, passage.ruling, found.pipeline),
    )


def _searched(passage: Passage, found: Answer, bar: str) -> Answered:
    candidates = named(passage, found.hits, dict.fromkeys(found.hits, passage.photos[0]))
    searched = set(candidates)
    left = tuple(one for photo in found.photos for one in answers.left_out(photo, searched, bar=bar))
    note(passage, found.photos, left)
    pipeline = passage.gallery.pipeline or found.pipeline
    return Answered(
        passage.call,
        passage.ruling,
        found.photos,
        left,
        candidates,
        expected=answers.expected(passage.call, passage.ruling, pipeline),
    )


def named(
    passage: Passage, hits: Mapping[int, Sequence[Hit]], photos: Mapping[int, Image]
) -> dict[int, tuple[Named, ...]]:
    """Return as candidates the hits whose face is still enrolled, and note how many there are. In scope.

    Args:
        passage: The call; only what is at or above the threshold that stands by now is a candidate.
        hits: By the index of what was searched for.
        photos: The photo of each that was searched for.
    """
    keys = {hit.face_id for own in hits.values() for hit in own}
    enrolled = Face.objects.filter(gallery=passage.gallery).select_related("subject__record", "image")
    faces = enrolled.defer("template", "next_template").in_bulk(keys)
    least = passage.call.threshold
    kept = [
        (index, hit)
        for index, own in hits.items()
        for hit in own
        if hit.face_id in faces and hit.similarity >= least
    ]
    ages = comparisons.of_faces(passage.call, [(photos[index], faces[hit.face_id]) for index, hit in kept])
    candidates: dict[int, tuple[Named, ...]] = dict.fromkeys(hits, ())
    for (index, hit), age in zip(kept, ages, strict=True):
        candidates[index] += (Named(faces[hit.face_id], round(hit.similarity, 3), age),)
    passage.call.candidates = len(kept)
    return candidates


def _review(passage: Passage, photos: list[Opened]) -> NoReturn:
    """Make a job of a call whose candidates people have to judge before anybody else sees them.

    Where no job comes of it the photos that were sent along go again; those that were stored before stay.
    """
    stored = [pictures.kept(photo, organization=passage.organization, by=passage.by) for photo in photos]
    photo = Photo(stored[0], second=stored[1] if len(stored) > 1 else None)
    sent = [Photo(row) for row, own in zip(stored, photos, strict=True) if own.picture.stored is None]
    try:
        submit_for_review(passage, passage.order, Received([photo]))
    except DomainError as error:
        if "job" not in error.detail:
            images.discard(Received(sent), by=passage.by)
        raise


def submit_for_review(passage: Passage, order: Order, received: Received) -> NoReturn:
    """Submit a call as a job, and tell the caller which.

    Raises:
        Refused: `review_required` with `job`; or the rule that refuses the job.
    """
    asked = replace(order, max_candidates=min(order.max_candidates, MOST_CANDIDATES))
    job = jobs.submit(organization=passage.organization, order=asked, received=received, by=passage.by)
    raise Refused(
        REVIEW,
        f"Trained reviewers have to judge candidates first, so nothing is answered here. The photo waits "
        f"as job {job.public_id}.",
        decision=passage.ruling.public_id,
        job=job.public_id,
        rule=passage.ruling.rule,
        remedy="Read the results of the job once its reviewers have judged them.",
    )


def require_bar(bar: str) -> None:
    """Let on who asks for a quality that is known.

    Raises:
        InvalidInput: `quality_unknown`.
    """
    if bar not in grades.BARS:
        sentence = f"Known: {', '.join(grades.BARS)}."
        raise InvalidInput("quality_unknown", sentence, field="quality")


def _require_read(photo: ImageResult, place: int) -> None:
    if photo.reason == TRUNCATED:
        raise truncated()
    if photo.reason and not ends.is_answer(photo.reason):
        sentence = f"Photo {place + 1} could not be read by the engine: {photo.reason}."
        raise InvalidInput(photo.reason, sentence, field="image")
