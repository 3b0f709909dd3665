"""The lines of an organization's determination as choices in forms: purpose, end user, status."""

from __future__ import annotations

from dataclasses import dataclass

from compliance.actions import testers
from compliance.standing import LineStanding, standing
from portal.tenancy.models import Organization

NOBODY = "none"


@dataclass(frozen=True)
class Line:
    """One grant in force.

    Attributes:
        id: Public id of the grant.
        end_user: Id of the end user in the register.
        status: The moratorium status that rules, in words.
        short: The same beside the end user's name, where purpose and end user stand already.
        is_for_tests: Whether it allows independent tests of accuracy.
    """

    id: str
    purpose: str
    end_user: str
    name: str
    label: str
    status: str
    short: str
    is_for_tests: bool = False


def lines_of(organization: Organization, purpose: str = "") -> list[Line]:
    """Return the lines in force, of one purpose where it is given. In scope."""
    lines = (_line(line) for line in standing(organization).lines if line.in_force)
    return [line for line in lines if not purpose or line.purpose == purpose]


def recipients_of(lines: list[Line]) -> list[tuple[str, str]]:
    """Return who may receive results: nobody outside, or one of the end users."""
    users = {line.end_user: line.name for line in lines}
    return [(NOBODY, "Nobody: results stay with your organization"), *users.items()]


def _line(line: LineStanding) -> Line:
    return Line(
        id=line.grant.public_id,
        purpose=line.grant.purpose,
        end_user=str(line.end_user.pk),
        name=line.end_user.name,
        label=f"{line.grant.get_purpose_display()} for {line.end_user.name}",
        status=line.words,
        short=line.short,
        is_for_tests=testers.allows_tests(line),
    )
