"""The story, act by act, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from compliance.models import RulingRecord
from compliance.policy.vocabulary import Outcome, Purpose
from portal.web.demo import parts, people, review, work
from portal.web.demo.casting import Cast, cast, everybody
from portal.web.demo.photos import Album
from portal.web.demo.review import Member
from portal.web.demo.work import Desk, Found
from recognition.models import Job

MORATORIUM, WATCHLIST = "us-police-2020", "watchlist-off"
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Ruled:
    """A request and its ruling, beside what the story expects.

    Attributes:
        request: In words.
        expected: Outcome.
        expected_rule: Rule that decides; empty where it does not matter which.
    """

    member: Member
    request: str
    ruling: RulingRecord
    expected: Outcome
    expected_rule: str = ""

    @property
    def is_right(self) -> bool:
        """Whether it was ruled as expected."""
        return self.ruling.outcome == self.expected and self.expected_rule in {"", self.ruling.rule}


@dataclass(frozen=True)
class Searched:
    """Enrollment and search of one gallery."""

    member: Member
    cast: Cast
    enrolled: Job
    searched: Job
    found: tuple[Found, ...]


@dataclass(frozen=True)
class Story:
    """All that came of it."""

    album: Album
    members: tuple[Member, ...]
    ruled: tuple[Ruled, ...]
    searches: tuple[Searched, ...]

    @property
    def wrong(self) -> list[str]:
        """What did not come out as expected, a sentence each."""
        return [
            *(_wrong_standing(one) for one in self.members if not _stands_right(one)),
            *(_wrong_ruling(one) for one in self.ruled if not one.is_right),
            *(_wrong_candidate(one) for search in self.searches for one in search.found if not one.is_right),
        ]


def play(album: Album, tell: Tell) -> Story:
    """Play the story: three organizations, their rulings, their searches.

    Args:
        album: Who appears on photos.
        tell: Gets a line whenever something happens.

    Raises:
        CommandError: The installation has officers of its own, or the worker does not finish.
    """
    people.appoint_officers()
    charity, police, museum = (_reviewed(part, tell) for part in (parts.CHARITY, parts.POLICE, parts.MUSEUM))
    child_search, child_rulings = _find_children(charity, album, tell)
    archive, archive_rulings = _describe_archive(museum, album, tell)
    return Story(
        album=album,
        members=(charity, police, museum),
        ruled=(
            *child_rulings,
            _investigate(police, album, tell),
            *archive_rulings,
            _watch(museum, album, tell),
        ),
        searches=(child_search, archive),
    )


def _reviewed(part: parts.Part, tell: Tell) -> Member:
    tell(f"{part.name}: application and review")
    return review.reviewed(part)


def _find_children(charity: Member, album: Album, tell: Tell) -> tuple[Searched, list[Ruled]]:
    """Let the charity enroll the children it looks for and search new photos for them."""
    facts = _facts("missing_child", "case_file", "HL-2041", requested_by="police")
    facts["recipient"] = str(charity.end_user.pk)
    desk = work.open_desk(charity, name="Missing children", owner="Case team", source="guardian", facts=facts)
    return _work(desk, cast(album.people), "to find a missing child", tell)


def _describe_archive(museum: Member, album: Album, tell: Tell) -> tuple[Searched, list[Ruled]]:
    """Let the museum look for people in its own collection."""
    facts = _facts("consenting", "own_customers", "Archive box 7")
    desk = work.open_desk(
        museum, name="People of flight", owner="Curators", source="own_customers", facts=facts
    )
    return _work(desk, everybody(album.people), "in its own archive", tell)


def _investigate(police: Member, album: Album, tell: Tell) -> Ruled:
    """Let the police ask for a lead, which the moratorium refuses."""
    tell(f"{police.organization}: search in a criminal investigation")
    facts = _facts("suspect", "cctv", "AP-7731")
    desk = work.open_desk(police, name="Booking photos", owner="Records", source="authority", facts=facts)
    ruling = work.refused(desk, album.people[0].photos[0])
    return Ruled(police, "Search for a lead in an investigation", ruling, Outcome.REFUSED, MORATORIUM)


def _watch(museum: Member, album: Album, tell: Tell) -> Ruled:
    """Let the museum ask for a live watchlist at its door, which nobody gets."""
    tell(f"{museum.organization}: live watchlist at the door")
    desk = work.open_desk(
        museum,
        name="Front door",
        owner="Front desk",
        source="cctv",
        facts=_facts("public", "cctv", "Front door"),
        purpose=Purpose.LIVE_WATCHLIST,
    )
    ruling = work.refused(desk, album.people[0].photos[0])
    return Ruled(museum, "Live watchlist at the door", ruling, Outcome.REFUSED, WATCHLIST)


def _work(desk: Desk, cast_: Cast, why: str, tell: Tell) -> tuple[Searched, list[Ruled]]:
    """Enroll and search, and wait for the worker each time."""
    member, photos = desk.member, [probe.photo for probe in cast_.probes]
    tell(f"{member.organization}: enrolling {len(cast_.enrolled)} people")
    enrolled = work.done(work.enroll(desk, cast_))
    tell(f"{member.organization}: searching {len(photos)} photos")
    searched = work.done(work.search(desk, photos))
    found = work.found(desk, searched, cast_.probes)
    rulings = [
        Ruled(member, f"{name} {job.total} photos {why}", work.ruling_of(desk, job), Outcome.CLEARED)
        for name, job in (("Enroll", enrolled), ("Search", searched))
    ]
    return Searched(member, cast_, enrolled, searched, tuple(found)), rulings


def _facts(subject_class: str, source: str, case: str, *, requested_by: str = "self") -> dict[str, Any]:
    return {
        "requested_by": requested_by,
        "recipient": None,
        "case_reference": case,
        "subject_class": subject_class,
        "probe_source": source,
    }


def _stands_right(member: Member) -> bool:
    return member.standing.moratorium_status is member.part.status


def _wrong_standing(member: Member) -> str:
    standing = member.standing.moratorium_status
    return (
        f"{member.organization} should stand as {member.part.status.label}, and stands as {standing.label}."
    )


def _wrong_ruling(one: Ruled) -> str:
    expected = f"{one.expected.label} {one.expected_rule}".strip().lower()
    return f"{one.member.organization}, {one.request}: expected {expected}, ruled {one.ruling}."


def _wrong_candidate(one: Found) -> str:
    expected = one.probe.expected or "nobody"
    reason = f" ({one.reason})" if one.reason else ""
    what = f"{one.probe.photo.name} of {one.probe.shows}"
    return f"{what}: expected {expected}, found {one.best or 'nobody'}{reason}."
