"""Every address against every key that must not open it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.api import urls
from portal.common.ids import public_id, uuid7
from portal.tenancy.actions import keys
from portal.tenancy.models import ApiKey
from portal.tenancy.roles import NAMED_KEY_PERMISSIONS
from tests.api.conftest import Program, problem

OPEN = {"schema/", "docs/", "^.*$"}
PREFIXES = {
    "image": "img", "gallery": "gal", "subject": "sub", "job": "job", "ruling": "rul", "case": "cre",
    "photo": "crp", "test": "acc", "pair": "acp", "candidate": "can", "lead": "can", "face": "fac",
    "webhook": "whk", "delivery": "dlv",
    "key": "key",
    "event": "evt",
}  # fmt: skip
METHODS = {
    "standing/": ["GET"],
    "images/": ["POST"],
    "images/<str:image>/": ["GET", "DELETE"],
    "images/<str:image>/content/": ["GET", "HEAD"],
    "galleries/": ["GET", "POST"],
    "galleries/<str:gallery>/": ["GET", "PATCH", "DELETE"],
    "galleries/<str:gallery>/search/": ["POST"],
    "galleries/<str:gallery>/rekey/": ["GET", "POST"],
    "galleries/<str:gallery>/reembed/": ["GET", "POST", "DELETE"],
    "galleries/<str:gallery>/reembed/accept/": ["POST"],
    "galleries/<str:gallery>/subjects/": ["GET", "POST"],
    "galleries/<str:gallery>/subjects/<str:subject>/": ["GET", "PATCH", "DELETE"],
    "galleries/<str:gallery>/subjects/<str:subject>/merge/": ["GET", "POST"],
    "galleries/<str:gallery>/subjects/<str:subject>/unmerge/": ["POST"],
    "galleries/<str:gallery>/subjects/<str:subject>/history/": ["GET"],
    "galleries/<str:gallery>/faces/": ["GET", "POST"],
    "galleries/<str:gallery>/faces/<str:face>/": ["GET", "DELETE"],
    "galleries/<str:gallery>/faces/<str:face>/move/": ["POST"],
    "detect/": ["POST"],
    "compare/": ["POST"],
    "jobs/": ["GET", "POST"],
    "jobs/<str:job>/": ["GET"],
    "jobs/<str:job>/items/": ["GET"],
    "jobs/<str:job>/results/": ["GET", "HEAD"],
    "jobs/<str:job>/import/": ["GET", "HEAD"],
    "jobs/<str:job>/subjects/": ["GET"],
    "jobs/<str:job>/cancel/": ["POST"],
    "jobs/<str:job>/retry/": ["POST"],
    "jobs/<str:job>/hold/": ["POST"],
    "jobs/<str:job>/resume/": ["POST"],
    "jobs/<str:job>/accept/": ["POST"],
    "jobs/<str:job>/recall/": ["POST"],
    "candidates/<str:candidate>/adjudications/": ["GET", "POST"],
    "leads/<str:lead>/outcome/": ["GET", "POST"],
    "leads/<str:lead>/withdraw/": ["POST"],
    "rulings/<str:ruling>/": ["GET"],
    "keys/": ["GET"],
    "keys/<str:key>/rotate/": ["POST"],
    "trail/": ["GET"],
    "trail/<str:event>/": ["GET"],
    "usage/": ["GET"],
    "accuracy/": ["GET", "POST"],
    "accuracy/<str:test>/": ["GET", "DELETE"],
    "accuracy/<str:test>/pairs/<str:pair>/": ["POST"],
    "accuracy/<str:test>/finish/": ["POST"],
    "cases/": ["GET", "POST"],
    "cases/<str:case>/": ["GET", "PATCH"],
    "cases/<str:case>/close/": ["POST"],
    "cases/<str:case>/reopen/": ["POST"],
    "cases/<str:case>/found/": ["POST"],
    "cases/<str:case>/photos/": ["GET", "POST"],
    "cases/<str:case>/photos/<str:photo>/": ["PATCH", "DELETE"],
    "cases/<str:case>/subjects/": ["GET", "POST"],
    "cases/<str:case>/subjects/<str:subject>/": ["DELETE"],
    "webhooks/": ["GET", "POST"],
    "webhooks/<str:webhook>/": ["GET", "PATCH", "DELETE"],
    "webhooks/<str:webhook>/secret/": ["POST"],
    "webhooks/<str:webhook>/test/": ["POST"],
    "webhooks/<str:webhook>/replay/": ["POST"],
    "webhooks/<str:webhook>/deliveries/": ["GET"],
    "webhooks/<str:webhook>/deliveries/<str:delivery>/replay/": ["POST"],
}
EVERY_SCOPE = [scope.value for scope in NAMED_KEY_PERMISSIONS]
CALLS = [(route, method) for route, methods in METHODS.items() for method in methods]
# Keys of another kind open these; see test_accuracy.
FOR_TESTERS = {route for route in METHODS if route.startswith("accuracy/")}
# The trail is of the whole organization, to a key with the scope by name.
OF_ALL_PURPOSES = {"trail/<str:event>/"}
WITH_ID = [(route, method) for route, method in CALLS if "<" in route and route not in FOR_TESTERS]


def address(route: str, **ids: str) -> str:
    for name, prefix in PREFIXES.items():
        route = route.replace(f"<str:{name}>", ids.get(name) or public_id(prefix, uuid7()))
    return route


def expired(world) -> str:
    new = world.alice.new_key()
    ApiKey.objects.filter(pk=new.key.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    return new.bearer


def revoked(world) -> str:
    new = world.alice.new_key()
    keys.revoke(key=new.key, by=world.alice.actor)
    return new.bearer


def wrong(world) -> str:
    return world.alice.key.bearer[:-1] + ("a" if world.alice.key.bearer[-1] != "a" else "b")


@pytest.fixture
def theirs(alice) -> dict[str, str]:
    """Real ids of Alice's organization, one for every place in an address."""
    gallery, image = alice.gallery(), alice.image()
    job = alice.post("jobs/", {"kind": "enroll", "gallery": gallery, "images": [image]}).json()
    case = alice.get("cases/").json()["items"][0]["id"]  # opened by the job
    photo = alice.post(f"cases/{case}/photos/", {"image": image}).json()["id"]
    ids = {"gallery": gallery, "image": image, "job": job["id"], "ruling": job["ruling"]["id"]}
    own = alice.side.key.key.public_id
    return ids | {"case": case, "photo": photo, "key": own}
    ids["event"] = alice.get("trail/").json()["items"][0]["id"]
    return ids | {"case": case, "photo": photo}


