"""Jobs: batches that are submitted, waited for and read as a stream."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from countenance_client.errors import Held, Refused, Stopped, Unreachable

if TYPE_CHECKING:
    from countenance_client.client import Client

WORKING = frozenset({"submitted", "queued", "running"})
HELD = "held"
REFUSED = "refused"


@dataclass
class Job:
    """One job, as it was when it was last asked about.

    Attributes:
        data: All that the API says of it; see `jobs_read` in its description.
    """

    data: dict[str, Any]
    _client: Client = field(repr=False)

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.data["id"])

    @property
    def status(self) -> str:
        """Such as `queued`, `running`, `released`, `partial`, `failed`, `held:policy`."""
        return str(self.data["status"])

    @property
    def counts(self) -> dict[str, int]:
        """Photos or pairs: total, done, failed, held."""
        return dict(self.data["counts"])

    @property
    def rejected(self) -> list[dict[str, str]]:
        """Files that did not become photos of the job, each with its reason code."""
        return list(self.data["rejected"])

    def refresh(self) -> Job:
        """Ask how far it is."""
        self.data = self._client.request("GET", f"jobs/{self.id}/")
        return self

    def wait(self, timeout: float | None = None, *, every: float = 1.0) -> Job:
        """Wait until the job neither waits nor runs; look at `status` for what came of it.

        Args:
            timeout: Seconds at most.
            every: Seconds between looks.

        Raises:
            Held: By a rule, the organization or the operator; it may go on later.
            Refused: By a rule, while it waited.
            TimeoutError: It still works.
        """
        until = None if timeout is None else time.monotonic() + timeout
        while self.status in WORKING:
            if until is not None and time.monotonic() >= until:
                raise TimeoutError(f"{self.id} is still {self.status}.")
            time.sleep(every)
            self.refresh()
        if self.status.partition(":")[0] in (HELD, REFUSED):
            raise self._stopped()
        return self

    def results(self) -> Iterator[dict[str, Any]]:
        """Yield every photo or pair with its faces and candidates, as they arrive.

        A photo whose `status` is `failed` was not looked at, and a face with a `reason` was not searched for:
        neither says that nobody was found.

        Raises:
            Refused: By the rule that stands before results.
            Stopped: A rule stopped them midway.
            Unreachable: They broke off.
        """
        path = self._client.path(f"jobs/{self.id}/results/")
        with self._client.transport.stream("GET", path, query={"format": "jsonl"}) as answer:
            while line := answer.readline():
                yield _row(line)

    def items(self) -> Iterator[dict[str, Any]]:
        """Yield the photos of the job with their reason codes, a page at a time."""
        return self._client.pages(f"jobs/{self.id}/items/")

    def cancel(self) -> Job:
        """End the job; what is done stays."""
        return self._step("cancel")

    def retry(self) -> Job:
        """Run failed photos again."""
        return self._step("retry")

    def _step(self, name: str) -> Job:
        self.data = self._client.request("POST", f"jobs/{self.id}/{name}/")
        return self

    def _stopped(self) -> Refused:
        ruling: dict[str, Any] = next(iter(self.data.get("rulings", ())), {})
        told = {
            "code": self.status,
            "detail": f"{self.id} is {self.status}: nothing more is looked at.",
            "rule": self.data.get("held_because") or self.data.get("refused_by") or ruling.get("rule", ""),
            "decision": ruling.get("id", ""),
            "job": self.id,
        }
        return Held(0, told) if self.status.startswith(HELD) else Refused(0, told)


def _row(line: bytes) -> dict[str, Any]:
    if not line.endswith(b"\n"):
        raise Unreachable("The results broke off in the middle of a line.")
    row: dict[str, Any] = json.loads(line)
    if stopped := row.get("stopped"):
        raise Stopped(0, stopped if isinstance(stopped, dict) else {"detail": str(stopped)})
    return row
