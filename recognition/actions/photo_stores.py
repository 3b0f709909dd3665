"""Photos that calls name in the operator's object store: whose folders there are, and reading from them.

The store is the operator's, with one set of credentials. What keeps tenants apart in it is the folder that is
registered for each: a name outside one's own folder is, to whoever asks, not there.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.db import connection

from portal.audit import actions as audit
from portal.common.errors import Conflict, InvalidInput, Refused, Unavailable
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.tenancy.scope import officer_scope, tenant_scope
from recognition.images import MAX_BYTES
from recognition.models import PhotoStore

MISSING = "s3_object"
_SENTENCE = "Unable to get the object. Check its key, region and access permissions."
_AWAY_SECONDS = 5
_CONNECT_SECONDS, _READ_SECONDS = 3, 10
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('recognition_photostore'))"


def register(*, organization: Organization, bucket: str, prefix: str, by: Actor) -> PhotoStore:
    """Make a folder of a bucket an organization's own.

    Args:
        organization: Whose.
        bucket: Name of the bucket.
        prefix: What the names of its objects begin with; ends with a slash.
        by: An officer, or the system on behalf of who runs the platform.

    Raises:
        Refused: `officers_only`.
        InvalidInput: `prefix_format`.
        Conflict: `prefix_taken`, somebody's folder lies in it, or it in somebody's.
    """
    if not (by.is_officer or by.kind == "system"):
        raise Refused("officers_only", "Only who runs the platform says where photos are read from.")
    if not bucket or not prefix.endswith("/") or _is_odd(prefix):
        sentence = "Name a bucket, and a folder in it that ends with a slash."
        raise InvalidInput("prefix_format", sentence, field="prefix")
    with officer_scope():
        with connection.cursor() as cursor:
            cursor.execute(_ONE_AT_A_TIME)
        for row in PhotoStore.objects.filter(bucket=bucket):
            if row.prefix.startswith(prefix) or prefix.startswith(row.prefix):
                raise Conflict("prefix_taken", "This folder, or one around or inside it, is registered.")
        store: PhotoStore = PhotoStore.objects.create(
            organization=organization, bucket=bucket, prefix=prefix, set_by=by.id
        )
        audit.record(verb="photo_store.registered", actor=by, target=store, organization=organization.pk)
    return store


def read(*, organization: Organization, bucket: str, name: str, version: str = "") -> bytes:
    """Return an object of an organization's own folder. Outside any scope.

    Raises:
        InvalidInput: `s3_object`, it is not there or not theirs; `image_too_large`, over 15 MB.
        Unavailable: `s3_away`.
    """
    with tenant_scope(organization):
        own = list(PhotoStore.objects.filter(bucket=bucket).values_list("prefix", flat=True))
    if not settings.PHOTO_S3["endpoint_url"] or _is_odd(name) or not name.startswith(tuple(own)):
        raise InvalidInput(MISSING, _SENTENCE, field="S3Object")
    try:
        return _fetched(bucket, name, {"VersionId": version} if version else {})
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:  # noqa: PLR2004 - errors of the store's own
            raise _away() from error
        raise InvalidInput(MISSING, _SENTENCE, field="S3Object") from error
    except (BotoCoreError, OSError) as error:
        raise _away() from error


def _fetched(bucket: str, name: str, version: dict[str, str]) -> bytes:
    found = _client(**settings.PHOTO_S3).get_object(Bucket=bucket, Key=name, **version)
    with found["Body"] as body:
        if found["ContentLength"] > MAX_BYTES:
            sentence = f"The object has more than {MAX_BYTES / 1e6:.0f} MB."
            raise InvalidInput("image_too_large", sentence, field="S3Object")
        data: bytes = body.read()
    return data


def _is_odd(name: str) -> bool:
    """Whether a name could mean another object to a store that tidies names up."""
    return not name.isprintable() or any(part in ("", ".", "..") for part in name.rstrip("/").split("/"))


def _away() -> Unavailable:
    return Unavailable("s3_away", "The photo store does not answer. Try again.", retry_seconds=_AWAY_SECONDS)


@cache
def _client(**options: Any) -> Any:
    """Return the client of a store; one is shared by all threads."""
    limits = Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries={"total_max_attempts": 2, "mode": "standard"},
        s3={"addressing_style": "path"},
    )
    return boto3.session.Session().client("s3", config=limits, **options)
