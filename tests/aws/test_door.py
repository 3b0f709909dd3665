"""The door of the Rekognition interface: which calls are let on, and what the others are told."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import RequestFactory
from django.utils import timezone

from portal.aws import bodies, door, replays
from portal.aws.door import Call
from portal.aws.sigv4 import SIGNATURE_DIFFERS, Rejected
from portal.tenancy.actions import keys
from portal.tenancy.models import ApiKey, KeyKind, KeyNetwork
from tests.aws.signing import signed
from tests.support.world import Side, new_side


@pytest.fixture
def side(database: None) -> Side:
    return new_side("Harbor Light")


@pytest.fixture
def opened() -> Iterator[Any]:
    """Send a call through the door; what it was let on with is good until the test ends."""
    with ExitStack() as stack:
        yield lambda *sent, **meta: stack.enter_context(
            door.opened(_request(*sent, **meta), lambda rate: None)
        )


def _request(headers: dict[str, str], body: bytes, **meta: Any) -> Any:
    named = dict(headers)
    kind = named.pop("Content-Type")
    return RequestFactory().post("/rekognition/", body, content_type=kind, headers=named, **meta)


def call(side: Side, operation: str = "ListFaces", values: Any = None, **changes: Any) -> Any:
    """A signed call with the key of one side."""
    new = side.key
    known = {"key_id": new.key.access_key_id, "secret": new.secret_access_key}
    return signed(operation, {"CollectionId": "missing"} if values is None else values, **known | changes)


def refused(send: Any, *sent: Any, **meta: Any) -> tuple[str, str]:
    with pytest.raises(Rejected) as caught:
        send(*sent, **meta)
    return caught.value.name, caught.value.sentence


def test_a_signed_call_is_let_on_as_its_key(side: Side, opened: Any) -> None:
    found: Call = opened(*call(side))

    assert (found.key, found.by.key_id) == (side.key.key, side.key.key.pk)
    assert (found.region, found.target) == ("eu-west-1", "RekognitionService.ListFaces")
    assert found.body.text() == '{"CollectionId": "missing"}'


def test_the_use_of_a_key_and_its_network_are_noted(side: Side, opened: Any) -> None:
    opened(*call(side), REMOTE_ADDR="203.0.113.9")

    assert ApiKey.objects.get(pk=side.key.key.pk).last_used_at is not None
    assert KeyNetwork.objects.filter(key=side.key.key).count() == 1


def test_an_unknown_key_and_a_wrong_secret_are_told_the_same(side: Side, opened: Any) -> None:
    unknown = refused(opened, *call(side, key_id="CKNOBODYNOBODYNOBODY"))
    wrong = refused(opened, *call(side, secret="wrong"))

    assert unknown == wrong == ("InvalidSignatureException", SIGNATURE_DIFFERS)


def test_a_key_for_testing_accuracy_signs_nothing(side: Side, opened: Any) -> None:
    ApiKey.objects.filter(pk=side.key.key.pk).update(kind=KeyKind.ACCURACY)

    assert refused(opened, *call(side)) == ("InvalidSignatureException", SIGNATURE_DIFFERS)


def test_a_key_of_one_organization_signs_for_no_other(side: Side, opened: Any) -> None:
    other = new_side("Quayside Aid")

    assert refused(opened, *call(side, secret=other.key.secret_access_key))[1] == SIGNATURE_DIFFERS


def test_a_revoked_key_is_refused_at_the_next_call(side: Side, opened: Any) -> None:
    opened(*call(side))
    keys.revoke(key=side.key.key, by=side.actor)

    assert refused(opened, *call(side))[0] == "UnrecognizedClientException"


def test_an_expired_key_is_refused(side: Side, opened: Any) -> None:
    ApiKey.objects.filter(pk=side.key.key.pk).update(expires_at=timezone.now() - timedelta(seconds=1))

    assert refused(opened, *call(side))[0] == "UnrecognizedClientException"


def test_a_changed_body_is_refused(side: Side, opened: Any) -> None:
    headers, body = call(side)

    assert refused(opened, headers, body.replace(b"missing", b"another"))[1] == SIGNATURE_DIFFERS


def test_a_region_that_has_no_such_service_is_refused(side: Side, opened: Any) -> None:
    assert "valid region" in refused(opened, *call(side, region="mars-1"))[1]


def test_too_many_calls_are_told_so_by_the_name_that_clients_know(
    side: Side, opened: Any, settings: Any
) -> None:
    settings.REST_CALLS_PER_MINUTE = {"read": 1, "write": 1, "upload": 1}
    opened(*call(side))

    assert refused(opened, *call(side, "ListCollections"))[0] == "ProvisionedThroughputExceededException"


def test_a_change_is_done_once_a_signature(side: Side, opened: Any) -> None:
    sent = call(side, "DeleteFaces")
    opened(*sent)

    assert refused(opened, *sent)[0] == "ThrottlingException"


def test_a_change_signed_a_second_later_is_another_one(side: Side, opened: Any) -> None:
    now = datetime.now(UTC)
    opened(*call(side, "DeleteFaces", moment=now))

    assert opened(*call(side, "DeleteFaces", moment=now + timedelta(seconds=1)))


def test_a_read_may_come_again_for_a_minute(side: Side, opened: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = call(side)
    opened(*sent)
    opened(*sent)
    monkeypatch.setattr(replays, "READ_AGAIN_SECONDS", -1)

    assert refused(opened, *sent)[0] == "InvalidSignatureException"


def test_while_nobody_remembers_signatures_reads_go_on_and_changes_wait(
    side: Side, opened: Any, settings: Any
) -> None:
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}}

    assert opened(*call(side))
    assert refused(opened, *call(side, "DeleteFaces"))[0] == "ThrottlingException"


def test_a_refused_signature_is_not_remembered(side: Side, opened: Any) -> None:
    headers, body = call(side, "DeleteFaces")
    refused(opened, headers, body + b" ")

    assert opened(headers, body)


def test_a_call_that_was_one_too_many_may_come_again_as_it_was_signed(
    side: Side, opened: Any, settings: Any
) -> None:
    settings.REST_CALLS_PER_MINUTE = {"read": 1, "write": 0, "upload": 1}
    sent = call(side, "DeleteFaces")
    assert refused(opened, *sent)[0] == "ProvisionedThroughputExceededException"
    settings.REST_CALLS_PER_MINUTE = {"read": 1, "write": 9, "upload": 1}

    assert opened(*sent)


def test_a_body_that_says_to_be_too_long_is_refused_unread(side: Side, opened: Any) -> None:
    told = str(bodies.LONGEST + 1)

    assert refused(opened, *call(side), CONTENT_LENGTH=told)[0] == "ImageTooLargeException"


def in_pieces(body: bytes) -> dict[str, Any]:
    return {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": io.BytesIO(body)}


def test_a_body_in_pieces_is_read_as_far_as_it_may_be_long(
    side: Side, opened: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers, body = call(side)
    assert opened(headers, body, **in_pieces(body)).body.size == len(body)
    monkeypatch.setattr(bodies, "LONGEST", 20)

    assert refused(opened, headers, body, **in_pieces(body))[0] == "ImageTooLargeException"


def test_a_body_that_breaks_off_is_told_so(side: Side, opened: Any) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError("gone")

    assert refused(opened, *call(side), **{"wsgi.input": Broken()})[0] == "RequestTimeoutException"


def test_the_path_is_checked_as_it_was_sent(side: Side, opened: Any) -> None:
    assert opened(*call(side), RAW_URI="/rekognition/?")
    assert refused(opened, *call(side), RAW_URI="/Rekognition/")[1] == SIGNATURE_DIFFERS


def test_three_large_bodies_are_parsed_at_once_and_the_fourth_is_told_to_come_again(
    side: Side, opened: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "WAIT_SECONDS", 0.01)
    large = [opened(*call(side, values={"Bytes": "x" * bodies.LARGE, "At": at})).body for at in range(4)]

    with large[0].room(), large[1].room(), large[2].room():
        with pytest.raises(Rejected, match="ThrottlingException"), large[3].room():
            pass
    with large[3].room():
        assert large[3].text().startswith('{"Bytes"')


def test_small_bodies_wait_for_nobody(side: Side, opened: Any) -> None:
    small = opened(*call(side)).body

    with small.room(), small.room(), small.room(), small.room():
        assert small.text()
