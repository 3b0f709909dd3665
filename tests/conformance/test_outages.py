"""While database or Redis are away every door says so, and serves again as soon as they are back."""

from collections.abc import Iterator

import pytest
import urllib3
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.conformance.clients import boto
from tests.support.accounts import Account, provisioned
from tests.support.outage import database_away
from tests.support.web import serving

pytestmark = pytest.mark.timeout(240)
ONCE = Config(retries={"total_max_attempts": 1})


@pytest.fixture
def account(fresh_database: dict[str, str]) -> Iterator[Account]:
    environment = fresh_database | {"DJANGO_SETTINGS_MODULE": "portal.settings"}
    with serving(environment, processes=1, threads=2) as address:
        yield provisioned(environment, address, "Harbor Light")


def asked(account: Account, path: str, **headers: str) -> urllib3.BaseHTTPResponse:
    return urllib3.request(
        "GET", f"{account.printed['base_url']}{path}", headers=headers, retries=False, timeout=60
    )


def wire(account: Account) -> str:
    """What a signed call comes to: the name of its error."""
    try:
        boto(account, config=ONCE).list_collections()
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "answered"


def test_a_database_that_goes_away_is_told_at_every_door_until_it_is_back(account):
    bearer = {"Authorization": f"Bearer {account.printed['api_key']}"}
    doors = (
        ("/api/v1/galleries/", bearer),
        ("/", {"Cookie": f"sessionid={'x' * 32}"}),
        ("/accounts/login/", {}),
    )
    before = [asked(account, path, **headers).status for path, headers in doors]
    assert wire(account) == "answered"
    with database_away():
        rest, home, login = (asked(account, path, **headers) for path, headers in doors)
        again = asked(account, "/api/v1/galleries/", **bearer)  # over a new connection, or none
        called, ready = wire(account), asked(account, "/readyz?scope=web")
    assert [rest.status, again.status, home.status, ready.status] == [503, 503, 503, 503]
    assert (rest.json()["code"], int(rest.headers["Retry-After"]) > 0) == ("database_away", True)
    assert "database_away" in home.data.decode()
    assert called == "ThrottlingException"
    assert login.status in (200, 503)
    assert [asked(account, path, **headers).status for path, headers in doors] == before
    assert wire(account) == "answered"
