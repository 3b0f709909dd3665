from datetime import date, timedelta

import pytest
from django.utils import timezone

from portal.audit.models import Event
from portal.common import envelope
from portal.common.errors import Conflict, InvalidInput, NotFound, Refused
from portal.tenancy import secrets
from portal.tenancy.actions import keys, members
from portal.tenancy.actor import Actor
from portal.tenancy.models import ApiKey, Invitation, Membership
from portal.tenancy.roles import Role
from tests.compliance.conftest import new_user
from tests.support.jobs import Desk, new_desk


@pytest.fixture
def desk(database) -> Desk:
    return new_desk()


def join(desk: Desk, role: Role) -> tuple[Membership, Actor]:
    user = new_user(role.value)
    membership = members.add(organization=desk.tenant.organization, user=user, role=role, by=desk.by)
    return membership, Actor.for_user(user, membership)


def make_key(desk: Desk, **values):
    given = {
        "organization": desk.tenant.organization,
        "name": "importer",
        "purpose": "find_missing_child",
        "end_user_id": desk.tenant.itself.pk,
        "expires_at": timezone.now() + timedelta(days=30),
        "by": desk.by,
    }
    return keys.create(**given | values)


def test_an_invitation_lets_the_invited_address_join_once(desk):
    guest = new_user("guest")
    invitation, secret = members.invite(
        organization=desk.tenant.organization, email=guest.email.upper(), role=Role.ANALYST, by=desk.by
    )
    assert secret not in str(Invitation.objects.filter(pk=invitation.pk).values().get())
    assert members.accept(secret=secret, user=guest).role == Role.ANALYST
    with pytest.raises(NotFound, match="invitation_gone"):
        members.accept(secret=secret, user=guest)


def test_an_invitation_is_for_its_address_only(desk):
    _, secret = members.invite(
        organization=desk.tenant.organization, email="a@example.org", role=Role.ANALYST, by=desk.by
    )
    with pytest.raises(Refused, match="other_address"):
        members.accept(secret=secret, user=new_user("other"))


@pytest.mark.parametrize("secret", ["", "wrong"])
def test_an_unknown_invitation_is_gone(database, secret):
    with pytest.raises(NotFound, match="invitation_gone"):
        members.find_invitation(secret)


def test_an_expired_invitation_is_gone(desk):
    invitation, secret = members.invite(
        organization=desk.tenant.organization, email="b@example.org", role=Role.ANALYST, by=desk.by
    )
    Invitation.objects.filter(pk=invitation.pk).update(expires_at=timezone.now())
    with pytest.raises(NotFound):
        members.find_invitation(secret)


def test_nobody_changes_their_own_role_or_removes_themselves(desk):
    own = Membership.objects.get(organization=desk.tenant.organization, user=desk.tenant.administrator)
    with pytest.raises(Refused, match="self_grant"):
        members.change_role(membership=own, role=Role.APPROVER, by=desk.by)
    with pytest.raises(Refused, match="self_grant"):
        members.remove(membership=own, by=desk.by)
    with pytest.raises(Refused, match="self_grant"):
        members.record_training(membership=own, trained_on=date(2026, 1, 1), by=desk.by)


def test_the_last_administrator_stays(desk):
    second, actor = join(desk, Role.ADMINISTRATOR)
    first = Membership.objects.get(organization=desk.tenant.organization, user=desk.tenant.administrator)
    members.remove(membership=first, by=actor)
    with pytest.raises(Refused):
        members.change_role(membership=second, role=Role.ANALYST, by=desk.by)


def test_only_administrators_add_members(desk):
    _, analyst = join(desk, Role.ANALYST)
    with pytest.raises(Refused, match="permission"):
        members.add(organization=desk.tenant.organization, user=new_user("x"), role=Role.ANALYST, by=analyst)


def test_a_member_is_added_once(desk):
    membership, _ = join(desk, Role.ANALYST)
    with pytest.raises(Conflict, match="already_member"):
        members.add(
            organization=desk.tenant.organization, user=membership.user, role=Role.AUDITOR, by=desk.by
        )


def test_a_key_authenticates_by_its_bearer_secret_which_is_stored_nowhere(desk):
    made = make_key(desk)
    assert keys.authenticate(made.bearer).pk == made.key.pk
    stored = str(ApiKey.objects.filter(pk=made.key.pk).values().get())
    assert made.bearer.split("_", 2)[2] not in stored
    assert made.secret_access_key not in stored
    assert made.bearer not in repr(made)


def test_the_signing_secret_opens_under_the_organizations_data_key(desk):
    made = make_key(desk)
    row = ApiKey.objects.get(pk=made.key.pk)
    key = secrets.data_key(desk.tenant.organization)
    assert (
        envelope.open_sealed(key, bytes(row.signing_secret), row.pk.bytes).decode() == made.secret_access_key
    )


@pytest.mark.parametrize("spoil", ["", "x", "ck_", "ck_000000000000_x", "sk_a_b", "ck_é_é"])
def test_a_wrong_bearer_is_refused_without_a_reason(database, spoil):
    with pytest.raises(Refused, match="key_invalid"):
        keys.authenticate(spoil)


def test_a_revoked_or_expired_key_is_refused_like_a_wrong_one(desk):
    revoked, expired = make_key(desk), make_key(desk)
    keys.revoke(key=revoked.key, by=desk.by)
    ApiKey.objects.filter(pk=expired.key.pk).update(expires_at=timezone.now())
    for made in (revoked, expired):
        with pytest.raises(Refused, match="key_invalid"):
            keys.authenticate(made.bearer)
    assert Event.objects.filter(target=revoked.key.public_id, verb="key.revoked").count() == 1


@pytest.mark.parametrize("days", [-1, 0, 367])
def test_a_key_ends_within_a_year(desk, days):
    with pytest.raises(InvalidInput, match="expiry"):
        make_key(desk, expires_at=timezone.now() + timedelta(days=days))
