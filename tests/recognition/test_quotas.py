"""What an organization may take up at once, and which of its own jobs go first."""

from collections.abc import Iterator

import pytest
from django.core.management import call_command

from compliance.models import RulingRecord
from portal.audit.models import Event
from portal.common import files
from portal.common.errors import Conflict, InvalidInput, Refused
from portal.tenancy.actor import Actor
from portal.tenancy.roles import Role
from portal.tenancy.scope import tenant_scope
from recognition import ledger, quotas
from recognition.actions import images, priorities
from recognition.actions.quotas import set_limits
from recognition.archives import Member
from recognition.manifests import Manifest
from recognition.models import Image, Job, Shard, ShardState
from tests.support.jobs import ANNA, new_desk, photo, work_off
from tests.support.threads import together

OPERATOR = Actor.system("operator")


@pytest.fixture(autouse=True)
def quiet(database: None) -> Iterator[None]:
    """Find and leave no open shard: tests of one process share a database."""
    put_away()
    yield
    put_away()


def put_away() -> None:
    Shard.objects.filter(state__in=["ready", "leased", "held"]).update(state=ShardState.CANCELLED)


def desk_with(**limits):
    desk = new_desk()
    set_limits(organization=desk.tenant.organization, values=limits, by=OPERATOR)
    return desk


def detect(desk, number=1):
    return desk.submit("detect", [(f"{n}.png", photo(ANNA)) for n in range(number)], gallery=None)


def photos_of(desk, number):
    files = [(f"{n}.png", photo(ANNA)) for n in range(number)]
    organization = desk.tenant.organization
    return images.receive(organization=organization, files=files, subject_from="filename", by=desk.by)


def files_of(desk):
    return len(files.listing(f"images/{desk.tenant.organization.pk}", most=100))


def subjects(model):
    return [row.public_id for row in model.objects.all()]


def count(desk, model):
    with tenant_scope(desk.tenant.organization):
        return model.objects.count()


def test_more_waiting_photos_than_the_limit_are_refused_with_the_number_and_the_remedy():
    desk = desk_with(waiting_items=3)
    detect(desk, 2)
    with pytest.raises(Refused) as refused:
        detect(desk, 2)
    assert refused.value.code == "quota_waiting_items"
    assert "3 photos waiting in jobs at once: 2 are there, and 2 would come" in refused.value.sentence
    assert count(desk, Job) == 1


def test_what_is_done_waits_no_more():
    desk = desk_with(waiting_items=2)
    detect(desk, 2)
    work_off()
    assert detect(desk, 2).status == "queued"


def test_a_days_limit_counts_what_is_done_too_and_says_when_it_begins_anew():
    desk = desk_with(items_a_day=2)
    detect(desk, 2)
    work_off()
    with pytest.raises(Refused, match="midnight, UTC") as refused:
        detect(desk)
    assert refused.value.code == "quota_items_a_day"


def test_photos_beyond_the_room_are_named_and_not_stored():
    desk = desk_with(stored_photos=2)
    received = images.receive(
        organization=desk.tenant.organization,
        files=[(f"{n}.png", photo(ANNA)) for n in range(3)],
        subject_from="filename",
        by=desk.by,
    )
    assert received.rejected == [{"name": "2.png", "reason": "quota_stored_photos"}]
    with pytest.raises(Refused, match="quota_stored_photos"):
        images.upload(organization=desk.tenant.organization, name="x.png", data=photo(ANNA), by=desk.by)
    assert count(desk, Image) == 2


def test_jobs_submitted_at_once_never_pass_a_limit_together():
    desk = desk_with(waiting_items=5)
    uploads = [photos_of(desk, 2) for _ in range(5)]
    came = together(*[lambda one=one: desk.order("detect", one, gallery=None) for one in uploads])
    assert came.count("quota_waiting_items") == 3
    with tenant_scope(desk.tenant.organization):
        assert quotas.used().waiting_items == 4
        assert not RulingRecord.objects.filter(open=True).exclude(subject__in=subjects(Job)).exists()


def test_a_days_limit_holds_too_for_jobs_submitted_at_once():
    desk = desk_with(items_a_day=3)
    uploads = [photos_of(desk, 1) for _ in range(6)]
    came = together(*[lambda one=one: desk.order("detect", one, gallery=None) for one in uploads])
    assert came.count("quota_items_a_day") == 3
    assert count(desk, Job) == 3


