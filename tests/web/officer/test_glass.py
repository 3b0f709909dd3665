"""Break-glass on the screens: asked, allowed by another officer's own sign-in, looked at, told."""

import pytest
from django.test import Client

from compliance.actions import break_glass
from compliance.models import BreakGlass
from portal.audit.models import Event
from portal.tenancy.scope import officer_scope
from recognition.actions import glass
from recognition.models import Shard, ShardState
from tests.support.jobs import ANNA, BORIS, Desk, new_desk, photo, work_off
from tests.web.officer.people import officer_client, only_officers, signed_in

WHY = "A complaint says that this search was of an adult."


@pytest.fixture
def desk(database: None) -> Desk:
    Shard.objects.filter(state__in=["ready", "leased", "held"]).update(state=ShardState.CANCELLED)
    return new_desk()


@pytest.fixture
def items(desk) -> list[str]:
    desk.submit("enroll", [("anna.png", photo(ANNA))])
    job = desk.submit("search", [("secret name.png", photo(ANNA)), ("b.png", photo(BORIS))])
    work_off()
    return [item.public_id for item in desk.items(job)]


@pytest.fixture
def officers(database):
    return only_officers("Ada", "Ben", "Cleo")


def opened(desk, items, officers) -> BreakGlass:
    organization = desk.tenant.organization
    made = glass.request(organization=organization, items=items[:1], reasons=WHY, by=officers[0])
    return break_glass.approve(glass=made, by=officers[1])


def path(row, *rest):
    return "/".join(("/officer/glass", row.public_id, *rest)) + "/"


def newest() -> BreakGlass:
    with officer_scope():
        return BreakGlass.objects.latest("requested_at")


def looks(desk):
    rows = Event.objects.filter(organization=str(desk.tenant.organization.pk), verb="glass.looked")
    return list(rows.order_by("id").values_list("payload__part", flat=True))


def test_two_officers_walk_from_the_question_to_the_photo(desk, items, officers):
    ada, ben = (officer_client(one) for one in officers[:2])
    asking = f"/officer/organizations/{desk.tenant.organization.public_id}/glass/"
    assert "told at once" in ada.get(asking).content.decode()
    answer = ada.post(asking, {"items": f"{items[0]}\n", "reasons": WHY})
    row = newest()
    assert answer["Location"] == path(row)
    assert "Allow for one hour" not in ada.get(path(row)).content.decode()
    assert "Allow for one hour" in ben.get(path(row)).content.decode()
    ben.post(path(row), {"approve": "1"})
    page = ada.get(path(row, "items", items[0])).content.decode()
    assert path(row, "items", items[0], "photo") in page
    shown = ada.get(path(row, "items", items[0], "photo"))
    assert (shown["Content-Type"], shown["Cache-Control"]) == ("image/jpeg", "private, no-store")
    assert looks(desk) == ["item", "photo"]


def test_a_look_shows_no_name_that_was_not_asked_for(desk, items, officers):
    row = opened(desk, items, officers)
    page = officer_client(officers[0]).get(path(row, "items", items[0])).content.decode()
    assert "candidate 1" in page
    assert "anna" not in page
    assert "secret name" not in page


def test_one_officer_alone_gets_no_further_than_the_question(desk, items, officers):
    made = glass.request(organization=desk.tenant.organization, items=items[:1], reasons=WHY, by=officers[0])
    ada = officer_client(officers[0])
    assert ada.post(path(made), {"approve": "1"}).status_code == 403
    for rest in ((), ("photo",)):
        assert ada.get(path(made, "items", items[0], *rest)).status_code == 403
    assert looks(desk) == []


def test_what_was_not_named_and_who_is_not_one_of_the_two_find_nothing(desk, items, officers):
    row = opened(desk, items, officers)
    assert officer_client(officers[0]).get(path(row, "items", items[1], "photo")).status_code == 404
    cleo = officer_client(officers[2])
    assert cleo.get(path(row, "items", items[0], "photo")).status_code == 404
    assert items[0] in cleo.get(path(row)).content.decode()
    assert looks(desk) == []


def test_after_its_end_the_page_says_so_and_shows_nothing(desk, items, officers):
    row = opened(desk, items, officers)
    ada = officer_client(officers[0])
    ada.post(path(row), {"end": "1"})
    assert "Ended early" in ada.get(path(row)).content.decode()
    answer = ada.get(path(row, "items", items[0], "photo"))
    assert answer.status_code == 403
    assert "takes two officers again" in answer.content.decode()


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"items": "", "reasons": WHY}, "Items"),
        ({"items": "job_1", "reasons": WHY}, "is no item of this organization"),
        ({"reasons": ""}, "Why they have to be seen"),
    ],
)
def test_what_is_wrong_in_the_question_is_said_where_it_is_mended(desk, items, officers, sent, words):
    asking = f"/officer/organizations/{desk.tenant.organization.public_id}/glass/"
    answer = officer_client(officers[0]).post(asking, {"items": items[0]} | sent)
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_the_organization_reads_which_why_and_every_look(desk, items, officers):
    row = opened(desk, items, officers)
    glass.look(glass=row, item=items[0], part="photo", by=officers[0])
    alice = signed_in(desk.tenant.administrator)
    home = alice.get("/").content.decode()
    assert f'href="/glass/{row.public_id}/"' in home
    page = alice.get(f"/glass/{row.public_id}/").content.decode()
    for told in (items[0], WHY, f"The photo: {items[0]}", "Open now"):
        assert told in page
    assert "Ada" not in page
    break_glass.end(glass=row, by=officers[0])
    assert f'href="/glass/{row.public_id}/"' not in alice.get("/").content.decode()


def test_another_organization_knows_nothing_of_it(desk, items, officers):
    row = opened(desk, items, officers)
    other = signed_in(new_desk("Quayside Aid").tenant.administrator)
    assert other.get(f"/glass/{row.public_id}/").status_code == 404
    assert Client().get(f"/glass/{row.public_id}/").status_code == 302


def test_the_list_tells_what_waits_and_what_is_open(desk, items, officers):
    row = opened(desk, items, officers)
    page = officer_client(officers[2]).get("/officer/glass/").content.decode()
    assert path(row) in page
    assert str(desk.tenant.organization) in page
