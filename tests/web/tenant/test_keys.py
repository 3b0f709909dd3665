"""API keys by HTTP: bound to a line of the determination, shown once, revoked at once."""

import re

import pytest

from portal.common.errors import Refused
from portal.tenancy.actions import keys
from portal.tenancy.models import ApiKey
from portal.tenancy.roles import NAMED_KEY_PERMISSIONS, Role
from recognition import upkeep
from tests.support.testers import new_tester


def grant_of(site):
    page = site.alice.get("/keys/new/").content.decode()
    return re.search(r'name="grant" value="(gra_\w+)"', page)[1]


def create(site, called, **values):
    sent = {"name": called, "grant": grant_of(site), "days": "30", "recipient": "none"} | values
    return site.alice.post("/keys/new/", sent)


def test_a_key_is_bound_to_purpose_and_end_user(site, database):
    create(site, "Case system", requested_by="family")
    key = ApiKey.objects.get(organization=site.organization, name="Case system")
    assert (key.purpose, key.end_user_id) == ("find_missing_child", site.desk.tenant.itself.pk)
    assert key.defaults == {"requested_by": "family", "recipient": None}


def test_a_key_carries_what_its_collections_need(site, database):
    facts = {
        "legal_basis": "Consent",
        "owner": "Case team",
        "retention_days": "30",
        "image_source": "guardian",
    }
    create(site, "Ported", **facts, case_reference="C-1", budget="0.5")
    key = ApiKey.objects.get(organization=site.organization, name="Ported")
    carried = facts | {"retention_days": 30, "case_reference": "C-1", "budget": 0.5, "recipient": None}
    assert key.defaults == carried


@pytest.mark.parametrize("wrong", [{"retention_days": "0"}, {"budget": "nan"}, {"image_source": "street"}])
def test_a_key_carries_no_fact_that_cannot_be(site, database, wrong):
    before = ApiKey.objects.count()
    assert create(site, "Wrong", **wrong).status_code == 422
    assert ApiKey.objects.count() == before


def test_its_secrets_are_shown_once_and_kept_by_no_cache(site, database):
    answer = create(site, "Once")
    page, key = answer.content.decode(), ApiKey.objects.get(organization=site.organization, name="Once")
    bearer = re.search(r"ck_\S+", page)[0].removesuffix("</output>")
    assert keys.authenticate(bearer) == key
    assert key.access_key_id in page
    assert answer["Cache-Control"] == "private, no-store"
    assert bearer not in site.alice.get("/keys/").content.decode()


@pytest.mark.parametrize("values", [{"days": "0"}, {"days": "900"}, {"grant": "gra_other"}, {"name": ""}])
def test_a_key_needs_a_grant_a_name_and_an_end(site, database, values):
    before = ApiKey.objects.count()
    assert create(site, "Wrong", **values).status_code == 422
    assert ApiKey.objects.count() == before


def test_a_revoked_key_is_worth_nothing(site, database):
    page = create(site, "Revoked").content.decode()
    bearer = re.search(r"ck_\S+", page)[0].removesuffix("</output>")
    key = ApiKey.objects.get(organization=site.organization, name="Revoked")
    site.alice.post(f"/keys/{key.public_id}/revoke/")
    with pytest.raises(Refused, match="key_invalid"):
        keys.authenticate(bearer)


def test_a_stranger_revokes_nothing(site, bob):
    create(site, "Kept")
    key = ApiKey.objects.get(organization=site.organization, name="Kept")
    assert bob.post(f"/keys/{key.public_id}/revoke/").status_code == 404
    key.refresh_from_db()
    assert key.revoked_at is None


def test_an_analyst_makes_no_key(site, database):
    before = ApiKey.objects.count()
    assert site.member(Role.ANALYST).post("/keys/new/", {"name": "x"}).status_code == 403
    assert ApiKey.objects.count() == before


