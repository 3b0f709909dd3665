"""Signatures, checked with the library that receivers use."""

import base64
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from portal.webhooks import signing

BODY = b'{"type":"job.released","timestamp":"2026-03-01T09:00:00Z","data":{"id":"job_1"}}'


def headers(keys, *, body=BODY, seconds=None, message_id="msg_1"):
    seconds = int(time.time()) if seconds is None else seconds
    made = signing.signature(keys, message_id=message_id, seconds=seconds, body=body)
    return {"webhook-id": message_id, "webhook-timestamp": str(seconds), "webhook-signature": made}


def test_the_example_of_the_specifications_libraries_comes_out_the_same():
    """Secret, id, time, body and signature as the reference libraries' own tests have them."""
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    made = signing.signature(
        [secret], message_id="msg_p5jXN8AQM9LWM0D4loKWxJek", seconds=1614265330, body=b'{"test": 2432232314}'
    )
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_receiver_verifies_with_either_secret_while_one_replaces_the_other():
    new, old = signing.new_secret(), signing.new_secret()
    sent = headers([new, old])
    for secret in (new, old):
        assert Webhook(signing.shown(secret)).verify(BODY, sent) == json.loads(BODY)
    with pytest.raises(WebhookVerificationError):
        Webhook(signing.shown(signing.new_secret())).verify(BODY, sent)


def test_a_secret_is_long_enough_and_says_what_it_is():
    shown = signing.shown(signing.new_secret())
    assert shown.startswith("whsec_")
    assert len(base64.b64decode(shown.removeprefix("whsec_"))) == 32


@given(st.binary(max_size=200), st.integers(0, 2**33))
def test_another_body_id_or_time_has_another_signature(body, seconds):
    key = b"k" * 32
    made = signing.signature([key], message_id="msg_1", seconds=seconds, body=body)
    others = [
        signing.signature([key], message_id="msg_2", seconds=seconds, body=body),
        signing.signature([key], message_id="msg_1", seconds=seconds + 1, body=body),
        signing.signature([key], message_id="msg_1", seconds=seconds, body=body + b" "),
    ]
    assert made not in others
