"""Saying that indexed faces show a user, or that they do not after all.

A face is compared with those that the user has already, and so passes the gate like every comparison.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from portal.common.errors import InvalidInput, Refused
from portal.tenancy.access import require
from portal.tenancy.actor import Actor
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition.actions import calls, likeness, passages, subjects, tokens, users
from recognition.actions.faces import NOT_ALIKE, NOT_FOUND, OF_ANOTHER, Failure, Outcome
from recognition.actions.likeness import Templates
from recognition.actions.orders import Order
from recognition.actions.passages import Passage
from recognition.actions.tokens import Sent
from recognition.models import Face, Gallery, Subject


@dataclass(frozen=True)
class Said:
    """What became of it.

    Attributes:
        outcome: Face by face; those that were so already are in neither list.
        has_faces: Whether the user has any now.
    """

    outcome: Outcome
    has_faces: bool

    def to_json(self) -> dict[str, Any]:
        """Return it for keeping under a token."""
        failed = [vars(failure) for failure in self.outcome.failed]
        return {"done": self.outcome.done, "failed": failed, "has_faces": self.has_faces}

    @classmethod
    def of_json(cls, kept: dict[str, Any]) -> Said:
        """Return what was kept."""
        failed = [Failure(**failure) for failure in kept["failed"]]
        return cls(Outcome(kept["done"], failed), kept["has_faces"])


@dataclass
class _Round:
    """One call under way: the locked gallery and user, and whose each face is."""

    gallery: Gallery
    user: Subject
    own: set[UUID]
    whose: dict[UUID, Subject]
    outcome: Outcome = field(default_factory=Outcome)


def associate(
    *, gallery: Gallery, user_id: str, ids: Sequence[str], order: Order, sent: Sent | None = None, by: Actor
) -> tuple[Said, Passage]:
    """Say that faces of a gallery show a user, if they are alike enough to those the user has.

    The first face of a user without any is theirs unseen, and those after it are compared with it.

    Args:
        gallery: Whose faces and user.
        user_id: Of the user.
        ids: UUIDs of faces; one that is named twice counts once.
        order: A comparison, with the facts it is ruled on with and the similarity asked for.
        sent: The token that came with it.
        by: Who says so.

    Raises:
        Refused: The rule that does not clear the comparison, and as for `passages.enter`; `review_required`,
            where people have to judge what is compared.
        NotFound: There is no such user.
        InvalidInput: `too_many_faces_of_user`; `token_differs`.
        Conflict: `case_closed`, `state_changed`.
    """
    needs = (Permission.MANAGE_GALLERIES,)
    passage = passages.enter(organization=gallery.organization, order=order, photos=0, needs=needs, by=by)

    def say(passage: Passage) -> Said:
        token = tokens.take(gallery, sent)
        if token is not None and token.answer:
            return Said.of_json(token.answer)
        said = _associate(_round(gallery, user_id, ids, by), ids, passage, by)
        tokens.keep(token, said.to_json())
        return said

    with passages.closing(passage):
        if passage.is_for_review:
            raise _for_people(passage)
        return passages.answer(passage, say), passage


def dissociate(
    *, gallery: Gallery, user_id: str, ids: Sequence[str], sent: Sent | None = None, by: Actor
) -> Said:
    """Say that faces do not show a user after all: each is nobody's again.

    Raises:
        NotFound: There is no such user.
        InvalidInput: `token_differs`.
        Conflict: `case_closed`, `state_changed`.
    """
    require(by, Permission.MANAGE_GALLERIES, organization=gallery.organization_id)
    with tenant_scope(gallery.organization_id):
        token = tokens.take(gallery, sent)
        if token is not None and token.answer:
            return Said.of_json(token.answer)
        under_way = _round(gallery, user_id, ids, by)
        for text in dict.fromkeys(ids):
            _take_away(under_way, text, by)
        said = Said(under_way.outcome, bool(under_way.own))
        tokens.keep(token, said.to_json())
    return said


def _for_people(passage: Passage) -> Refused:
    sentence = "People have to judge whom a face shows for this purpose, and a program may not say it."
    remedy = "Let a reviewer move the face to the person, on the page of the subject."
    decision = passage.ruling.public_id
    return Refused(calls.REVIEW, sentence, remedy=remedy, decision=decision, rule=passage.ruling.rule)


def _round(gallery: Gallery, user_id: str, ids: Sequence[str], by: Actor) -> _Round:
    """Lock what a call changes: case records first, as everywhere, then the gallery, then the user."""
    chosen = Face.objects.filter(gallery=gallery, pk__in=ids)
    people = set(chosen.values_list("subject_id", flat=True))
    people |= set(Subject.objects.filter(gallery=gallery).with_user_id(user_id).values_list("pk", flat=True))
    cases = subjects.lock_cases(people)
    locked = subjects.lock(gallery.pk, by)
    user = subjects.standing(users.found(locked, user_id), cases)
    rows = chosen.defer("template", "next_template").select_related("subject")
    whose = {face.pk: face.subject for face in rows}
    return _Round(locked, user, subjects.faces_of(user), whose)


def _associate(under_way: _Round, ids: Sequence[str], passage: Passage, by: Actor) -> Said:
    faces = {UUID(text) for text in ids} | under_way.own
    templates = likeness.read(under_way.gallery, passage.key, faces)
    least = under_way.gallery.least_similarity
    if least > passage.call.threshold:  # a tag asks for more than the rules do
        passage.call.threshold, passage.call.threshold_reason = least, "floor"
    for text in dict.fromkeys(ids):
        _add(under_way, text, templates, passage.call.threshold, by)
    if len(under_way.own) > users.MOST_FACES:
        sentence = f"A user has at most {users.MOST_FACES} faces. None was associated."
        raise InvalidInput("too_many_faces_of_user", sentence, field="FaceIds")
    passage.call.faces = len(faces)
    passage.call.candidates = len(under_way.outcome.done)
    return Said(under_way.outcome, bool(under_way.own))


def _add(under_way: _Round, text: str, templates: Templates, threshold: float, by: Actor) -> None:
    face, user = UUID(text), under_way.user
    whom = under_way.whose.get(face)
    if whom is None:
        under_way.outcome.failed.append(Failure(text, NOT_FOUND))
    elif whom.pk == user.pk:
        return
    elif not whom.is_unnamed:
        under_way.outcome.failed.append(Failure(text, OF_ANOTHER, user_id=whom.wire_id))
    elif (alike := _alike(under_way, face, templates)) is not None and alike < threshold:
        failure = Failure(text, NOT_ALIKE, user_id=user.wire_id, similarity=alike)
        under_way.outcome.failed.append(failure)
    else:
        users.give(under_way.gallery, face, whom, user, by)
        under_way.own.add(face)
        under_way.outcome.done.append(text)


def _alike(under_way: _Round, face: UUID, templates: Templates) -> float | None:
    """Return how alike a face is to the user's; None for the first of all."""
    if not under_way.own:
        return None
    found = likeness.best(templates, face, under_way.own, under_way.gallery.pipeline)
    return 0.0 if found is None else found  # of different pipelines: nothing says that they are alike


def _take_away(under_way: _Round, text: str, by: Actor) -> None:
    face, user = UUID(text), under_way.user
    whom = under_way.whose.get(face)
    if whom is None:
        under_way.outcome.failed.append(Failure(text, NOT_FOUND))
    elif whom.pk == user.pk:
        users.apart(under_way.gallery, {face}, user, by)
        under_way.own.discard(face)
        under_way.outcome.done.append(text)
    elif not whom.is_unnamed:
        under_way.outcome.failed.append(Failure(text, OF_ANOTHER, user_id=whom.wire_id))
