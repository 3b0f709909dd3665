"""Synchronous calls: what is answered, what is counted, and what is kept."""

import pytest

from portal.audit.models import Event
from portal.common.clock import database_now
from portal.common.errors import InvalidInput, NotFound, Refused
from portal.tenancy.scope import tenant_scope
from recognition import line, usage
from recognition.actions import calls, known
from recognition.actions.pictures import Picture
from recognition.models import Call, Face, Image, Job, Subject
from tests.support.calls import asked, serving
from tests.support.jobs import ANNA, BORIS, CLARA, NOBODY, Desk, new_desk, photo, work_off

WHITE = (255, 255, 255)


@pytest.fixture
def desk(database: None) -> Desk:
    desk = new_desk()
    desk.submit("enroll", [("anna.png", photo(ANNA)), ("boris.png", photo(BORIS))])
    work_off()
    return desk


def search(desk: Desk, data: bytes, **changes):
    options = {name: changes.pop(name) for name in ("only_largest", "bar") if name in changes}
    with serving():
        return calls.search(picture=Picture(data), **options, **asked(desk, **changes))


def names(answered) -> list[str]:
    return [named.face.subject.name for own in answered.candidates.values() for named in own]


def recorded(desk: Desk) -> list[Call]:
    with tenant_scope(desk.tenant.organization):
        return list(Call.objects.order_by("pk"))


def test_a_person_who_is_enrolled_is_a_candidate(desk):
    answered = search(desk, photo(ANNA))
    assert names(answered) == ["anna"]
    assert answered.candidates[0][0].similarity >= answered.call.threshold


def test_an_answer_says_the_threshold_what_set_it_and_what_errors_to_expect(desk):
    answered = search(desk, photo(ANNA), threshold=85.0)
    assert (answered.call.threshold, answered.call.threshold_reason) == (85.0, "asked")
    assert answered.expected.false_candidates.value > 0
    assert 0 < answered.expected.missed.value < 1


def test_a_budget_of_the_key_raises_the_threshold(desk):
    answered = search(desk, photo(ANNA), threshold=0.0, budget=0.0001)
    assert answered.call.threshold_reason == "budget"
    assert answered.expected.false_candidates.value == pytest.approx(0.0001, rel=0.05)


def test_a_stranger_is_nobody_and_was_searched_for(desk):
    answered = search(desk, photo(CLARA))
    assert (dict(answered.candidates), answered.left_out) == ({0: ()}, ())


def test_a_photo_without_a_face_is_answered_as_such_and_not_as_nobody_found(desk):
    answered = search(desk, photo(NOBODY))
    assert (dict(answered.candidates), answered.photos[0].reason) == ({}, "no_face")


def test_a_face_that_could_not_be_searched_is_named_with_its_reason(desk):
    answered = search(desk, photo(WHITE))
    assert [(one.index, one.reason) for one in answered.left_out] == [(0, "face_too_small")]
    assert answered.call.left_out == {"face_too_small": 1}


def test_a_face_below_the_quality_that_was_asked_for_is_not_searched(desk):
    small = search(desk, photo(ANNA), bar="HIGH")
    assert (names(small), small.left_out) == (["anna"], ())
    with pytest.raises(InvalidInput, match="quality_unknown"):
        search(desk, photo(ANNA), bar="BEST")


def test_nothing_but_counts_is_kept_of_a_search(desk):
    with tenant_scope(desk.tenant.organization):
        before = Image.objects.count(), Job.objects.count()
    answered = search(desk, photo(ANNA))
    [call] = recorded(desk)
    with tenant_scope(desk.tenant.organization):
        assert (Image.objects.count(), Job.objects.count()) == before
    assert (call.faces, call.candidates, call.ruling) == (1, 1, answered.ruling.public_id)


def test_nothing_of_a_call_is_left_in_redis_once_it_was_answered(desk):
    answered = search(desk, photo(ANNA))
    assert answered.photos
    assert not list(line._redis().scan_iter(f"*{answered.call.pk}*"))


