"""What can go wrong in the words of the product: a code for programs, a sentence for people."""

from __future__ import annotations

from typing import Any


class DomainError(Exception):
    """An expected "no". Delivery turns it into a page, a problem document or a modelled error.

    Args:
        code: Stable, for programs, e.g. `not_an_image`.
        sentence: For people; says what happened and, where there is one, what to do next.
        **detail: Further values for programs, e.g. `field="threshold"`.
    """

    def __init__(self, code: str, sentence: str, **detail: Any) -> None:
        super().__init__(f"{code}: {sentence}")
        self.code = code
        self.sentence = sentence
        self.detail = detail


class Refused(DomainError):
    """A rule or a permission says no."""


class Conflict(DomainError):
    """The state of things does not allow it now, or somebody else was first."""


class InvalidInput(DomainError):
    """A value is missing or wrong; `detail["field"]` names it where there is one."""


class Unavailable(DomainError):
    """Nothing can be done at the moment, and nothing was: a part of the platform is away or busy.

    Never an answer about a face; the same request may be sent again in `detail["retry_seconds"]`.
    """

    def __init__(self, code: str, sentence: str, *, retry_seconds: int) -> None:
        super().__init__(code, sentence, retry_seconds=retry_seconds)


class NotFound(DomainError):
    """There is no such thing for this actor: the same answer whether it never was or is somebody else's."""

    def __init__(self, code: str = "not_found", sentence: str = "There is no such thing here.") -> None:
        super().__init__(code, sentence)