def test_photos_sent_at_once_never_pass_a_limit_together():
    desk = desk_with(stored_photos=3)
    received = together(*[lambda: photos_of(desk, 2)] * 4)
    assert sum(len(one.photos) for one in received) == 3
    assert sum(len(one.rejected) for one in received) == 5
    assert files_of(desk) == 3


def test_single_photos_sent_at_once_never_pass_a_limit_together():
    desk = desk_with(stored_photos=2)
    send = {"organization": desk.tenant.organization, "name": "a.png", "by": desk.by}
    came = together(*[lambda: images.upload(data=photo(ANNA), **send)] * 5)
    assert came.count("quota_stored_photos") == 3
    assert files_of(desk) == 2


def test_limits_of_the_installation_count_where_an_organization_has_none_of_its_own(settings):
    settings.QUOTAS = settings.QUOTAS | {"waiting_items": 1}
    with pytest.raises(Refused, match="quota_waiting_items"):
        detect(new_desk(), 2)
    assert detect(desk_with(waiting_items=2), 2).status == "queued"


def test_members_cannot_raise_their_own_limits():
    desk = new_desk()
    with pytest.raises(Refused, match="officers_only"):
        set_limits(organization=desk.tenant.organization, values={"items_a_day": 10**6}, by=desk.by)
    assert not Event.objects.filter(verb="quota.set", target=desk.tenant.organization.public_id).exists()


def test_a_limit_of_nothing_is_not_a_limit():
    with pytest.raises(InvalidInput, match="quota_too_small"):
        desk_with(items_a_day=-1)


def test_the_operators_command_sets_and_shows_limits(capsys):
    desk = new_desk()
    detect(desk, 2)
    call_command("quota", desk.tenant.organization.public_id, "--waiting-items=7")
    assert "2 of 7" in capsys.readouterr().out
    call_command("quota", desk.tenant.organization.public_id, "--waiting-items=0")
    with tenant_scope(desk.tenant.organization):
        assert quotas.limits().waiting_items == 100_000


def test_an_urgent_job_goes_before_an_older_one_and_back_in_line():
    desk = new_desk()
    older, newer = detect(desk), detect(desk)
    priorities.put_first(job=newer, by=desk.by)
    claim = ledger.claim("test:worker")
    assert claim.job_id == newer.pk
    ledger.give_back(claim)
    priorities.put_in_line(job=newer, by=desk.by)
    assert ledger.claim("test:worker").job_id == older.pk
    assert Event.objects.filter(target=newer.public_id, verb="job.prioritized").count() == 2


def test_a_job_that_has_ended_has_no_place_any_more():
    desk = new_desk()
    job = detect(desk)
    priorities.put_first(job=job, by=desk.by)
    work_off()
    with pytest.raises(Conflict, match="nothing_left"):
        priorities.put_in_line(job=desk.reload(job), by=desk.by)


@pytest.mark.parametrize("role", [Role.ANALYST, Role.REVIEWER, Role.AUDITOR])
def test_whoever_does_not_answer_for_others_work_calls_none_urgent(role):
    desk = new_desk()
    job = detect(desk)
    analyst = Actor("user", desk.by.id, "x", organization_id=desk.tenant.organization.pk, role=role)
    with pytest.raises(Refused):
        priorities.put_first(job=job, by=analyst)
    assert Shard.objects.get(job_id=job.pk).priority == 0


def test_a_program_cannot_call_its_own_job_urgent():
    desk = new_desk()
    job = detect(desk)
    program = Actor("key", "key_x", "x", organization_id=desk.tenant.organization.pk)
    with pytest.raises(Refused):
        priorities.put_first(job=job, by=program)
    assert Shard.objects.get(job_id=job.pk).priority == 0


def test_files_that_are_refused_anyway_take_no_room():
    desk = desk_with(stored_photos=1)
    received = images.receive_members(
        desk.tenant.organization,
        [Member("../a.png", reason="archive_path"), Member("b.png", photo(ANNA))],
        "filename",
        Manifest(),
        by=desk.by,
    )
    assert [one.image.name for one in received.photos] == ["b.png"]
