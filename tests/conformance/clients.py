"""boto3 as anybody sets it up; every answer is checked against the service's model on its way."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config

from tests.conformance import model
from tests.support.accounts import REGION, Account


def boto(account: Account, **options: Any) -> Any:
    """Return a client of one account."""
    made = boto3.client(
        "rekognition",
        endpoint_url=account.endpoint,
        aws_access_key_id=account.key_id,
        aws_secret_access_key=account.secret,
        **{"region_name": REGION, "config": Config(retries={"total_max_attempts": 4})} | options,
    )
    bodies: dict[str, bytes] = {}
    made.meta.events.register("before-parse.rekognition", lambda **seen: _keep(bodies, seen))
    made.meta.events.register("after-call.rekognition", lambda **seen: _check(bodies, seen))
    return made


def _keep(bodies: dict[str, bytes], seen: dict[str, Any]) -> None:
    bodies[seen["operation_model"].name] = seen["response_dict"]["body"]


def _check(bodies: dict[str, bytes], seen: dict[str, Any]) -> None:
    name = seen["model"].name
    if seen["http_response"].status_code == 200:
        model.conforms(name, bodies[name], seen["parsed"])
    else:
        assert model.is_error_of(name, seen["parsed"]["Error"]["Code"]), seen["parsed"]
