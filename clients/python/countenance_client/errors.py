"""What can go wrong, one class a kind. Each carries the problem document of the answer (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_NAMED_AT_MOST = 5


class ApiError(Exception):
    """An answer that is no success.

    Attributes:
        status: HTTP status; 0 where there was no answer.
        code: Stable, for programs; of a refusal the id of the rule.
        detail: For people.
        problem: The whole problem document.
    """

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.problem = dict(problem)
        self.retry_after: float | None = None  # seconds, where the answer said so
        self.code = str(problem.get("code", "unknown"))
        self.detail = str(problem.get("detail", ""))
        wrong = "; ".join(f"{one.get('field')}: {one.get('detail')}" for one in self.errors[:_NAMED_AT_MOST])
        super().__init__(": ".join(filter(None, (self.code, self.detail, wrong))))

    @property
    def errors(self) -> list[dict[str, Any]]:
        """The values that are wrong, each with `field`, `code` and `detail`."""
        return list(self.problem.get("errors", ()))


class Refused(ApiError):
    """A rule, or a limit of the key, says no. Nobody was looked for, so this says nothing about anybody."""

    @property
    def rule(self) -> str:
        """Id of the rule; empty where no rule was asked, such as for a scope that the key lacks."""
        return str(self.problem.get("rule", ""))

    @property
    def remedy(self) -> str:
        """What can be done."""
        return str(self.problem.get("remedy", ""))

    @property
    def decision(self) -> str:
        """Id of the ruling, for `rulings/{id}/` and for the office."""
        return str(self.problem.get("decision", ""))

    @property
    def job(self) -> str:
        """The job that was kept as refused, or that a call became because people have to judge first."""
        return str(self.problem.get("job", ""))


class Stopped(Refused):
    """Results were stopped while they were read: what came before is true and not all of it."""


class Held(Refused):
    """A job is held, by a rule, by the organization or by the operator. It may go on later."""


class NotAuthenticated(ApiError):
    """The key is missing, wrong, revoked or expired."""


class NotFound(ApiError):
    """There is no such thing for this key."""


class Conflict(ApiError):
    """Not possible now."""


class Invalid(ApiError):
    """A value is missing or wrong; see `errors`."""


class Throttled(ApiError):
    """Too many calls, and waiting for as long as the answer asks would take too long."""


class Unavailable(ApiError):
    """The platform, or its engine, is away or busy. Nothing was done; try again later."""


class Unreachable(ApiError):
    """There was no answer, or it broke off. Whether the call was done is not known."""

    def __init__(self, detail: str) -> None:
        super().__init__(0, {"code": "unreachable", "detail": detail})


_KINDS: dict[int, type[ApiError]] = {
    401: NotAuthenticated,
    403: Refused,
    404: NotFound,
    409: Conflict,
    413: Invalid,
    415: Invalid,
    422: Invalid,
    429: Throttled,
    400: Invalid,
}
_OURS = 500


def error_of(status: int, problem: Mapping[str, Any]) -> ApiError:
    """Return the error of an answer."""
    kind = Unavailable if status >= _OURS else _KINDS.get(status, ApiError)
    return kind(status, problem)
