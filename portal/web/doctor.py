"""What is missing or unsafe in this installation, in words.

Each examination looks at one part and yields what is wrong with it. A fault makes `doctor` fail. A note does
not: it names what has to change before real people's photos come in, and would be a fault in production.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.conf import settings
from django.core.checks import WARNING, run_checks
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from redis import Redis
from redis.exceptions import RedisError

from compliance.models import PolicyEpoch, PolicyVersionRecord
from portal.audit import checkpoints, log
from portal.common import envelope
from portal.common.clock import database_now
from portal.common.ids import uuid7
from portal.env import home
from portal.tenancy import wrapping
from portal.tenancy.kinds import Kind
from portal.tenancy.models import Officer, StoredDataKey
from portal.webhooks import following
from portal.webhooks.models import Turn
from recognition import client
from recognition.engine import catalog

OLDEST_POSTGRES = 160000  # row-level security as used here, and what pgvector 0.8 is built for
OLDEST_VECTOR = (0, 8)
LOG_STANDS_STILL = timedelta(minutes=5)  # events get their places every few seconds
# Django's checks of hosts and HTTPS, which ours say more exactly, and of HSTS for other subdomains and
# for browsers' lists, which are for the owner of the domain to choose.
_PASSED_OVER = {"security.W008", "security.W020", "security.W005", "security.W021"}
_PRIVATE = 0o077  # bits that nobody but the owner of a secret may have


class Level(StrEnum):
    """How bad it is."""

    FAULT = "fault"
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """One thing that is missing or unsafe, and what to do."""

    level: Level
    sentence: str
    remedy: str


@dataclass(frozen=True)
class Examination:
    """One part that was looked at, and what was found."""

    part: str
    findings: tuple[Finding, ...]


def examine() -> list[Examination]:
    """Look at every part; where the database does not answer, at those that do without it."""
    parts = PARTS if not list(database()) else {k: v for k, v in PARTS.items() if v not in NEED_DATABASE}
    return [Examination(part, tuple(look())) for part, look in parts.items()]


def fault(sentence: str, remedy: str) -> Finding:
    """Return a finding that makes the examination fail."""
    return Finding(Level.FAULT, sentence, remedy)


def in_production(sentence: str, remedy: str) -> Finding:
    """Return a finding that is a fault in production and a note elsewhere."""
    return Finding(Level.FAULT if settings.PRODUCTION else Level.NOTE, sentence, remedy)


def database() -> Iterator[Finding]:
    """Look whether PostgreSQL answers and is recent enough."""
    try:
        version = int(_value("SHOW server_version_num"))
    except DatabaseError:
        yield fault(
            "The database does not answer.",
            "Start it with `manage.py local up`, or set DATABASE_URL to one that runs.",
        )
        return
    if version < OLDEST_POSTGRES:
        yield fault(f"PostgreSQL {version // 10000} is too old.", "Use PostgreSQL 16 or later.")


def roles() -> Iterator[Finding]:
    """Look whether row-level security binds the role the portal runs as."""
    remedy = "Run portal/local/roles.sql as superuser, and set DATABASE_URL to the role countenance_app."
    name = str(_value("SELECT current_user"))
    if _value("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"):
        yield fault(f"The portal runs as {name}, which row-level security does not bind.", remedy)
    if _value("SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tableowner = current_user"):
        yield fault(
            f"The portal runs as {name}, which owns the tables.", f"{remedy} Migrate as another role."
        )
    for role in ("portal_office", "portal_backup"):
        if not _value("SELECT count(*) FROM pg_roles WHERE rolname = %s", role):
            yield fault(f"The role {role} is missing.", remedy)
        elif role == "portal_office":
            yield from _office_role(name, remedy)


def extensions() -> Iterator[Finding]:
    """Look for pgvector."""
    version = _value("SELECT max(extversion) FROM pg_extension WHERE extname = 'vector'")
    if version is None:
        yield fault("The extension vector (pgvector) is missing.", "As superuser: CREATE EXTENSION vector;")
    elif tuple(map(int, str(version).split(".")[:2])) < OLDEST_VECTOR:
        yield fault(f"pgvector {version} is too old.", "Install 0.8 or later; ALTER EXTENSION vector UPDATE;")


def migrations() -> Iterator[Finding]:
    """Look for migrations that wait, and for policies that should be there after them."""
    executor = MigrationExecutor(connection)
    waiting = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if waiting:
        yield fault(
            f"Migrations that wait: {waiting}.", "Run `manage.py migrate` with DATABASE_OWNER_URL set."
        )
    elif not PolicyVersionRecord.objects.filter(pack=PolicyEpoch.objects.get().pack).exists():
        yield fault("No policy is in force: everything is refused.", "Run `manage.py migrate` again.")


def walls() -> Iterator[Finding]:
    """Look whether every table of tenants and of the office has its row-level security, forced."""
    guarded = [model._meta.db_table for model in apps.get_models() if _is_guarded(model)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relname = ANY(%s) AND relkind IN ('r', 'p') "
            "AND NOT (relrowsecurity AND relforcerowsecurity) ORDER BY relname",
            [guarded],
        )
        open_tables = [name for (name,) in cursor.fetchall()]
    if open_tables:
        yield fault(
            f"Without row-level security: {', '.join(open_tables)}. One tenant could read another's rows.",
            "As owner: ALTER TABLE … ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY.",
        )


def broker() -> Iterator[Finding]:
    """Look whether the broker answers."""
    try:
        with Redis.from_url(settings.REDIS_URL or "redis://localhost:1/0", socket_timeout=3) as redis:
            redis.ping()
    except (RedisError, ValueError):
        yield fault(
            "The broker does not answer: jobs wait until it does.",
            "Start it with `manage.py local up`, or set REDIS_URL to one that runs.",
        )


def worker() -> Iterator[Finding]:
    """Look for the sign of life of an engine worker with its model loaded."""
    if not client.engine_is_live():
        yield fault(
            "No engine worker is alive: jobs wait, and calls time out.",
            "Start one: `celery -A portal.celery worker -Q interactive,gpu -c 1`; `make run` starts all.",
        )


def models() -> Iterator[Finding]:
    """Compare the engine's files with their published digests."""
    for sentence in catalog.verify():
        yield fault(sentence, "Run `make setup`, or fetch the file again: `manage.py models list`.")
    chosen = [one for one in catalog.models() if settings.COUNTENANCE_MODEL in {one.name, one.version}]
    if not chosen:
        yield fault(f"There is no model {settings.COUNTENANCE_MODEL}.", "`manage.py models list` names them.")
    elif not chosen[0].ready:
        yield fault(
            f"The files of the model {chosen[0].name} are not here.",
            f"Put them where `manage.py models list` says ({chosen[0].path}), or unset COUNTENANCE_MODEL.",
        )
    yield from _detector(settings.COUNTENANCE_DETECTOR)


