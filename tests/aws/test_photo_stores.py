"""Photos that calls name in the operator's object store; moto's server stands for the store."""

import io

import boto3
import pytest
from django.core.management import CommandError, call_command
from moto.server import ThreadedMotoServer

from portal.common.errors import Conflict, Refused
from portal.tenancy.actor import Actor
from recognition.actions import photo_stores
from tests.aws.conftest import Program
from tests.aws.test_recognition import answer, refused
from tests.support.crowds import crowd
from tests.support.jobs import ANNA

OPERATOR = Actor.system("operator")
KEYS = {"aws_access_key_id": "store", "aws_secret_access_key": "store", "region_name": "us-east-1"}


@pytest.fixture(scope="module")
def server():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def store(server, settings):
    settings.PHOTO_S3 = {"endpoint_url": server, **KEYS}
    client = boto3.client("s3", endpoint_url=server, **KEYS)
    client.create_bucket(Bucket="photos")
    return client


def register(program: Program, prefix: str) -> str:
    own = f"{program.side.organization.pk}/{prefix}"
    photo_stores.register(organization=program.side.organization, bucket="photos", prefix=own, by=OPERATOR)
    return own


def named(name: str, bucket: str = "photos", **more: str) -> dict:
    return {"S3Object": {"Bucket": bucket, "Name": name, **more}}


def test_a_photo_of_ones_own_folder_is_looked_at(alice, store):
    name = register(alice, "cases/") + "anna.png"
    store.put_object(Bucket="photos", Key=name, Body=crowd((ANNA, 100)))
    assert len(answer(alice, "DetectFaces", Image=named(name))["FaceDetails"]) == 1


def test_a_photo_of_somebody_elses_folder_is_not_there(alice, charlie, store):
    register(charlie, "cases/")
    name = register(alice, "cases/") + "anna.png"
    store.put_object(Bucket="photos", Key=name, Body=crowd((ANNA, 100)))
    theirs, never = (refused(charlie, "DetectFaces", Image=named(text)) for text in (name, name + ".never"))
    assert (theirs.name, theirs.message) == ("InvalidS3ObjectException", never.message)


@pytest.mark.parametrize("tail", ["missing.png", "../anna.png", "./anna.png", "a//b.png"])
def test_what_is_not_in_the_folder_is_the_error_of_the_model(alice, store, tail):
    name = register(alice, f"{tail.replace('/', '-')}/") + tail
    assert refused(alice, "DetectFaces", Image=named(name)).name == "InvalidS3ObjectException"


def test_an_object_that_is_too_large_is_not_read(alice, store):
    name = register(alice, "large/") + "large.png"
    store.put_object(Bucket="photos", Key=name, Body=io.BytesIO(bytes(15_000_001)))
    assert refused(alice, "DetectFaces", Image=named(name)).name == "ImageTooLargeException"


def test_a_store_that_is_away_is_asked_again(alice, settings):
    settings.PHOTO_S3 = {"endpoint_url": "http://127.0.0.1:9", **KEYS}
    name = register(alice, "away/") + "anna.png"
    assert refused(alice, "DetectFaces", Image=named(name)).name == "ThrottlingException"


@pytest.mark.parametrize("prefix", ["", "cases/2026/"], ids=["around it", "inside it"])
def test_folders_of_two_organizations_never_overlap(alice, charlie, prefix):
    own = register(alice, "cases/")
    around = own.removesuffix("cases/") + prefix
    with pytest.raises(Conflict, match="prefix_taken"):
        photo_stores.register(
            organization=charlie.side.organization, bucket="photos", prefix=around, by=OPERATOR
        )


def test_no_tenant_says_whose_a_folder_is(alice):
    with pytest.raises(Refused, match="officers_only"):
        photo_stores.register(
            organization=alice.side.organization, bucket="photos", prefix="all/", by=alice.side.actor
        )


def test_a_command_registers_a_folder_and_shows_it(alice):
    organization, output = alice.side.organization, io.StringIO()
    prefix = f"{organization.pk}/command/"
    options = {"bucket": "photos", "prefix": prefix, "stdout": output}
    call_command("photo_store", organization.public_id, **options)
    assert output.getvalue() == f"photos/{prefix}\n"
    with pytest.raises(CommandError, match="is registered"):
        call_command("photo_store", organization.public_id, **options)