def test_every_address_is_in_the_table():
    routes = {str(one.pattern) for one in urls.urlpatterns}
    assert routes == set(METHODS) | OPEN


@pytest.mark.parametrize("bad", [expired, revoked, wrong])
def test_a_bad_key_opens_nothing(world, theirs, bad):
    program = Program(world.alice, bad(world))
    for route, method in CALLS:
        answer = program.call(method, address(route, **theirs))
        assert answer.status_code == 401, (route, method)
        assert answer["WWW-Authenticate"] == 'Bearer realm="countenance"'
        assert method == "HEAD" or answer.json()["code"] == "key_invalid"


def test_without_a_key_nothing_opens(client, theirs):
    for route, method in CALLS:
        answer = client.generic(method, f"/api/v1/{address(route, **theirs)}")
        assert answer.status_code == 401, (route, method)
        assert "Bearer" in answer["WWW-Authenticate"]


@pytest.mark.parametrize("header", ["Basic abc", "Bearer", "Bearer \x00", "ck_a_b", "Bearer ck_", "Bearer ü"])
def test_a_malformed_header_is_told_so(world, client, header):
    answer = client.get("/api/v1/standing/", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.json()["code"] in {"key_format", "key_invalid"}


def test_a_session_is_no_key(world, client):
    client.force_login(world.alice.person, backend="allauth.account.auth_backends.AuthenticationBackend")
    problem(client.get("/api/v1/standing/"), 401, "not_authenticated")


def test_a_stranger_gets_the_answer_of_an_id_that_never_was(world, theirs):
    charlie = Program(world.charlie, world.charlie.new_key(scopes=EVERY_SCOPE).bearer)
    for route, method in WITH_ID:
        body = {"name": "Mine now"} if method == "PATCH" else None
        real, made_up = (charlie.call(method, address(route, **ids), body) for ids in (theirs, {}))
        assert real.status_code == made_up.status_code == 404, (route, method)
        assert real.content == made_up.content


def test_a_stranger_changes_nothing(alice, charlie, theirs):
    charlie.call("DELETE", f"galleries/{theirs['gallery']}/")
    charlie.call("DELETE", f"images/{theirs['image']}/")
    charlie.post(f"jobs/{theirs['job']}/cancel/")
    assert alice.get(f"galleries/{theirs['gallery']}/").status_code == 200
    assert alice.get(f"images/{theirs['image']}/").status_code == 200
    assert alice.get(f"jobs/{theirs['job']}/").json()["status"] == "queued"


@pytest.mark.parametrize("route", ["galleries/", "jobs/", "cases/"])
def test_a_stranger_lists_nothing_of_theirs(charlie, theirs, route):
    assert charlie.get(route).json() == {"items": [], "next": None}


def test_a_key_of_another_purpose_reaches_nothing(world, alice, theirs):
    other = world.alice.new_key(purpose="find_missing_adult", scopes=EVERY_SCOPE)
    other = Program(world.alice, other.bearer)
    for route, method in WITH_ID:
        if route in OF_ALL_PURPOSES:
            continue
        assert other.call(method, address(route, **theirs)).status_code == 404, (route, method)


def test_a_key_of_another_end_user_does_not_see_the_jobs(world, alice, theirs):
    other = Program(world.alice, world.alice.new_key(end_user=world.bob.end_user).bearer)
    assert other.get(f"jobs/{theirs['job']}/").status_code == 404
    assert other.get("jobs/").json()["items"] == []


def test_a_successor_of_a_key_reaches_what_the_last_one_uploaded(world, theirs):
    successor = Program(world.alice, world.alice.new_key().bearer)
    assert successor.get(f"images/{theirs['image']}/").status_code == 200


@pytest.mark.parametrize(
    ("route", "method", "scope"),
    [
        ("images/", "POST", "submit_jobs"),
        ("images/<str:image>/content/", "GET", "upload"),
        ("images/<str:image>/content/", "HEAD", "upload"),
        ("galleries/", "POST", "view_results"),
        ("galleries/<str:gallery>/", "DELETE", "manage_galleries"),
        ("jobs/", "POST", "view_results"),
        ("jobs/<str:job>/results/", "GET", "submit_jobs"),
        ("leads/<str:lead>/outcome/", "POST", "view_results"),
        ("leads/<str:lead>/withdraw/", "POST", "export"),
        ("cases/", "POST", "view_results"),
        ("cases/<str:case>/", "PATCH", "submit_jobs"),
    ],
)
def test_a_scoped_key_does_no_more(world, theirs, route, method, scope):
    key = world.alice.new_key(scopes=[scope])
    answer = Program(world.alice, key.bearer).call(method, address(route, **theirs))
    assert answer.status_code == 403
    assert method == "HEAD" or answer.json()["code"] == "scope"