def _detector(name: str) -> Iterator[Finding]:
    if name not in catalog.DETECTORS:
        known = ", ".join(catalog.DETECTORS)
        yield fault(f"There is no detector {name}.", f"Set COUNTENANCE_DETECTOR to one of {known}.")
        return
    for file in catalog.DETECTORS[name]:
        if not catalog.file_of(file).is_file():
            yield fault(
                f"The detector {name} needs {file.name}, whose file is not here.",
                f"Put it at {catalog.file_of(file)}, or unset COUNTENANCE_DETECTOR.",
            )


def secrets() -> Iterator[Finding]:
    """Look at the keys: the one that wraps all others, and the files they lie in."""
    try:
        service = wrapping.service()
        service.unwrap(service.wrap(envelope.new_secret()))
    except envelope.EnvelopeError as error:
        yield fault(error.sentence, "Set KEY_ENCRYPTION_KEY to what `openssl rand -base64 32` prints.")
    for file in sorted((home() / "secrets").glob("*")):
        if file.stat().st_mode & _PRIVATE:
            yield fault(f"{file} can be read by others.", f"chmod 600 {file}")


def keys() -> Iterator[Finding]:
    """Try whether the key-encryption key opens the keys of the organizations that are there."""
    wrapped = StoredDataKey.objects.living().order_by("-pk").values_list("wrapped", flat=True).first()
    if wrapped is None:
        return
    try:
        wrapping.service().unwrap(bytes(wrapped))
    except envelope.EnvelopeError:
        yield fault(
            "KEY_ENCRYPTION_KEY does not open the data keys of the organizations here: no photo opens.",
            "Give the key with which they were made; without it their data is lost.",
        )