def test_a_call_leaves_an_event_and_counts_as_used(desk):
    today = database_now().date()
    with tenant_scope(desk.tenant.organization):
        before = usage.between(today, today)
    answered = search(desk, photo(ANNA))
    event = Event.objects.get(target=answered.call.public_id, verb="call.answered")
    with tenant_scope(desk.tenant.organization):
        assert usage.between(today, today) == before + 1
    assert event.payload["ruling"] == answered.ruling.public_id


def test_the_ruling_on_a_call_is_closed_with_it(desk):
    answered = search(desk, photo(ANNA))
    with tenant_scope(desk.tenant.organization):
        answered.ruling.refresh_from_db(fields=["open"])
    assert not answered.ruling.open


def test_faces_of_a_photo_are_shown_without_comparing_anybody(desk):
    with serving():
        answered = calls.detect(picture=Picture(photo(ANNA)), **asked(desk, "detect"))
    assert len(answered.photos[0].faces) == 1
    assert (answered.expected, dict(answered.similarities)) == (None, {})


def compare(desk: Desk, source: bytes, target: bytes):
    with serving():
        pair = {"source": Picture(source), "target": Picture(target)}
        return calls.compare(**pair, **asked(desk, "compare"))


def test_two_photos_of_one_person_are_alike_and_those_of_two_are_not(desk):
    alike, not_alike = (compare(desk, photo(ANNA), photo(other)) for other in (ANNA, BORIS))
    assert alike.similarities[0] >= alike.call.threshold > not_alike.similarities[0]
    assert (alike.call.candidates, not_alike.call.candidates) == (1, 0)


def test_a_photo_without_a_usable_face_is_not_compared_and_says_so(desk):
    answered = compare(desk, photo(ANNA), photo(WHITE))
    assert dict(answered.similarities) == {}
    assert [(one.side, one.reason) for one in answered.left_out] == [(0, "other_face"), (1, "face_too_small")]


def enrolled(desk: Desk, name: str) -> Face:
    with tenant_scope(desk.tenant.organization):
        return Face.objects.get(gallery=desk.gallery, subject__name=name)


def test_an_enrolled_face_finds_others_and_never_itself_without_a_worker(desk):
    desk.submit("enroll", [("annie.png", photo(ANNA))])
    work_off()
    answered = known.search_face(face=enrolled(desk, "anna"), **asked(desk, facts=FACTS_OF_FACE))
    assert names(answered) == ["annie"]


FACTS_OF_FACE = {"requested_by": "self", "case_reference": "CASE-1", "subject_class": "missing_child",
                 "recipient": None}  # fmt: skip


def test_a_subject_is_searched_for_with_all_faces_and_is_no_candidate(desk):
    desk.submit("enroll", [("anna.png", photo(ANNA)), ("annie.png", photo(ANNA))])
    work_off()
    with tenant_scope(desk.tenant.organization):
        anna = Subject.objects.get(gallery=desk.gallery, name="anna")
    answered = known.search_subject(subject=anna, **asked(desk, facts=FACTS_OF_FACE))
    assert set(names(answered)) == {"annie"}
    assert [named.face.subject.name for named in answered.best_by_subject.values()] == ["annie"]


def test_a_gallery_of_somebody_else_is_not_there(desk):
    other = new_desk("Elsewhere")
    with serving(), pytest.raises(NotFound):
        calls.search(picture=Picture(photo(ANNA)), **asked(desk, gallery=other.gallery))


def test_a_search_for_a_person_names_a_case(desk):
    facts = {"requested_by": "self", "subject_class": "missing_child", "recipient": None,
             "probe_source": "case_file"}  # fmt: skip
    with pytest.raises(Refused, match="case_record_missing") as refused:
        search(desk, photo(ANNA), facts=facts)
    assert (recorded(desk), bool(refused.value.detail["decision"])) == ([], True)


def test_a_file_that_is_no_photo_is_refused_before_anybody_looks(desk):
    with pytest.raises(InvalidInput, match="image_format"):
        search(desk, b"GIF89a not a photo")
    assert recorded(desk) == []
