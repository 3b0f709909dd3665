"""Two officers, named items, one hour: nothing less opens the door, and the tenant hears of all of it."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, ProgrammingError
from django.db.models import F

from compliance.actions import break_glass
from compliance.models import BreakGlass, Letter
from portal.audit.models import Event
from portal.common.errors import Conflict, InvalidInput, NotFound, Refused
from portal.tenancy.actions import members
from portal.tenancy.models import User
from portal.tenancy.roles import Role
from portal.tenancy.scope import officer_scope, tenant_scope
from recognition.actions import glass
from recognition.models import Item, Shard, ShardState
from tests.compliance.conftest import new_officer
from tests.support.jobs import ANNA, BORIS, Desk, new_desk, photo, work_off

WHY = "A complaint says that this search was of an adult."


@pytest.fixture
def officers(database):
    User.objects.filter(officer__active=True).update(is_active=False)
    return [new_officer(name) for name in ("Ada", "Ben", "Cleo")]


@pytest.fixture
def desk(database: None) -> Desk:
    Shard.objects.filter(state__in=["ready", "leased", "held"]).update(state=ShardState.CANCELLED)
    return new_desk()


@pytest.fixture
def items(desk) -> list[str]:
    """Two items of a search that was run; tests name the first."""
    desk.submit("enroll", [("anna.png", photo(ANNA))])
    job = desk.submit("search", [("a.png", photo(ANNA)), ("b.png", photo(BORIS))])
    work_off()
    return [item.public_id for item in desk.items(job)]


def asked(desk, officers, items, reasons=WHY):
    organization = desk.tenant.organization
    return glass.request(organization=organization, items=items[:1], reasons=reasons, by=officers[0])


def allowed(desk, officers, items):
    return break_glass.approve(glass=asked(desk, officers, items), by=officers[1])


def look(row, item, officer, part="photo"):
    return glass.look(glass=row, item=item, part=part, by=officer)


def events(desk, verb):
    return list(Event.objects.filter(organization=str(desk.tenant.organization.pk), verb=verb).order_by("id"))


def set_back(row, time):
    """Move an access back in time, as the clock would; the hour it lasts stays an hour."""
    with officer_scope():
        moved = {"decided_at": F("decided_at") - time, "expires_at": F("expires_at") - time}
        BreakGlass.objects.filter(pk=row.pk).update(**moved)


def test_two_officers_see_a_named_photo_and_each_look_stands_in_the_tenants_trail(desk, officers, items):
    row = allowed(desk, officers, items)
    for officer in officers[:2]:
        assert look(row, items[0], officer).photo.startswith(b"\x89PNG")
    found = look(row, items[0], officers[0], "item")
    assert (len(found.faces), len(found.candidates), found.photo) == (1, 1, b"")
    looks = events(desk, "glass.looked")
    assert [(one.actor, one.payload["part"]) for one in looks] == [
        (officers[0].id, "photo"), (officers[1].id, "photo"), (officers[0].id, "item"),
    ]  # fmt: skip
    assert {(one.target, one.payload["access"]) for one in looks} == {(items[0], row.public_id)}


def test_one_officer_alone_opens_nothing(desk, officers, items):
    row = asked(desk, officers, items)
    with pytest.raises(Refused, match="second_officer"):
        break_glass.approve(glass=row, by=officers[0])
    with pytest.raises(Refused, match="glass_closed"):
        look(row, items[0], officers[0])
    assert events(desk, "glass.looked") == []


def test_an_item_that_was_not_named_is_not_there(desk, officers, items):
    row = allowed(desk, officers, items)
    for item in (items[1], "itm_" + "0" * 26, "garbage"):
        with pytest.raises(NotFound):
            look(row, item, officers[0])
    assert events(desk, "glass.looked") == []


def test_a_third_officer_sees_nothing(desk, officers, items):
    row = allowed(desk, officers, items)
    with pytest.raises(NotFound):
        look(row, items[0], officers[2])
    with pytest.raises(NotFound):
        break_glass.end(glass=row, by=officers[2])
    assert events(desk, "glass.looked") == []


def test_after_an_hour_the_door_is_shut_by_the_clock(desk, officers, items):
    row = allowed(desk, officers, items)
    set_back(row, timedelta(minutes=59))
    assert look(row, items[0], officers[0]).photo
    set_back(row, timedelta(minutes=1))
    with pytest.raises(Refused, match="glass_closed"):
        look(row, items[0], officers[0])
    assert len(events(desk, "glass.looked")) == 1


def test_an_access_can_be_ended_early_and_not_be_opened_again(desk, officers, items):
    row = break_glass.end(glass=allowed(desk, officers, items), by=officers[1])
    with pytest.raises(Refused, match="glass_closed"):
        look(row, items[0], officers[0])
    with pytest.raises(Conflict, match="decided"):
        break_glass.approve(glass=row, by=officers[1])
    with pytest.raises(Conflict, match="not_open"):
        break_glass.end(glass=row, by=officers[1])


def test_a_refused_access_shows_nothing(desk, officers, items):
    row = break_glass.refuse(glass=asked(desk, officers, items), by=officers[1])
    with pytest.raises(Refused, match="glass_closed"):
        look(row, items[0], officers[0])
    with tenant_scope(desk.tenant.organization):
        assert not Letter.objects.filter(kind="glass_broken").exists()


def test_the_tenant_is_told_at_once_which_items_and_why(desk, officers, items):
    row = allowed(desk, officers, items)
    with tenant_scope(desk.tenant.organization):
        [letter] = Letter.objects.filter(kind="glass_broken", about=row.public_id)
    assert letter.address == desk.tenant.administrator.email
    assert items[0] in letter.body
    assert WHY in letter.body
    assert [one.payload for one in events(desk, "glass.requested")] == [{"items": items[:1]}]


def test_the_other_officers_are_asked_to_decide(desk, officers, items):
    row = asked(desk, officers, items)
    with officer_scope():
        told = set(Letter.objects.filter(about=row.public_id).values_list("address", flat=True))
    others = User.objects.filter(pk__in=[one.user_id for one in officers[1:]])
    assert told == set(others.values_list("email", flat=True))


def test_nobody_decides_after_a_day(desk, officers, items, monkeypatch):
    row = asked(desk, officers, items)
    monkeypatch.setattr(break_glass, "DECIDED_WITHIN", timedelta(0))
    with pytest.raises(Conflict, match="lapsed"):
        break_glass.approve(glass=row, by=officers[1])
    assert events(desk, "glass.approved") == []


@pytest.mark.parametrize(
    ("named", "reasons", "code"),
    [
        (None, " ", "reasons_missing"),
        (None, "x" * 5001, "reasons_too_long"),
        ([], WHY, "items_missing"),
        (["itm_" + "0" * 26], WHY, "unknown_item"),
        (["job_1"], WHY, "unknown_item"),
    ],
)
def test_what_is_wrong_with_a_request_is_said_and_nothing_is_asked(
    desk, officers, items, named, reasons, code
):
    with pytest.raises(InvalidInput) as error:
        asked(desk, officers, items if named is None else named, reasons)
    assert error.value.code == code
    assert events(desk, "glass.requested") == []


def test_an_item_of_another_organization_cannot_be_named(desk, officers, items):
    other = new_desk("Quayside Aid")
    with pytest.raises(InvalidInput, match="unknown_item"):
        asked(other, officers, items)


def test_who_belonged_to_the_organization_has_no_part_in_it(desk, officers, items):
    row = asked(desk, officers, items)
    user = User.objects.get(pk=officers[1].user_id)
    made = members.add(organization=desk.tenant.organization, user=user, role=Role.AUDITOR, by=desk.by)
    members.remove(membership=made, by=desk.by)
    with pytest.raises(Refused, match="own_organization"):
        break_glass.approve(glass=row, by=officers[1])
    with pytest.raises(Refused, match="own_organization"):
        glass.request(organization=desk.tenant.organization, items=items, reasons=WHY, by=officers[1])


def test_to_members_and_programs_there_is_no_such_door(desk, officers, items):
    row = allowed(desk, officers, items)
    with pytest.raises(NotFound):
        look(row, items[0], desk.by)
    with pytest.raises(NotFound):
        asked(desk, [desk.by], items)


def test_a_purged_photo_is_not_there_and_no_look_is_recorded(desk, officers, items):
    row = allowed(desk, officers, items)
    with tenant_scope(desk.tenant.organization):
        item = Item.objects.all().with_public_id(items[0])
        type(item.image).objects.filter(pk=item.image_id).update(purged_at=F("created_at"))
    with pytest.raises(NotFound):
        look(row, items[0], officers[0])
    assert events(desk, "glass.looked") == []


def test_the_database_keeps_the_named_items_and_the_hour(desk, officers, items):
    row = allowed(desk, officers, items)
    for wrong in ({"items": items}, {"expires_at": F("decided_at") + timedelta(minutes=61)},
                  {"decided_by": officers[0].user_id}):  # fmt: skip
        with pytest.raises(IntegrityError), officer_scope():
            BreakGlass.objects.filter(pk=row.pk).update(**wrong)


def test_a_tenant_cannot_write_an_access(desk, officers, items):
    row = asked(desk, officers, items)
    with pytest.raises(ProgrammingError, match="row-level security"), tenant_scope(desk.tenant.organization):
        BreakGlass.objects.filter(pk=row.pk).update(status="refused")
