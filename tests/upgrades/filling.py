"""Fills every table that an older release had, for two organizations: a row in each state, else three.

Values are made from the models as that release's migrations describe them. What its constraints want beyond
that stands in `ALSO`. Row k of a table refers to row k of another, of the same organization.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import psycopg
from django.db.migrations.loader import MigrationLoader
from psycopg import sql
from psycopg.types.json import Jsonb

OURS = ("audit", "tenancy", "compliance", "recognition", "portal_api", "contenttypes", "auth")
ONE = {"tenancy_organization", "recognition_turn", "compliance_enduser"}  # an organization
MADE_BY_MIGRATIONS = {"compliance_policyepoch"}
NAMES = ("Harbor Light", "Quayside Aid")
MOMENT = "2026-11-20T12:00:00+00:00"
LATER = "2026-11-20T13:00:00+00:00"
ENDED = {"released", "recalled", "purged", "partial", "failed"}
STATES = ("status", "state")
NO_ACTION_LED_THERE = {"recalled", "purged"}  # of jobs, in a release without their moments
ROWS = 5
DIMENSIONS = 128
Values = dict[str, Any]


def also(table: str, row: Values) -> Values:
    """Return what the constraints of a table want besides."""
    state = row.get("status", row.get("state"))
    return ALSO.get(table, lambda _row, _state: {})(row, state)


def _job(row: Values, state: str) -> Values:
    ended = {"finished_at": LATER} if state in ENDED else {}
    held = {"held_at": MOMENT, "held_reason": "policy", "held_from": "queued"} if state == "held" else {}
    released = {"released_at": LATER} if state in {"released", "recalled"} else {}
    return {"total": ROWS, **ended, **held, **released} | ({"purged_at": LATER} if state == "purged" else {})


ALSO: dict[str, Callable[[Values, Any], Values]] = {
    "recognition_job": _job,
    "compliance_policysimulation": lambda _, state: {"result": {} if state in {"done", None} else None},
    "compliance_application": lambda row, _: {"kind": "new_purpose", "against": ""},
    "compliance_sample": lambda *_: {"answered_by": "", "case_reference": "", "due_at": LATER},
    "compliance_intake": lambda *_: {"dismissal": ""},
    "compliance_measure": lambda _, state: {"lifted_at": LATER if state == "lifted" else None},
    "compliance_legaldemand": lambda *_: {"answer": ""},
    "compliance_breach": lambda *_: {"authority_due_at": LATER},
    "compliance_breachaction": lambda *_: {"needed": True},
    "compliance_urgentrequest": lambda *_: {
        "purpose": "find_missing_child",
        "body_name": "",
        "body_type": "",
    },
    "compliance_urgentvote": lambda *_: {"hours": 0},
    "compliance_secondlook": lambda *_: {"outcome": ""},
    "compliance_grant": lambda row, _: (
        {"operations": ["search"], "moratorium_status": "covered"}
        | {"exemption": "", "starts_at": MOMENT, "expires_at": LATER}
    ),
    "compliance_determination": lambda *_: {"synthetic": True},
    "compliance_evidence": lambda *_: {"verified_by": ""},
    "recognition_caserecord": lambda _, state: {"ended_at": None if state == "open" else LATER},
    "recognition_shard": lambda row, _: {"first": 0, "last": 3},
    "compliance_breakglass": lambda row, state: {"items": ["x"], "status": "requested"},
    "recognition_exportrecord": lambda row, _: {
        "end_user_id": uuid4() if row.get("party") == "registered" else None,
        "created_at": ...,  # before or after a migration, as the release was
    },
    "portal_api_keptcall": lambda row, _: {"status": 200, "answer": {"id": row["name"]}},
    "recognition_notice": lambda *_: {"how": "", "told_by": ""},
    "recognition_reopening": lambda *_: {"found_id": None},
    "recognition_item": lambda row, state: {"done_at": MOMENT if state != "waiting" else None},
}


class Filler:
    """Writes rows of an older release into its database, past row-level security."""

    def __init__(self, connection: psycopg.Connection, targets: list[tuple[str, str]]) -> None:
        self._connection = connection
        apps = MigrationLoader(None).project_state(targets).apps
        self.models = [model for model in apps.get_models() if model._meta.app_label in OURS]
        self.models = [one for one in self.models if one._meta.db_table not in MADE_BY_MIGRATIONS]
        self.keys: dict[tuple[str, Any], list[Any]] = {}
        self._numbers = itertools.count(1)

    def fill(self) -> None:
        """Write all rows, those that others refer to first."""
        waiting = list(self.models)
        while waiting:
            model = next(one for one in waiting if not self._parents(one) & {id(other) for other in waiting})
            self._fill(model)
            waiting.remove(model)

    def _parents(self, model: Any) -> set[int]:
        fields = [one for one in model._meta.local_fields if one.related_model]
        return {id(one.related_model) for one in fields if one.related_model is not model}

    def _fill(self, model: Any) -> None:
        for owner in range(len(NAMES)):
            for number, state in enumerate(_states(model)):
                self._insert(model, owner, number, state)

    def _insert(self, model: Any, owner: int, number: int, state: Values) -> None:
        fields = {one.column: one for one in model._meta.local_fields}
        row = {column: self._value(one, owner, number) for column, one in fields.items()}
        row |= state
        row |= {name: one for name, one in also(model._meta.db_table, row).items() if name in fields}
        row = {column: value for column, value in row.items() if value is not ...}
        names = sql.SQL(", ").join(map(sql.Identifier, row))
        statement = sql.SQL("INSERT INTO {} ({}) VALUES ({}) RETURNING {}").format(
            sql.Identifier(model._meta.db_table),
            names,
            sql.SQL(", ").join(sql.Placeholder() * len(row)),
            sql.Identifier(model._meta.pk.column),
        )
        values = [Jsonb(one) if isinstance(one, dict) else one for one in row.values()]
        [key] = self._connection.execute(statement, values).fetchone() or [None]
        self.keys.setdefault((model._meta.db_table, owner), []).append(key)

    def _value(self, field: Any, owner: int, number: int) -> Any:
        """Return a value for a column; `...` where the database gives one."""
        if field.null and field.related_model and field.related_model._meta.db_table == "tenancy_user":
            return None
        if field.related_model:
            return self._reference(field, owner, number)
        if field.primary_key and "Auto" in field.get_internal_type():
            return ...
        if field.choices and field.get_internal_type() == "CharField":
            return field.choices[number % len(field.choices)][0]
        return None if field.null else VALUES[field.get_internal_type()](self, field, owner)

    def _reference(self, field: Any, owner: int, number: int) -> Any:
        keys = self.keys.get((field.related_model._meta.db_table, owner), [])
        if field.related_model._meta.db_table == "tenancy_organization":
            return keys[0]
        if not keys:
            return None if field.null else 1
        return keys[number % len(keys)]

    def text(self, field: Any, owner: int) -> str:
        """Return a text that no other row has."""
        return f"{field.name} {owner} {next(self._numbers)}"[-(field.max_length or 200) :]


VALUES: dict[str, Callable[[Filler, Any, int], Any]] = {
    "UUIDField": lambda *_: uuid4(),
    "CharField": Filler.text,
    "TextField": Filler.text,
    "JSONField": lambda *_: {},
    "ArrayField": lambda *_: [],
    "BooleanField": lambda *_: False,
    "DateTimeField": lambda *_: MOMENT,
    "DateField": lambda *_: MOMENT[:10],
    "BinaryField": lambda *_: b"sealed",
    "FloatField": lambda *_: 50.0,
    "VectorField": lambda *_: str([0.5] * DIMENSIONS),
    **dict.fromkeys(
        ("PositiveIntegerField", "PositiveSmallIntegerField", "PositiveBigIntegerField", "BigIntegerField"),
        lambda filler, *_: next(filler._numbers),
    ),
}


def _states(model: Any) -> Iterator[Values]:
    """Yield a row's state for each that there is, else for a few rows."""
    if model._meta.db_table in ONE:
        yield {"status": "active"} if model._meta.db_table == "tenancy_organization" else {}
        return
    names = {field.name for field in model._meta.local_fields}
    for field in model._meta.local_fields:
        if field.name in STATES and field.choices:
            unreached = set() if "purged_at" in names else NO_ACTION_LED_THERE
            yield from ({field.column: value} for value, _ in field.choices if value not in unreached)
            return
    yield from ({} for _ in range(ROWS))
