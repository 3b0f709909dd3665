"""`doctor` finds each planted fault, and is content without one."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.db import connections, transaction
from django.db.models.functions import Now
from pytest_django.fixtures import Settings

from portal.audit import actions as audit
from portal.tenancy.actions import officers, people
from portal.tenancy.actor import Actor
from portal.web import doctor
from portal.web.doctor import Finding, Level
from recognition.engine import processors
from recognition.models import Heartbeat
from tests.support import database as databases
from tests.support import services
from tests.support.database import as_superuser

Environment = dict[str, str]


@pytest.fixture
def connected_as(fresh_database: Environment) -> Iterator[object]:
    """Reconnect as another role for as long as the test lasts."""
    settings = connections.settings["default"]
    before = {name: settings[name] for name in ("USER", "PASSWORD")}

    def reconnect(address: str) -> None:
        databases.close_connections()
        parts = urlsplit(address)
        settings.update(USER=parts.username, PASSWORD=parts.password)

    yield reconnect
    databases.close_connections()
    settings.update(before)


@pytest.fixture
def production(settings: Settings) -> Settings:
    """Settings of a deployment without a fault."""
    settings.PRODUCTION = True
    settings.SECRET_KEY = "n7" + os.urandom(40).hex()
    settings.ALLOWED_HOSTS = ["portal.example"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.OFFICER_SECOND_FACTOR = True
    settings.ALLOW_PROVISION = False
    settings.SECURE_SSL_REDIRECT = settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SECURE_HSTS_SECONDS = 31_536_000
    return settings


def sentences(findings: Iterator[Finding], level: Level = Level.FAULT) -> str:
    return " ".join(f"{one.sentence} {one.remedy}" for one in findings if one.level is level)


def test_a_sound_database_has_no_fault(fresh_database: Environment) -> None:
    parts = (doctor.database, doctor.roles, doctor.extensions, doctor.migrations, doctor.walls, doctor.keys)
    parts += (doctor.published_log,)
    assert [sentences(look()) for look in parts] == [""] * len(parts)


def test_a_database_that_does_not_answer_is_found(fresh_database: Environment) -> None:
    with databases.switched("no_such_database"):
        assert "does not answer" in sentences(doctor.database())
        parts = {one.part for one in doctor.examine()}
    assert "roles" not in parts
    assert {"database", "broker", "models"} <= parts


def test_running_as_superuser_is_found(connected_as) -> None:
    connected_as(services.join().services.superuser_url)
    assert "does not bind" in sentences(doctor.roles())


def test_running_as_the_owner_is_found(connected_as) -> None:
    connected_as(services.join().services.database_owner_url)
    assert "owns the tables" in sentences(doctor.roles())


def test_a_missing_extension_is_found(fresh_database: Environment) -> None:
    as_superuser("DROP EXTENSION vector CASCADE")
    assert "pgvector" in sentences(doctor.extensions())


def test_a_migration_that_waits_is_found(fresh_database: Environment) -> None:
    as_superuser(
        "DELETE FROM django_migrations WHERE id = "
        "(SELECT max(id) FROM django_migrations WHERE app = 'recognition')"
    )
    assert "Migrations that wait: 1" in sentences(doctor.migrations())


@pytest.mark.parametrize("statement", ["DISABLE", "NO FORCE"])
def test_a_table_without_its_wall_is_found(fresh_database: Environment, statement: str) -> None:
    as_superuser(f"ALTER TABLE recognition_face {statement} ROW LEVEL SECURITY")
    assert "recognition_face" in sentences(doctor.walls())


def test_a_broker_that_does_not_answer_is_found(settings: Settings) -> None:
    assert sentences(doctor.broker()) == ""
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert "does not answer" in sentences(doctor.broker())


def test_a_worker_without_a_sign_of_life_is_found(fresh_database: Environment) -> None:
    assert "No engine worker" in sentences(doctor.worker())
    Heartbeat.objects.create(worker="here:1", pipeline="fake/1", beat_at=Now())
    assert sentences(doctor.worker()) == ""


def test_the_shipped_models_are_the_published_files() -> None:
    assert sentences(doctor.models()) == ""


def test_a_chosen_model_without_its_file_is_found(settings: Settings) -> None:
    settings.COUNTENANCE_MODEL = "ArcFace"
    assert "ArcFace are not here" in sentences(doctor.models())
    settings.COUNTENANCE_MODEL = "NoSuchNet"
    assert "no model NoSuchNet" in sentences(doctor.models())


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("dowsing", "no detector dowsing"), ("yunet", "needs YuNet, whose file is not here")],
)
def test_a_detector_that_cannot_run_is_a_fault(settings, tmp_path, monkeypatch, name, sentence):
    monkeypatch.setenv("DEEPFACE_HOME", str(tmp_path))
    settings.COUNTENANCE_DETECTOR = name
    assert sentence in sentences(doctor.models())


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("COUNTENANCE_MODE", "warp", "no engine mode warp"),
        ("COUNTENANCE_PRECISION", "int4", "no precision int4"),
    ],
)
def test_a_setting_of_the_engine_that_does_not_exist_is_a_fault(settings, name, value, sentence):
    setattr(settings, name, value)
    assert sentence in sentences(doctor.models())


def test_a_net_of_others_in_bfloat16_is_a_fault(settings: Settings) -> None:
    settings.COUNTENANCE_MODEL, settings.COUNTENANCE_PRECISION = "ArcFace", "bfloat16"
    assert "ArcFace does not run in bfloat16" in sentences(doctor.models())


def test_processors_without_bfloat16_are_noted(settings, tmp_path, monkeypatch):
    monkeypatch.setattr(processors, "CPUINFO", tmp_path / "none")
    settings.COUNTENANCE_PRECISION = "bfloat16"
    assert sentences(doctor.models()) == ""
    assert "starts only where a GPU does" in sentences(doctor.models(), Level.NOTE)


def test_a_key_of_the_wrong_size_is_found(settings: Settings) -> None:
    settings.KEY_ENCRYPTION_KEY = "c2hvcnQ="
    assert "32 random bytes" in sentences(doctor.secrets())


def test_a_secret_that_others_can_read_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTENANCE_HOME", str(tmp_path))
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "secret_key").touch(mode=0o644)
    assert "can be read by others" in sentences(doctor.secrets())


def test_a_store_that_cannot_be_written_is_found(settings: Settings, tmp_path: Path) -> None:
    assert sentences(doctor.storage()) == ""
    (tmp_path / "file").touch()
    settings.MEDIA_ROOT = str(tmp_path / "file" / "media")
    assert "cannot be stored" in sentences(doctor.storage())


def test_officers_without_second_factor_are_a_fault_in_production_only(
    fresh_database: Environment, production: Settings
) -> None:
    user = people.create_user(email="o@example.org", name="", password=None, by=Actor.system("tests"))
    officers.appoint(user=user, by=Actor.system("tests"), synthetic=True)
    assert "second factor" in sentences(doctor.officers())
    assert "Officers: 1." in sentences(doctor.officers())
    production.PRODUCTION = False
    assert sentences(doctor.officers()) == ""
    assert "second factor" in sentences(doctor.officers(), Level.NOTE)


def test_a_deployment_without_a_fault_has_none(production: Settings, database: None) -> None:
    assert sentences(doctor.deployment()) == ""


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("DEBUG", True, "DEBUG is on"),
        ("ALLOWED_HOSTS", [], "names no host"),
        ("ALLOWED_HOSTS", ["*"], "or all of them"),
        ("ALLOW_PROVISION", True, "Provisioning is on"),
        ("OFFICER_SECOND_FACTOR", False, "password alone"),
        ("EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend", "Mail goes nowhere"),
        ("SECURE_SSL_REDIRECT", False, "not sent on to HTTPS"),
        ("SECRET_KEY", "short", "SECRET_KEY"),
        ("SESSION_COOKIE_SECURE", False, "SESSION_COOKIE_SECURE"),
    ],
)
def test_an_unsafe_setting_is_found(
    production: Settings, database: None, name: str, value: object, words: str
) -> None:
    setattr(production, name, value)
    assert words in sentences(doctor.deployment())


def test_provisioning_outside_production_is_noted(settings: Settings) -> None:
    settings.ALLOW_PROVISION = True
    assert "Provisioning is on" in sentences(doctor.home_only(), Level.NOTE)


def test_the_command_ends_with_status_1_when_anything_is_missing(fresh_database: Environment) -> None:
    out = io.StringIO()
    with pytest.raises(SystemExit, match="1"):
        call_command("doctor", stdout=out)
    assert "fault  engine worker: No engine worker is alive" in out.getvalue()
    assert "1 thing is missing or unsafe." in out.getvalue()


def test_the_command_is_content_when_nothing_is(fresh_database: Environment) -> None:
    Heartbeat.objects.create(worker="here:1", pipeline="fake/1", beat_at=Now())
    out = io.StringIO()
    call_command("doctor", stdout=out)
    assert "Nothing is missing or unsafe." in out.getvalue()
    assert max(map(len, out.getvalue().splitlines())) <= 110


def test_a_log_that_stands_still_is_found(fresh_database: Environment) -> None:
    with transaction.atomic():
        event = audit.record(verb="image.deleted", actor=Actor.system("tests"), target="img_waiting")
    assert sentences(doctor.published_log()) == ""
    as_superuser("ALTER TABLE audit_event DISABLE TRIGGER audit_event_insert_only")
    as_superuser("UPDATE audit_event SET at = at - interval '10 minutes' WHERE id = %s", event.pk)
    assert "stands still" in sentences(doctor.published_log())


def test_a_signing_key_that_is_none_is_found(fresh_database: Environment, settings: Settings) -> None:
    settings.LOG_SIGNING_KEY = "short"
    assert "LOG_SIGNING_KEY" in sentences(doctor.published_log())