def published_log() -> Iterator[Finding]:
    """Look whether checkpoints can be signed, and whether events get their places in the log."""
    try:
        checkpoints.signer()
    except checkpoints.KeyUnusable as error:
        yield fault(
            str(error),
            "LOG_SIGNING_KEY: what `openssl rand -base64 32` prints. LOG_ORIGIN: host/transparency.",
        )
    since = log.waiting_since()
    if since and database_now() - since > LOG_STANDS_STILL:
        yield fault(
            f"The published log stands still: events wait for their place since {since:%Y-%m-%d %H:%M} UTC.",
            "Start a light worker with --beat (`make run` starts all), and read its log.",
        )


def storage() -> Iterator[Finding]:
    """Write a small object where photos go, and delete it."""
    try:
        name = default_storage.save(f"doctor/{uuid7()}", ContentFile(b"doctor"))
        default_storage.delete(name)
    except Exception as error:  # every store has errors of its own, and each means the same
        yield fault(
            f"Photos cannot be stored ({type(error).__name__}).",
            "Let the portal's user write to MEDIA_ROOT, or check S3_BUCKET and its keys.",
        )


def officers() -> Iterator[Finding]:
    """Look for the officers that decisions take, and for their second factor."""
    active = Officer.objects.filter(active=True, user__is_active=True)
    if active.count() < 2:  # noqa: PLR2004 - an exemption takes two people
        yield in_production(
            f"Officers: {active.count()}. What takes two people cannot be decided.",
            "Appoint at least two, better three: a third one votes where two disagree.",
        )
    protected = Authenticator.objects.filter(type=Authenticator.Type.TOTP).values("user_id")
    bare = active.exclude(user__in=protected).count()
    if bare:
        yield in_production(
            f"Officers without a second factor: {bare}.", "They set it up when they next sign in."
        )


def deployment() -> Iterator[Finding]:
    """Run the system checks, those for deployments included."""
    for message in run_checks(include_deployment_checks=settings.PRODUCTION):
        if message.level >= WARNING and message.id not in _PASSED_OVER and not message.is_silenced():
            yield fault(str(message.msg), str(message.hint or f"See {message.id}."))


def home_only() -> Iterator[Finding]:
    """Name what is fine for trying things out, and not for real people's photos."""
    if settings.PRODUCTION:
        return
    yield Finding(
        Level.NOTE,
        "This is a development installation: secrets were made up, officers need no second factor, mail is "
        "printed.",
        "Set COUNTENANCE_ENV=production before real photos come in; it then says what else is missing.",
    )
    if settings.ALLOW_PROVISION:
        yield Finding(
            Level.NOTE, "Provisioning is on.", "Unset COUNTENANCE_ALLOW_PROVISION when the tests are done."
        )


def webhooks() -> Iterator[Finding]:
    """Look whether somebody sends what waits for the receivers of webhooks."""
    remedy = "Start a worker: celery -A portal.celery worker -Q webhooks -c 1. Where one runs, read its log."
    if waiting := Turn.objects.all().overdue().count():
        yield fault(f"Webhooks that have waited for more than five minutes: {waiting}.", remedy)
    if following.is_behind():
        yield fault("What happened minutes ago was not read yet for those who have webhooks.", remedy)


PARTS: dict[str, Callable[[], Iterator[Finding]]] = {
    "database": database,
    "roles": roles,
    "extensions": extensions,
    "migrations": migrations,
    "row-level security": walls,
    "broker": broker,
    "engine worker": worker,
    "webhooks": webhooks,
    "models": models,
    "secrets": secrets,
    "data keys": keys,
    "published log": published_log,
    "storage": storage,
    "officers": officers,
    "deployment": deployment,
    "installation": home_only,
}
NEED_DATABASE = (roles, extensions, migrations, walls, worker, webhooks, keys, published_log, officers)


def _value(query: str, *parameters: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        row = cursor.fetchone()
    return row[0] if row else None


def _office_role(name: str, remedy: str) -> Iterator[Finding]:
    if not _value("SELECT pg_has_role(current_user, 'portal_office', 'SET')"):
        yield fault(f"{name} cannot take the role portal_office: officers see nothing.", remedy)
    if _value("SELECT pg_has_role(current_user, 'portal_office', 'USAGE')"):
        yield fault(
            f"{name} has the wider view of portal_office all the time.",
            "As superuser: GRANT portal_office TO countenance_app WITH INHERIT FALSE, SET TRUE;",
        )


def _is_guarded(model: type) -> bool:
    return getattr(model, "model_kind", None) in {Kind.OFFICE, Kind.TENANT}
