import hashlib
from datetime import timedelta

import pytest
from django.db.models.functions import Now

from compliance.actions.alerts import Alert
from compliance.models import Case, Sample
from compliance.models.cases import CaseKind
from portal.common.ids import uuid7
from portal.tenancy.scope import officer_scope, tenant_scope
from recognition.actions import galleries, watch
from recognition.models import ExportedImage, Job, Shard, ShardState
from recognition.models.exports import keyed
from tests.compliance.conftest import determine
from tests.support.jobs import ANNA, BORIS, FACTS, Desk, new_desk, photo, work_off


@pytest.fixture
def desk(database: None, monkeypatch) -> Desk:
    """Nothing is drawn by chance here, and no job of an earlier test waits to be looked at."""
    monkeypatch.setattr(watch.secrets, "randbelow", lambda most: most - 1)
    Shard.objects.filter(state__in=["ready", "leased", "held"]).update(state=ShardState.CANCELLED)
    return new_desk()


def search(desk: Desk, photos: int = 1, **changes) -> Job:
    return desk.submit("search", [(f"{n}.png", photo(ANNA)) for n in range(photos)], **changes)


def claimed(desk: Desk, job: Job, total: int, **changes) -> Job:
    """Let a job count as one of so many photos."""
    with tenant_scope(desk.tenant.organization):
        Job.objects.filter(pk=job.pk).update(total=total, **changes)
    return job


def samples_of(desk: Desk) -> list[Sample]:
    with tenant_scope(desk.tenant.organization):
        return list(Sample.objects.all())


def alerts_of(desk: Desk) -> list[str]:
    with officer_scope():
        rows = Case.objects.filter(organization=desk.tenant.organization, kind=CaseKind.ALERT)
        return [case.subject.partition(":")[0] for case in rows]


def test_one_job_in_fifty_is_asked_about(desk, monkeypatch):
    monkeypatch.setattr(watch.secrets, "randbelow", lambda most: 0)
    job = search(desk)
    watch.watch()
    [sample] = samples_of(desk)
    assert (sample.subject, sample.reason, sample.stated_reference) == (job.public_id, "random", "CASE-1")


def test_an_ordinary_job_is_looked_at_once_and_left_alone(desk):
    job = search(desk)
    watch.watch()
    assert desk.reload(job).watched_at is not None
    assert (samples_of(desk), alerts_of(desk)) == ([], [])


def test_a_refused_job_is_not_asked_about(desk, monkeypatch):
    monkeypatch.setattr(watch.secrets, "randbelow", lambda most: 0)
    with pytest.raises(Exception, match="no-suspect"):
        search(desk, facts=FACTS | {"subject_class": "suspect"})
    watch.watch()
    assert samples_of(desk) == []


def test_a_job_far_larger_than_usual_is_asked_about(desk):
    for _ in range(watch.OUTLIER_HISTORY):
        search(desk)
    claimed(desk, search(desk), 500)
    watch.watch()
    assert [sample.reason for sample in samples_of(desk)] == ["outlier"]


def test_many_photos_against_a_few_fresh_people_open_a_case(desk):
    desk.submit("enroll", [("anna.png", photo(ANNA)), ("boris.png", photo(BORIS))])
    work_off()
    claimed(desk, search(desk), watch.FRESH_PHOTOS)
    watch.watch()
    assert alerts_of(desk) == [Alert.FRESH_SUBJECTS]


def test_people_with_several_photos_are_a_gallery_like_any_other(desk):
    desk.submit("enroll", [("anna.png", photo(ANNA))])
    desk.submit("enroll", [("anna.png", photo(ANNA))])
    work_off()
    claimed(desk, search(desk), watch.FRESH_PHOTOS)
    watch.watch()
    assert alerts_of(desk) == []


def test_one_photo_under_two_purposes_opens_one_case(desk):
    data = photo(ANNA)
    desk.submit("search", [("a.png", data)])
    other = second_gallery(desk)
    for _ in range(2):
        desk.submit(
            "search",
            [("a.png", data)],
            gallery=other,
            purpose="find_missing_adult",
            facts=FACTS | {"subject_class": "missing_adult"},
        )
    watch.watch()
    assert alerts_of(desk) == [Alert.PROBE_ACROSS_PURPOSES]


def second_gallery(desk: Desk):
    determine(desk.tenant, "find_missing_adult")
    return galleries.create(
        organization=desk.tenant.organization,
        name="Missing adults",
        purpose="find_missing_adult",
        legal_basis="Families' consent",
        owner="Case team",
        retention_days=365,
        image_source="guardian",
        jurisdictions=["US"],
        by=desk.by,
    )


def test_a_day_of_far_more_photos_than_the_month_before_opens_a_case(desk):
    claimed(desk, search(desk), 30, created_at=Now() - timedelta(days=10))
    claimed(desk, search(desk), 1500)
    watch.watch()
    assert Alert.VOLUME_JUMP in alerts_of(desk)


def test_the_first_week_of_an_organization_is_no_jump(desk):
    claimed(desk, search(desk), 5000)
    watch.watch()
    assert alerts_of(desk) == []


def exported_by(owner: Desk, data: bytes) -> None:
    """Let a photo have left an organization as part of a lead."""
    ExportedImage.objects.create(
        digest=keyed(hashlib.sha256(data).hexdigest()),
        export_id=uuid7(),
        organization_id=owner.tenant.organization.pk,
    )


def test_a_photo_of_another_organizations_lead_is_not_looked_at(desk):
    data = photo(ANNA)
    exported_by(new_desk("Other charity"), data)
    job = desk.submit("search", [("lead.png", data), ("own.png", photo(BORIS))])
    work_off()
    assert [(item.status, item.reason) for item in desk.items(job)] == [("failed", "reimport"), ("done", "")]
    watch.watch()
    assert alerts_of(desk) == [Alert.REIMPORT]


def test_what_an_organization_exported_itself_it_may_look_at_again(desk):
    data = photo(ANNA)
    exported_by(desk, data)
    job = desk.submit("search", [("own.png", data)])
    work_off()
    assert [item.reason for item in desk.items(job)] == [""]
    watch.watch()
    assert alerts_of(desk) == []