def test_the_data_key_is_renewed_from_its_page(site, database):
    assert 'href="/keys/data/"' in site.alice.get("/keys/").content.decode()
    assert site.alice.post("/keys/data/", {}).status_code == 422
    before = site.alice.get("/keys/data/").content.decode()
    assert "all sealed under key 1." in before
    site.alice.post("/keys/data/", {"reason": "theft"})
    assert "things done" in site.alice.get("/keys/data/").content.decode()
    assert site.alice.post("/keys/data/", {"reason": "theft"}).status_code == 422  # it runs already
    while upkeep.run():
        pass
    assert "all sealed under key 2." in site.alice.get("/keys/data/").content.decode()
    assert site.alice.get(site.paths()["enrolled"]).status_code == 200  # its photo is there and opens


def test_only_an_administrator_renews_the_data_key(site, database):
    assert site.member(Role.ANALYST).post("/keys/data/", {"reason": "theft"}).status_code == 403


def test_who_may_not_test_is_not_asked_what_a_key_is_for(site, database):
    assert "Independent tests" not in site.alice.get("/keys/new/").content.decode()


def test_a_key_for_tests_needs_a_line_that_allows_them(site, database):
    before = ApiKey.objects.count()
    answer = create(site, "Tester", kind="accuracy")
    assert answer.status_code == 422
    assert "allows independent tests" in answer.content.decode()
    assert ApiKey.objects.count() == before


def test_a_tester_gets_a_bearer_token_and_no_secrets_of_aws(client, database):
    side = new_tester()
    client.force_login(side.person, backend="allauth.account.auth_backends.AuthenticationBackend")
    grant = re.search(r'name="grant" value="(gra_\w+)"', client.get("/keys/new/").content.decode())[1]
    sent = {"name": "Tester", "grant": grant, "days": "30", "kind": "accuracy"}
    page = client.post("/keys/new/", sent).content.decode()
    key = ApiKey.objects.get(
        organization=side.organization,
        name="Tester",
        kind="accuracy",
        purpose="bias_audit",
        pk__gt=side.key.key.pk,
    )
    assert f"ck_{key.prefix}" in page
    assert key.access_key_id not in page
    assert "independent tests only" in client.get("/keys/").content.decode()


def test_a_key_is_given_scopes(site, database):
    create(site, "Reader", scopes=["view_results", "rotate_keys"])
    key = ApiKey.objects.get(organization=site.organization, name="Reader")
    assert key.scopes == ["view_results", "rotate_keys"]


def test_every_scope_that_a_key_can_have_is_on_the_form_in_words(site, database):
    page = site.alice.get("/keys/new/").content.decode()
    offered = set(re.findall(r'name="scopes" value="(\w+)"', page))
    assert offered == {scope.value for scope in NAMED_KEY_PERMISSIONS}
    assert "Read the whole trail, past its own purpose *" in page


def test_a_key_is_rotated_and_its_secrets_shown_once(site, database):
    create(site, "Rotated")
    old = ApiKey.objects.get(organization=site.organization, name="Rotated")
    answer = site.alice.post(f"/keys/{old.public_id}/rotate/", {"overlap": "7", "days": "60"})
    page, new = answer.content.decode(), ApiKey.objects.get(replaces=old)
    assert keys.authenticate(re.search(r"ck_\w+_\S+", page)[0].removesuffix("</output>")) == new
    assert f"ck_{old.prefix}" in page
    assert answer["Cache-Control"] == "private, no-store"
    listed = site.alice.get("/keys/").content.decode()
    assert f"/keys/{new.public_id}/rotate/" in listed
    assert f"/keys/{old.public_id}/rotate/" not in listed


@pytest.mark.parametrize("wrong", [{"overlap": "8"}, {"days": "0"}, {"days": "900"}])
def test_a_rotation_has_its_bounds(site, database, wrong):
    create(site, name := f"Bounded {wrong}")
    old = ApiKey.objects.get(organization=site.organization, name=name)
    assert (
        site.alice.post(f"/keys/{old.public_id}/rotate/", {"overlap": "7", "days": "60"} | wrong).status_code
        == 422
    )
    assert not ApiKey.objects.filter(replaces=old).exists()


def test_a_stranger_rotates_nothing(site, bob):
    create(site, "Mine")
    key = ApiKey.objects.get(organization=site.organization, name="Mine")
    assert bob.post(f"/keys/{key.public_id}/rotate/", {"overlap": "7", "days": "60"}).status_code == 404
