"""What a job may ask for, whatever door it comes through."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from compliance.models import RulingRecord
from portal.common.errors import InvalidInput, NotFound, Refused
from portal.tenancy.actions import keys
from portal.tenancy.actor import Actor
from portal.tenancy.scope import tenant_scope
from recognition.actions import galleries, images
from recognition.actions.images import Received
from recognition.models import Job
from tests.support.jobs import ANNA, FACTS, Desk, new_desk, photo


@pytest.fixture
def desk(database: None) -> Desk:
    return new_desk()


def actor_of_key(desk: Desk, **changes) -> Actor:
    values = {
        "organization": desk.tenant.organization,
        "name": "Program",
        "purpose": "find_missing_child",
        "end_user_id": desk.tenant.itself.pk,
        "expires_at": timezone.now() + timedelta(days=9),
        "by": desk.by,
    }
    return Actor.for_key(keys.create(**values | changes).key)


def received(desk: Desk, name: str = "anna.png") -> Received:
    return images.receive(
        organization=desk.tenant.organization,
        files=[(name, photo(ANNA))],
        subject_from="filename",
        by=desk.by,
    )


def ruling_on(desk: Desk, refusal: Refused) -> RulingRecord:
    with tenant_scope(desk.tenant.organization):
        return RulingRecord.objects.with_public_id(refusal.detail["ruling"])


def test_a_key_is_refused_another_purpose_and_the_ruling_is_kept(desk):
    program = actor_of_key(desk, purpose="photo_organization")
    with pytest.raises(Refused, match="other_purpose") as refusal:
        desk.order("detect", received(desk), by=program, gallery=None)
    assert ruling_on(desk, refusal.value).rule == "key-bound"


def test_a_key_is_refused_another_end_user_and_the_ruling_is_kept(desk):
    program = actor_of_key(desk, end_user_id=uuid4())
    with pytest.raises(Refused, match="other_end_user") as refusal:
        desk.order("search", received(desk), by=program)
    assert ruling_on(desk, refusal.value).outcome == "refused"


def test_a_key_with_scopes_may_do_no_more_than_they_name(desk):
    reader = actor_of_key(desk, scopes=["view_results"])
    with pytest.raises(Refused, match="permission"):
        desk.order("search", received(desk), by=reader)
    with tenant_scope(desk.tenant.organization):
        assert not Job.objects.filter(submitted_by=reader.id).exists()


def test_a_gallery_serves_no_purpose_but_its_own(desk):
    other = galleries.create(
        organization=desk.tenant.organization,
        name="Doors",
        purpose="access_control_1toN",
        legal_basis="Contract",
        owner="Facilities",
        retention_days=30,
        image_source="own_customers",
        by=desk.by,
    )
    with pytest.raises(Refused, match="gallery_purpose"):
        desk.order("search", received(desk), gallery=other)


def test_a_key_of_another_purpose_does_not_see_the_gallery(desk):
    with pytest.raises(NotFound):
        desk.order("search", received(desk), by=actor_of_key(desk, purpose="photo_organization"))


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        ("purpose", "photo_organization"),
        ("gallery_source", "data_set"),
        ("threshold", 99),
        ("gallery_size", 0),
    ],
)
def test_declared_facts_override_nothing_of_the_job_or_its_gallery(desk, fact, value):
    job = desk.order("search", received(desk), facts=FACTS | {fact: value})
    with tenant_scope(desk.tenant.organization):
        ruling = RulingRecord.objects.about(job.public_id).last()
    assert ruling.facts["purpose"] == "find_missing_child"
    assert ruling.facts["gallery_source"] == "guardian"
    assert ruling.facts["threshold"] == 80.0


def test_photos_of_one_source_are_not_enrolled_as_of_another(desk):
    with pytest.raises(InvalidInput, match="image_source_differs"):
        desk.order("enroll", received(desk), facts=FACTS | {"probe_source": "open_web"})


def test_a_name_too_long_for_a_subject_is_refused_before_anything_is_ruled_on(desk):
    with pytest.raises(InvalidInput, match="subject_too_long"):
        desk.order("enroll", received(desk, f"{'a' * 300}.png"))


def test_a_name_that_no_record_can_keep_is_marked(desk):
    got = received(desk, "an\x00na\ud800.png")
    assert (got.photos[0].image.name, got.photos[0].subject) == ("an\ufffdna\ufffd.png", "an\ufffdna\ufffd")
