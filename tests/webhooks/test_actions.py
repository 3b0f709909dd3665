"""What an administrator does with endpoints, who else may not, and what is kept of it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone

from portal.audit import sequencer
from portal.audit.models import Event
from portal.common.errors import Conflict, InvalidInput, NotFound, Refused
from portal.tenancy.access import get_or_404
from portal.tenancy.models import StoredDataKey
from portal.tenancy.roles import Role
from portal.tenancy.scope import ScopeRequired, tenant_scope
from portal.web import doctor
from portal.webhooks import actions, following, keeping, replays
from portal.webhooks.models import Delivery, Endpoint, Secret, Turn
from recognition import upkeep
from recognition.actions import rotations
from tests.webhooks.conftest import BY, happen, hook


def verbs_about(hook) -> list[str]:
    return [event.verb for event in Event.objects.all().about(hook.endpoint.public_id)]


def test_a_secret_is_sealed_and_nowhere_in_the_clear(world, alices):
    with connection.cursor() as cursor, tenant_scope(world.alice.organization):
        cursor.execute("SELECT sealed FROM webhooks_secret WHERE endpoint_id = %s", [alices.endpoint.pk])
        [(sealed,)] = cursor.fetchall()
    assert bytes(sealed)[:4] == b"CTE2"
    assert alices.secret.removeprefix("whsec_").encode() not in bytes(sealed)
    assert alices.secret not in str(list(Event.objects.values_list("payload", flat=True)))


def test_each_step_stands_in_the_trail(world, alices):
    actions.change(endpoint=alices.endpoint, description="Case system", by=BY)
    actions.change(endpoint=alices.endpoint, enabled=False, by=BY)
    actions.change(endpoint=alices.endpoint, enabled=True, by=BY)
    actions.renew_secret(endpoint=alices.endpoint, by=BY)
    replays.test(endpoint=alices.endpoint, by=BY)
    replays.replay_failed(endpoint=alices.endpoint, since=timezone.now(), by=BY)
    assert verbs_about(alices) == [
        "webhook.created", "webhook.changed", "webhook.disabled", "webhook.enabled",
        "webhook.secret_renewed", "webhook.tested", "webhook.replayed",
    ]  # fmt: skip


def test_a_change_to_what_it_is_already_changes_nothing(world, alices):
    actions.change(endpoint=alices.endpoint, enabled=True, by=BY)
    assert verbs_about(alices) == ["webhook.created"]


@pytest.mark.parametrize("role", [Role.ANALYST, Role.APPROVER, Role.REVIEWER, Role.AUDITOR])
def test_only_administrators_touch_webhooks(world, alices, role):
    member = replace(world.alice.actor, role=role)
    steps = (
        lambda: actions.create(organization=world.alice.organization, url="https://x.example.org", by=member),
        lambda: actions.change(endpoint=alices.endpoint, enabled=False, by=member),
        lambda: actions.delete(endpoint=alices.endpoint, by=member),
        lambda: actions.renew_secret(endpoint=alices.endpoint, by=member),
        lambda: replays.test(endpoint=alices.endpoint, by=member),
        lambda: replays.replay_failed(endpoint=alices.endpoint, since=timezone.now(), by=member),
    )
    for step in steps:
        with pytest.raises(Refused, match="permission"):
            step()
    assert verbs_about(alices) == ["webhook.created"]


def test_to_a_stranger_a_webhook_does_not_exist(world, alices):
    with pytest.raises(NotFound):
        get_or_404(Endpoint, world.charlie.actor, alices.endpoint.public_id)
    with pytest.raises(NotFound):
        actions.delete(endpoint=alices.endpoint, by=world.charlie.actor)


def test_rows_of_others_are_behind_two_walls(world, alices):
    happen(world.alice.organization)
    following.follow()
    with pytest.raises(ScopeRequired):
        Delivery.objects.count()
    with tenant_scope(world.charlie.organization), connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM webhooks_endpoint), (SELECT count(*) FROM webhooks_secret), "
            "(SELECT count(*) FROM webhooks_delivery)"
        )
        assert cursor.fetchone() == (0, 0, 0)


def test_an_organization_has_ten_webhooks_at_most(world, receiver):
    for _ in range(actions.MOST_ENDPOINTS):
        hook(world.alice.organization, receiver.url)
    with pytest.raises(Conflict, match="too_many_webhooks"):
        hook(world.alice.organization, receiver.url)


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"url": "https://10.0.0.1/"}, "target_forbidden"),
        ({"url": "https://169.254.169.254/latest/"}, "target_forbidden"),
        ({"url": "ftp://example.org/"}, "target"),
        ({"types": ["job.released", "job.invented"]}, "type_unknown"),
        ({"types": ["webhook.test"]}, "type_unknown"),
        ({"description": "x" * 201}, "description_long"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_made(world, receiver, alices, values, code):
    wanted = {"url": receiver.url} | values
    with pytest.raises(InvalidInput, match=code):
        actions.create(organization=world.alice.organization, by=BY, **wanted)
    with pytest.raises(InvalidInput, match=code):
        actions.change(endpoint=alices.endpoint, by=BY, **values)
    with tenant_scope(world.alice.organization):
        assert Endpoint.objects.count() == 1
    assert alices.stored().url == receiver.url


def test_two_secrets_at_most_are_in_force(world, alices):
    for _ in range(3):
        actions.renew_secret(endpoint=alices.endpoint, by=BY)
    with tenant_scope(world.alice.organization):
        assert Secret.objects.filter(endpoint=alices.endpoint).in_force().count() == 2


@pytest.mark.parametrize("hours", [-1, 169])
def test_an_old_secret_signs_for_a_week_at_most(world, alices, hours):
    with pytest.raises(InvalidInput, match="overlap"):
        actions.renew_secret(endpoint=alices.endpoint, overlap_hours=hours, by=BY)


def test_a_replay_is_sent_under_the_same_id(world, receiver, alices, work):
    happen(world.alice.organization)
    work()
    replays.replay(delivery=alices.delivery(), by=BY)
    work()
    assert len(receiver.got) == 2
    assert len({got.headers["webhook-id"] for got in receiver.got}) == 1


def test_all_that_failed_since_a_moment_is_replayed_and_nothing_else(world, receiver, alices, work):
    receiver.statuses = [200]
    happen(world.alice.organization, target="job_good")
    work()
    for number in range(3):
        happen(world.alice.organization, target=f"job_{number}")
    following.follow()
    with tenant_scope(world.alice.organization):
        Delivery.objects.waiting().update(status="failed", reason="status", attempts=10)
        Delivery.objects.filter(data__id="job_0").update(occurred_at=F("occurred_at") - timedelta(days=2))
    since = timezone.now() - timedelta(days=1)
    assert replays.replay_failed(endpoint=alices.endpoint, since=since, by=BY) == 2
    work()
    assert len(receiver.got) == 3
    assert sorted((one.data["id"], one.status) for one in alices.deliveries()) == [
        ("job_0", "failed"), ("job_1", "delivered"), ("job_2", "delivered"), ("job_good", "delivered"),
    ]  # fmt: skip


def test_nothing_is_sent_to_what_is_switched_off(world, alices):
    happen(world.alice.organization)
    following.follow()
    actions.change(endpoint=alices.endpoint, enabled=False, by=BY)
    steps = (
        lambda: replays.test(endpoint=alices.endpoint, by=BY),
        lambda: replays.replay(delivery=alices.delivery(), by=BY),
        lambda: replays.replay_failed(endpoint=alices.endpoint, since=timezone.now(), by=BY),
    )
    for step in steps:
        with pytest.raises(Conflict, match="webhook_disabled"):
            step()
    assert Turn.objects.get(pk=alices.endpoint.pk).due_at is None


def test_a_deleted_webhook_leaves_nothing_but_its_events(world, alices):
    happen(world.alice.organization)
    following.follow()
    actions.delete(endpoint=alices.endpoint, by=BY)
    with tenant_scope(world.alice.organization):
        assert (Endpoint.objects.count(), Secret.objects.count(), Delivery.objects.count()) == (0, 0, 0)
    assert verbs_about(alices) == ["webhook.created", "webhook.deleted"]


def test_deliveries_are_kept_for_thirty_days_and_ended_secrets_not_at_all(world, receiver, alices, work):
    for target in ("job_old", "job_new"):
        happen(world.alice.organization, target=target)
    work()
    actions.renew_secret(endpoint=alices.endpoint, by=BY, overlap_hours=0)
    with tenant_scope(world.alice.organization):
        old = Delivery.objects.filter(data__id="job_old")
        old.update(created_at=F("created_at") - keeping.KEPT)
    keeping.sweep()
    assert [one.data["id"] for one in alices.deliveries()] == ["job_new"]
    with tenant_scope(world.alice.organization):
        assert Secret.objects.filter(endpoint=alices.endpoint).count() == 1


def test_secrets_are_sealed_anew_under_a_new_data_key(world, receiver, alices, work):
    rotations.start(organization=world.alice.organization, reason="theft", by=world.alice.actor)
    while upkeep.run():
        pass
    assert StoredDataKey.objects.living().filter(organization=world.alice.organization).count() == 1
    happen(world.alice.organization)
    work()
    [got] = receiver.got
    assert alices.verify(got)["type"] == "job.queued"


def faults() -> str:
    return " ".join(finding.sentence for finding in doctor.webhooks())


def test_doctor_says_what_waits_where_no_worker_runs(world, alices):
    before = faults()
    happen(world.alice.organization)
    following.follow()
    alices.pass_time(timedelta(minutes=6))
    assert before == ""
    assert "waited for more than five minutes: 1." in faults()


def test_doctor_says_where_nobody_reads_the_trail(world, alices):
    happen(world.alice.organization)
    assert faults() == ""  # it happened this very moment
    following.follow()
    long_ago = timezone.now() - timedelta(minutes=6)
    owner = str(world.alice.organization.pk)
    Event.objects.create(verb="job.queued", actor="system:test", organization=owner, at=long_ago)
    sequencer.run()
    assert "was not read yet" in faults()
    following.follow()
    assert "was not read yet" not in faults()


@pytest.mark.parametrize(
    "step",
    [
        lambda endpoint: actions.change(endpoint=endpoint, description="Case system", by=BY),
        lambda endpoint: actions.delete(endpoint=endpoint, by=BY),
        lambda endpoint: actions.renew_secret(endpoint=endpoint, by=BY),
        lambda endpoint: replays.test(endpoint=endpoint, by=BY),
        lambda endpoint: replays.replay_failed(endpoint=endpoint, since=timezone.now(), by=BY),
    ],
)
def test_a_webhook_that_was_deleted_meanwhile_is_not_there(alices, step):
    actions.delete(endpoint=alices.endpoint, by=BY)
    with pytest.raises(NotFound):
        step(alices.endpoint)
    assert verbs_about(alices)[-1] == "webhook.deleted"
