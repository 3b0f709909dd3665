"""What the client does when answers are lost, late, cut off or errors; a scripted server answers."""

import pytest

from countenance_client import (
    ApiError,
    Client,
    Conflict,
    Invalid,
    NotAuthenticated,
    NotFound,
    Refused,
    Throttled,
    Unavailable,
    Unreachable,
)
from countenance_client.jobs import Job
from tests.clients.scripted import LOST, scripted

OK = (200, {}, {"ok": True})
REFUSAL = {
    "code": "us-police-2020",
    "detail": "No face is looked at by or for police.",
    "rule": "us-police-2020",
    "remedy": "Ask for the exemption.",
    "decision": "rul_1",
    "job": "job_1",
}
AT_ONCE = {"Retry-After": "0"}


def client_of(script, **options) -> Client:
    return Client(script.url, "ck_a_b", **{"timeout": 10, **options})


def test_the_key_goes_with_every_call():
    with scripted(OK) as script, client_of(script) as client:
        assert client.request("GET", "standing/") == {"ok": True}
    assert script.asked[0].headers["Authorization"] == "Bearer ck_a_b"
    assert script.asked[0].path == "/api/v1/standing/"


@pytest.mark.parametrize(
    "first",
    [
        LOST,
        (429, AT_ONCE, {"code": "throttled"}),
        (503, AT_ONCE, {"code": "no_worker"}),
        (409, AT_ONCE, {"code": "idempotency_in_flight"}),
    ],
    ids=["lost", "throttled", "no engine", "in flight"],
)
def test_a_call_that_may_be_repeated_is_so_under_the_same_key(first):
    with scripted(first, OK) as script, client_of(script) as client:
        assert client.request("POST", "jobs/", {"kind": "detect"}) == {"ok": True}
    one, other = script.asked
    assert one.headers["Idempotency-Key"] == other.headers["Idempotency-Key"]
    assert one.body == other.body


def test_two_calls_never_share_an_idempotency_key():
    with scripted(OK, OK) as script, client_of(script) as client:
        client.request("POST", "jobs/", {})
        client.request("POST", "jobs/", {})
    assert len({one.headers["Idempotency-Key"] for one in script.asked}) == 2


def test_a_search_that_was_lost_is_made_anew_for_a_repeated_answer_has_no_faces():
    with scripted(LOST, OK) as script, client_of(script) as client:
        client.search("gal_1", b"a photo")
    assert all("Idempotency-Key" not in one.headers for one in script.asked)
    assert b"a photo" in script.asked[1].body


def test_a_refusal_is_an_error_that_says_rule_remedy_and_decision():
    with scripted((403, {}, REFUSAL)) as script, client_of(script) as client:
        with pytest.raises(Refused) as caught:
            client.search("gal_1", b"a photo")
    refusal = caught.value
    assert (refusal.rule, refusal.remedy) == ("us-police-2020", "Ask for the exemption.")
    assert (refusal.decision, refusal.job, refusal.code) == ("rul_1", "job_1", "us-police-2020")
    assert len(script.asked) == 1


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, NotAuthenticated),
        (404, NotFound),
        (409, Conflict),
        (413, Invalid),
        (422, Invalid),
        (418, ApiError),
    ],
)
def test_each_kind_of_error_has_a_class_and_is_not_repeated(status, kind):
    problem = {"code": "x", "detail": "y", "errors": [{"field": "name", "code": "x", "detail": "y"}]}
    with scripted((status, {}, problem)) as script, client_of(script) as client:
        with pytest.raises(kind) as caught:
            client.request("POST", "galleries/", {})
    assert caught.value.errors[0]["field"] == "name"
    assert len(script.asked) == 1


def test_a_proxys_page_is_an_error_without_a_code():
    with scripted((418, {}, ["no problem document"])) as script, client_of(script) as client:
        with pytest.raises(ApiError, match="unknown"):
            client.standing()


def test_what_asks_for_too_long_a_wait_is_told_at_once():
    late = (429, {"Retry-After": "86400"}, {"code": "throttled"})
    with scripted(late) as script, client_of(script, longest_wait=5) as client:
        with pytest.raises(Throttled) as caught:
            client.standing()
    assert caught.value.retry_after == 86400


def test_after_the_last_try_the_error_stands():
    with (
        scripted(*[(503, AT_ONCE, {"code": "no_worker"})] * 3) as script,
        client_of(script, tries=3) as client,
    ):
        with pytest.raises(Unavailable, match="no_worker"):
            client.standing()
    assert len(script.asked) == 3


def test_pages_are_followed_to_the_end():
    pages = [(200, {}, {"items": [{"id": n}], "next": f"c{n}" if n < 3 else None}) for n in (1, 2, 3)]
    with scripted(*pages) as script, client_of(script) as client:
        assert [one["id"] for one in client.galleries()] == [1, 2, 3]
    assert script.asked[2].path.endswith("?cursor=c2")


def job_of(client: Client, status: str = "released", **data) -> Job:
    return Job({"id": "job_1", "status": status, "counts": {}, "rejected": [], "rulings": [], **data}, client)


def test_results_that_break_off_are_not_taken_for_all_of_them():
    with scripted((200, {}, b'{"name": "a.jpg"}\n{"name": "b.j')) as script, client_of(script) as client:
        rows = job_of(client).results()
        assert next(rows)["name"] == "a.jpg"
        with pytest.raises(Unreachable):
            next(rows)


def test_results_that_a_rule_stops_say_so():
    stopped = {"code": "us-police-2020", "rule": "us-police-2020", "detail": "Stopped."}
    lines = [b'{"name": "a.jpg"}\n', b'{"stopped": %s}\n' % str(stopped).replace("'", '"').encode()]
    with scripted((200, {}, b"".join(lines))) as script, client_of(script) as client:
        rows = job_of(client).results()
        next(rows)
        with pytest.raises(Refused, match="Stopped") as caught:
            next(rows)
    assert caught.value.rule == "us-police-2020"


def test_after_results_that_were_left_early_the_next_call_gets_its_own_answer():
    with scripted((200, {}, b'{"name": "a.jpg"}\n' * 3), OK) as script, client_of(script) as client:
        rows = job_of(client).results()
        next(rows)
        rows.close()
        assert client.standing() == {"ok": True}


@pytest.mark.parametrize("status", ["held:policy", "refused"])
def test_waiting_for_a_job_that_a_rule_stops_raises_a_refusal(status):
    held = {"id": "job_1", "status": status, "rulings": [{"id": "rul_1", "rule": "us-police-2020"}]}
    with scripted((200, {}, held)) as script, client_of(script) as client:
        with pytest.raises(Refused) as caught:
            job_of(client, "queued").wait(every=0)
    assert (caught.value.code, caught.value.decision, caught.value.job) == (status, "rul_1", "job_1")


def test_waiting_ends_when_the_time_is_over():
    with client_of_nobody() as client, pytest.raises(TimeoutError):
        job_of(client, "running").wait(timeout=0)


def client_of_nobody() -> Client:
    return Client("http://127.0.0.1:9", "ck_a_b", tries=1)


def test_nobody_at_the_address_is_told_as_that():
    with client_of_nobody() as client, pytest.raises(Unreachable):
        client.standing()


def test_what_is_no_address_is_refused_before_a_key_is_sent():
    with pytest.raises(ValueError, match="no address"):
        Client("ftp://portal.example", "ck_a_b")
