"""What REST answers at once, with the real engine and photos of people: storing, enrolling, searching."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from countenance_client import Client, Refused
from tests.support.accounts import Account

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]
ABOUT = {"legal_basis": "Guardians' consent", "owner": "Case team", "retention_days": 365}


def client_of(account: Account) -> Client:
    return Client(account.printed["base_url"], account.printed["api_key"])


@pytest.fixture
def client(engine: None, account: Account) -> Iterator[Client]:
    with client_of(account) as found:
        yield found


@pytest.fixture
def gallery(client: Client) -> str:
    return str(client.create_gallery("At once", purpose="find_missing_child", **ABOUT)["id"])


def test_a_person_is_enrolled_and_found_in_the_next_call_and_a_stranger_is_not(client, gallery, photos):
    known, probe = photos["Halle_Berry"][:2]
    made = client.enroll(gallery, known, name="halle")
    found, nobody = (
        client.search(gallery, one, faces="largest") for one in (probe, photos["Paul_Bremer"][0])
    )
    [[candidate], others] = (one["searched"][0]["candidates"] for one in (found, nobody))
    assert (made["new"], candidate["subject"], candidate["face"]) == (1, "halle", made["enrolled"][0]["id"])
    assert others == []


def test_a_photo_that_is_stored_shows_the_faces_that_detect_finds_in_it(client, photos):
    stored = client.upload(photos["Joschka_Fischer"][0], detect=True)
    again = client.request("POST", "detect/", {"image": stored["id"]})
    assert stored["faces"] == again["photos"][0]["faces"]
    assert len(stored["faces"]) >= 1


def test_who_is_barred_stores_a_photo_and_neither_sees_nor_enrolls_a_face(engine, barred, photos):
    with client_of(barred) as police:
        about = {**ABOUT, "purpose": "criminal_investigation_lead", "image_source": "authority"}
        gallery = str(police.create_gallery("At once", **about)["id"])
        stored = police.upload(photos["Halle_Berry"][0], detect=True)
        with pytest.raises(Refused) as caught:
            police.enroll(gallery, photos["Halle_Berry"][0], name="halle")
    assert ("faces" in stored, stored["detection"]["problem"]["rule"]) == (False, "us-police-2020")
    assert caught.value.rule == "us-police-2020"
