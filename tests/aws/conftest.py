"""A program's side of the Rekognition interface, from the operation's name to the answer."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from portal.aws import dispatch
from portal.aws.answers import OUTPUTS, encoded
from portal.aws.errors import WireError
from portal.aws.shapes import ERRORS
from portal.tenancy.models import ApiKey
from tests.aws.checking import conforms
from tests.support.world import DEFAULTS, Side, World, new_world

FACTS = DEFAULTS | {"legal_basis": "Guardians' consent", "owner": "Case team", "retention_days": 90}
_numbers = itertools.count(1)


@dataclass
class Program:
    """Calls operations with one key."""

    side: Side
    facts: Mapping[str, Any] = field(default_factory=lambda: FACTS)
    key: ApiKey | None = None

    def __post_init__(self) -> None:
        self.key = self.key or self.side.new_key(defaults=self.facts).key

    def call(self, operation: str, **values: Any) -> dict[str, Any]:
        """Return the answer, as a client reads it; every answer is one that the model knows."""
        name = dispatch.operation_of(f"RekognitionService.{operation}")
        given = dispatch.read(name, json.dumps(values))
        answer, _ = dispatch.run(name, given, key=self.key, region="us-east-1")
        found = json.loads(encoded(answer))
        conforms(OUTPUTS[name], found)
        return found

    def refused(self, operation: str, **values: Any) -> WireError:
        """Return the error that is answered; it is one that the model knows for this operation."""
        with pytest.raises(WireError) as raised:
            self.call(operation, **values)
        assert raised.value.name in ERRORS[operation] | {"SerializationException"}
        return raised.value

    def collection(self, **values: Any) -> str:
        """Make a collection, and return its id."""
        wanted = f"children-{next(_numbers)}"
        self.call("CreateCollection", CollectionId=wanted, **values)
        return wanted


@pytest.fixture
def world(database: None) -> World:
    return new_world()


@pytest.fixture
def alice(world: World) -> Program:
    return Program(world.alice)


@pytest.fixture
def charlie(world: World) -> Program:
    return Program(world.charlie)
