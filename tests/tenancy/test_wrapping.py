"""Key-encryption keys are replaced and key services exchanged; what they wrapped opens before and after."""

import base64
import os
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from portal.audit.models import Event
from portal.common.envelope import EnvelopeError
from portal.tenancy import secrets, wrapping
from portal.tenancy.models import PlatformKey, StoredDataKey
from tests.compliance.conftest import new_tenant

ENVIRONMENT = "portal.tenancy.wrapping.EnvironmentKeys"
COMMAND = "portal.tenancy.wrapping.CommandKeys"
PROGRAM = """
import sys
word, data = sys.argv[1], sys.stdin.buffer.read()
flip = bytes(byte ^ 0x5A for byte in data)
if word == "wrap":
    sys.stdout.buffer.write(b"mine:" + flip)
elif data.startswith(b"mine:"):
    sys.stdout.buffer.write(bytes(byte ^ 0x5A for byte in data[5:]))
else:
    sys.exit(1)
"""


def key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


@pytest.fixture
def tenant(fresh_database):
    return new_tenant("Harbor Light")


@pytest.fixture
def program(tmp_path, settings) -> Path:
    path = tmp_path / "kms.py"
    path.write_text(PROGRAM)
    settings.KEY_ENCRYPTION_COMMAND = f"{sys.executable} {path}"
    return path


def wrapped() -> list[bytes]:
    rows = [*StoredDataKey.objects.order_by("pk"), *PlatformKey.objects.order_by("pk")]
    return [bytes(row.wrapped) for row in rows]


def test_a_new_key_encryption_key_takes_over_and_the_old_one_can_go(tenant, settings):
    secret, platform = secrets.data_key(tenant.organization).secret, secrets.platform_key("exported-images")
    old, new = settings.KEY_ENCRYPTION_KEY, key()
    settings.KEY_ENCRYPTION_KEY = f"{new}, {old}"
    assert secrets.data_key(tenant.organization).secret == secret
    call_command("keys", "rewrap", verbosity=0)
    settings.KEY_ENCRYPTION_KEY = new
    secrets._platform.clear()
    assert secrets.data_key(tenant.organization).secret == secret
    assert secrets.platform_key("exported-images") == platform
    settings.KEY_ENCRYPTION_KEY = old
    with pytest.raises(EnvelopeError):
        secrets.data_key(tenant.organization)


def test_what_is_wrapped_under_the_newest_key_is_left_alone(tenant, settings):
    settings.KEY_ENCRYPTION_KEY = f"{key()},{settings.KEY_ENCRYPTION_KEY}"
    call_command("keys", "rewrap", verbosity=0)
    before = wrapped()
    call_command("keys", "rewrap", verbosity=0)
    assert wrapped() == before
    events = Event.objects.filter(verb="platform_keys.rewrapped").order_by("pk")
    assert [event.payload["keys"] for event in events] == [1]


def test_keys_move_from_the_environment_to_a_service_and_back(tenant, settings, program):
    secret = secrets.data_key(tenant.organization).secret
    settings.KEY_ENCRYPTION_SERVICE = COMMAND
    call_command("keys", "rewrap", "--from", ENVIRONMENT, verbosity=0)
    assert all(one.startswith(b"mine:") for one in wrapped())
    assert secrets.data_key(tenant.organization).secret == secret
    settings.KEY_ENCRYPTION_SERVICE = ENVIRONMENT
    call_command("keys", "rewrap", "--from", COMMAND, verbosity=0)
    assert secrets.data_key(tenant.organization).secret == secret


def test_a_service_that_fails_is_named_and_says_nothing_secret(program, settings):
    service = wrapping.CommandKeys()
    with pytest.raises(EnvelopeError, match="key_service") as raised:
        service.unwrap(b"not wrapped by it")
    assert "not wrapped" not in str(raised.value)
    settings.KEY_ENCRYPTION_COMMAND = "/nowhere/kms"
    with pytest.raises(EnvelopeError, match="key_service"):
        service.wrap(os.urandom(32))


def test_a_service_is_not_asked_again_for_what_it_just_unwrapped(program):
    service = wrapping.CommandKeys()
    secret = os.urandom(32)
    made = service.wrap(secret)
    assert service.unwrap(made) == secret
    program.unlink()
    assert service.unwrap(made) == secret


def test_a_key_of_the_platform_stays_what_it_was_before_keys_were_stored(tenant):
    PlatformKey.objects.all().delete()
    secrets._platform.clear()
    derived = wrapping.EnvironmentKeys().derived("exported-images")
    assert secrets.platform_key("exported-images") == derived
    assert PlatformKey.objects.get().use == "exported-images"
