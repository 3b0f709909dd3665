"""Two subjects who are one person: merged, and taken apart again where they were not.

A merge moves faces and keeps a row for each, so that exactly what it put together comes apart. Who was merged
away keeps their row: their name still means somebody, the survivor.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db.models.functions import Now

from portal.common.errors import Conflict, InvalidInput
from portal.tenancy.access import require
from portal.tenancy.actor import Actor
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition.actions import records, subjects
from recognition.models import FaceMove, Subject, SubjectMerge


@dataclass(frozen=True)
class Apart:
    """What undoing a merge did.

    Attributes:
        subject: Who stands for themselves again.
        faces: Faces that went back to them.
        elsewhere: Faces of the merge that stayed where they were moved since.
    """

    subject: Subject
    faces: int
    elsewhere: int


def merge(*, survivor: Subject, merged: Subject, reason: str, by: Actor) -> SubjectMerge:
    """Say that two subjects are one person: faces and candidates of the second become the first's.

    The second keeps its name for what is enrolled under it later, which goes to the survivor too. A case
    that only one of the two belongs to becomes the survivor's.

    Raises:
        InvalidInput: `reason_missing`, `same_subject`.
        Conflict: `other_gallery`; `subject_merged`, one was merged away before; `two_cases`, they belong to
            different cases; `case_closed`, their person was found; `state_changed`.
    """
    require(by, Permission.MANAGE_GALLERIES, organization=survivor.organization_id)
    because = subjects.reason_of(reason)
    if survivor.pk == merged.pk:
        raise InvalidInput("same_subject", "Choose another person to merge with.", field="subject")
    if survivor.gallery_id != merged.gallery_id:
        sentence = "Both have to be in one gallery: templates and purposes of two galleries do not mix."
        raise Conflict("other_gallery", sentence, field="subject")
    with tenant_scope(survivor.organization_id):
        cases = subjects.lock_cases([survivor.pk, merged.pk])
        gallery = subjects.lock(survivor.gallery_id, by)
        first, second = subjects.standing(survivor, cases), subjects.standing(merged, cases)
        _require_one_case(first, second)
        made = _keep(first, second, because, by)
        faces = subjects.faces_of(second)
        subjects.move(gallery, faces, second, first, because, by, made)
        _absorb(made, by)
        payload = {"merge": made.public_id, "merged": second.public_id, "faces": len(faces)}
        subjects.record("subject.merged", first, by, **payload)
    return made


def unmerge(*, merge: SubjectMerge, reason: str, by: Actor, faces: Collection[UUID] = ()) -> Apart:
    """Take apart what one merge put together, whatever was enrolled or merged since.

    Faces that came with the merge go back, but for those that were moved to somebody else since. Faces that
    were enrolled since stay with the survivor unless they are chosen.

    Args:
        merge: Which one.
        reason: Why.
        by: Who.
        faces: Further faces of the survivor that go along.

    Raises:
        InvalidInput: `reason_missing`; `face_not_theirs`, a chosen face is not the survivor's.
        Conflict: `undone_already`; `merged_since`, the survivor was merged away after this merge: that one
            has to be undone first; `case_closed`, their person was found.
    """
    require(by, Permission.MANAGE_GALLERIES, organization=merge.organization_id)
    because = subjects.reason_of(reason)
    with tenant_scope(merge.organization_id):
        cases = subjects.lock_cases([merge.survivor_id])
        gallery = subjects.lock(merge.gallery_id, by)
        survivor = _survivor_of(merge, cases)
        made = _undo(merge, because, by)
        came = set(FaceMove.objects.filter(merge=made, went_to=survivor).values_list("face_id", flat=True))
        still = subjects.faces_of(survivor, came)
        _stand_alone(made)
        back = still | _chosen(survivor, faces)
        subjects.move(gallery, back, survivor, made.merged, because, by, made)
        _give_record_back(made, survivor, by)
        counts = {"faces": len(back), "elsewhere": len(came - still)}
        payload = {"merge": made.public_id, "merged": made.merged.public_id}
        subjects.record("subject.unmerged", survivor, by, **payload, **counts)
    return Apart(made.merged, **counts)


def _survivor_of(merge: SubjectMerge, cases: Collection[UUID]) -> Subject:
    """Return the survivor of a merge, locked.

    Raises:
        Conflict: `merged_since`, they were merged away themselves after it.
    """
    try:
        return subjects.standing(merge.survivor, cases)
    except Conflict as error:
        if error.code != "subject_merged":
            raise
        sentence = f"{merge.survivor} was merged into somebody else after that. Undo the later merge first."
        raise Conflict("merged_since", sentence, **error.detail) from None


def _require_one_case(first: Subject, second: Subject) -> None:
    if first.record and second.record and first.record != second.record:
        sentence = (
            f"{first} is the person of case {first.record}, {second} of case {second.record}. When one of "
            "the two is found, everything about them is erased: unlink the case that is not theirs first."
        )
        raise Conflict("two_cases", sentence, field="subject")


def _keep(first: Subject, second: Subject, because: str, by: Actor) -> SubjectMerge:
    made: SubjectMerge = SubjectMerge.objects.create(
        organization_id=first.organization_id,
        gallery_id=first.gallery_id,
        survivor=first,
        merged=second,
        record=second.record,
        gave_record=second.record is not None and first.record is None,
        reason=because,
        merged_by=by.id,
    )
    return made


def _absorb(made: SubjectMerge, by: Actor) -> None:
    """Let the survivor stand for the merged one, and for whom that one stood for; the case goes along."""
    survivor, merged = made.survivor, made.merged
    Subject.objects.filter(pk=merged.pk).update(merged_into=survivor, record=None)
    Subject.objects.filter(merged_into=merged).update(merged_into=survivor)
    Subject.objects.filter(pk=survivor.pk).update(is_unnamed=False)  # they are somebody by now
    if made.record is not None:
        records.note(made.record, "record.unlinked", by, subject=merged.public_id)
    if made.gave_record and made.record is not None:
        Subject.objects.filter(pk=survivor.pk).update(record=made.record)
        records.note(made.record, "record.linked", by, subject=survivor.public_id)


def _undo(merge: SubjectMerge, because: str, by: Actor) -> SubjectMerge:
    """Mark a merge as undone, once.

    Raises:
        Conflict: `undone_already`.
    """
    rows = SubjectMerge.objects.in_force().filter(pk=merge.pk)
    if not rows.update(undone_at=Now(), undone_by=by.id, undone_because=because):
        raise Conflict("undone_already", "This merge was undone before.")
    made: SubjectMerge = SubjectMerge.objects.select_related("merged", "record").get(pk=merge.pk)
    return made


def _stand_alone(made: SubjectMerge) -> None:
    """Let the merged one stand for themselves again, and for whom they stood for before."""
    Subject.objects.filter(pk=made.merged_id).update(merged_into=None)
    layer = [made.merged_id]
    while layer:
        rows = SubjectMerge.objects.in_force().filter(survivor__in=layer)
        layer = list(rows.values_list("merged_id", flat=True))
        Subject.objects.filter(pk__in=layer).update(merged_into=made.merged_id)


def _give_record_back(made: SubjectMerge, survivor: Subject, by: Actor) -> None:
    """Give the merged one their case back; the survivor keeps it only where it is theirs in another way."""
    if made.record is None:
        return
    Subject.objects.filter(pk=made.merged_id).update(record=made.record)
    records.note(made.record, "record.linked", by, subject=made.merged.public_id)
    if not made.gave_record:
        return
    others = SubjectMerge.objects.in_force().filter(survivor=survivor, record=made.record).order_by("pk")
    if (other := others.first()) is not None:
        SubjectMerge.objects.filter(pk=other.pk).update(gave_record=True)
        return
    Subject.objects.filter(pk=survivor.pk).update(record=None)
    records.note(made.record, "record.unlinked", by, subject=survivor.public_id)


def _chosen(survivor: Subject, faces: Collection[UUID]) -> set[UUID]:
    """Return the faces that were chosen to go along.

    Raises:
        InvalidInput: `face_not_theirs`.
    """
    found = subjects.faces_of(survivor, faces)
    if len(found) != len(set(faces)):
        sentence = f"A chosen face is not one of {survivor}'s any more. Look again."
        raise InvalidInput("face_not_theirs", sentence, field="faces")
    return found
