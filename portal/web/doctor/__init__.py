"""What is missing or unsafe in this installation, in words.

Each examination looks at one part and yields what is wrong with it. A fault makes `doctor` fail. A note does
not: it names what has to change before real people's photos come in, and would be a fault in production.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from portal.web.doctor.findings import Examination, Finding, Level
from portal.web.doctor.postgres import database, extensions, migrations, roles, walls
from portal.web.doctor.safety import deployment, home_only, keys, officers, secrets
from portal.web.doctor.services import broker, models, published_log, storage, stored_files, webhooks, worker

__all__ = ["NEED_DATABASE", "PARTS", "Examination", "Finding", "Level", "examine"]

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
    "stored files": stored_files,
    "officers": officers,
    "deployment": deployment,
    "installation": home_only,
}
NEED_DATABASE = (
    roles,
    extensions,
    migrations,
    walls,
    worker,
    webhooks,
    keys,
    published_log,
    stored_files,
    officers,
)


def examine() -> list[Examination]:
    """Look at every part; where the database does not answer, at those that do without it."""
    parts = PARTS if not list(database()) else {k: v for k, v in PARTS.items() if v not in NEED_DATABASE}
    return [Examination(part, tuple(look())) for part, look in parts.items()]
