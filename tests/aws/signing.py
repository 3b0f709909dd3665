"""Calls of the Rekognition interface as real clients sign them: botocore signs, nothing of ours."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

REGION = "eu-west-1"
ADDRESS = "http://testserver/rekognition/"
JSON = "application/x-amz-json-1.1"


class _At(SigV4Auth):
    """Signs as of a moment of choice."""

    def __init__(self, *arguments: Any, moment: datetime) -> None:
        super().__init__(*arguments)
        self.moment = moment.strftime("%Y%m%dT%H%M%SZ")

    def add_auth(self, request: AWSRequest) -> None:
        request.context["timestamp"] = self.moment
        self._modify_request_before_signing(request)
        string = self.string_to_sign(request, self.canonical_request(request))
        self._inject_signature_to_request(request, self.signature(string, request))


def signed(
    operation: str,
    values: Any,
    *,
    key_id: str,
    secret: str,
    moment: datetime | None = None,
    region: str = REGION,
    service: str = "rekognition",
    token: str | None = None,
    address: str = ADDRESS,
    **headers: str,
) -> tuple[dict[str, str], bytes]:
    """Return the headers and the body of a signed call."""
    body = values if isinstance(values, bytes) else json.dumps(values).encode()
    sent = {"Content-Type": JSON, "X-Amz-Target": f"RekognitionService.{operation}", "Host": _host(address)}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    request = AWSRequest("POST", address, headers=sent, data=body)
    signer = _At(Credentials(key_id, secret, token), service, region, moment=moment or datetime.now(UTC))
    signer.add_auth(request)
    return {name: str(value) for name, value in request.headers.items()}, body


def _host(address: str) -> str:
    return address.split("/")[2]
