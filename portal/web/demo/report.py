"""What the story prints: short sections, aligned tables, whole sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from compliance.models import RulingRecord
from compliance.policy.obligations import Obligations
from compliance.policy.vocabulary import Outcome, Review
from portal.web.demo.casting import Cast
from portal.web.demo.layout import labelled, section, table, wrapped
from portal.web.demo.people import OFFICE, OFFICERS
from portal.web.demo.photos import Album
from portal.web.demo.review import Member
from portal.web.demo.story import Ruled, Searched, Story
from portal.web.demo.work import Found, photos_a_second
from recognition import threshold
from recognition.models import Job

FEW = "With so few photos a rate is mostly the time to start; `make bench` measures how fast the engine is."
SIMILARITY = (
    "Similarity runs from 0 to 99.5. At 99 it does not mean 99 % sure: about 1 in 100,000 comparisons of "
    "different people scores this high. A candidate is a lead to follow, never an identification."
)
_THRESHOLD_REASONS = {"asked": "as asked", "floor": "floor of the rules", "budget": "false-candidate budget"}


def opening(album: Album) -> str:
    """Return what is said before anything happens."""
    return "\n".join(
        [
            *section("Countenance: the demonstration"),
            *wrapped(
                "Three invented organizations ask to use face recognition. Everything runs as it does for "
                "real ones: applications, officers, rulings, jobs, and the engine in its own process. The "
                "people on the photos stand in for others: nobody shown is missing, sought or suspected."
            ),
            *section("Photos"),
            *(line for credit in album.credits for line in wrapped(credit)),
            *section("Story"),
        ]
    )


def closing(story: Story) -> str:
    """Return the tables at the end."""
    lines = [
        *section("Standing"),
        *_standings(story.members),
        *section("Rulings"),
        *_rulings(story.ruled),
        *section("Candidates"),
        *wrapped(SIMILARITY),
        *(line for search in story.searches for line in _candidates(search)),
        *section("Rates"),
        *_rates(story.searches),
    ]
    return "\n".join(lines)


def accounts(story: Story, password: str, address: str) -> str:
    """Return who can sign in, and where."""
    rows = [row for member in story.members for row in _accounts_of(member)]
    rows += [(f"{first}@{OFFICE}", name, "Compliance officer") for first, name in OFFICERS.items()]
    return "\n".join(
        [
            *section("Sign in"),
            *table(("Account", "Name", "Role"), rows),
            "",
            f"Password of all accounts: {password}",
            f"Address: {address}",
        ]
    )


def verdict(story: Story) -> str:
    """Return in a sentence whether the story came out right, and otherwise all that did not."""
    if not story.wrong:
        probes = sum(len(search.found) for search in story.searches)
        return f"The story came out right: {len(story.ruled)} rulings and {probes} searches as expected."
    return "\n".join(["The story did not come out right:", *(f"  {line}" for line in story.wrong)])


def in_words(demands: Obligations) -> Iterator[str]:
    """Yield the conditions under which something is allowed."""
    if demands.min_similarity is not None:
        yield f"Similarity {demands.min_similarity:g} or more."
    if demands.review is not Review.NONE:
        yield f"{demands.review.label}."
    if demands.false_candidate_budget is not None:
        yield f"At most {demands.false_candidate_budget:g} expected false candidate a search."
    if demands.never_sole_basis:
        yield "Never the only ground of a decision."
    yield from sorted(demands.conditions)


def _standings(members: Sequence[Member]) -> list[str]:
    rows = [
        (
            str(member.organization),
            member.part.organization_type.label,
            member.standing.moratorium_status.label,
            _deciders(member),
        )
        for member in members
    ]
    lines = table(("Organization", "Reviewed as", "Standing", "Decided by"), rows)
    exempt = [line for member in members for line in member.standing.lines if line.grant.exemption]
    words = [f"{line.words} (rule {line.grant.exemption})." for line in exempt]
    return [*lines, "", *(line for sentence in words for line in wrapped(sentence))]


def _deciders(member: Member) -> str:
    found = member.determination
    names = [str(one) for one in (found.decided_by, found.countersigned_by) if one]
    return " and ".join(names) + ("" if member.is_new else " (earlier run)")


def _rulings(ruled: Sequence[Ruled]) -> list[str]:
    rows = [
        (
            str(one.member.organization),
            one.request,
            one.expected.label,
            str(_outcome(one.ruling)),
            one.ruling.rule,
        )
        for one in ruled
    ]
    lines = table(("Organization", "Request", "Expected", "Ruling", "Rule"), rows)
    refused = [one for one in ruled if one.ruling.outcome != Outcome.CLEARED]
    cleared = {one.member.organization.pk: one for one in ruled if one not in refused}
    return [*lines, *_each(refused, _refusal), *_each(cleared.values(), _conditions)]


def _each(ruled: Iterable[Ruled], describe: Callable[[Ruled], list[str]]) -> list[str]:
    return [line for one in ruled for line in ("", *describe(one))]


def _outcome(ruling: RulingRecord) -> str:
    return Outcome(ruling.outcome).label


def _refusal(one: Ruled) -> list[str]:
    ruling = one.ruling
    source = f"{ruling.source['document']} ({ruling.source['dated_on']})"
    return [
        f"{one.member.organization}, {one.request.lower()}: {_outcome(ruling).lower()}",
        *labelled("Rule", f"{ruling.rule}: {ruling.sentence}"),
        *labelled("Source", source),
        *labelled("Remedy", ruling.remedy),
        *labelled("Decision", ruling.public_id),
    ]


def _conditions(one: Ruled) -> list[str]:
    return [
        f"{one.member.organization}: cleared on these conditions (decision {one.ruling.public_id})",
        *(f"  - {condition}" for condition in in_words(one.ruling.demands)),
    ]


def _candidates(search: Searched) -> list[str]:
    rows = [
        (
            one.probe.photo.name,
            one.probe.photo.treatment,
            one.probe.shows,
            one.best or "none",
            f"{one.similarity:.1f}" if one.best else "",
            "right" if one.is_right else "WRONG",
        )
        for one in search.found
    ]
    headings = ("Photo", "Treatment", "Shows", "First candidate", "Similarity", "")
    return [
        "",
        *wrapped(f"{search.member.organization}: {_tally(search)}"),
        *table(headings, rows),
        *_told(search.cast),
    ]


def _tally(search: Searched) -> str:
    known = [one for one in search.found if one.probe.expected]
    strangers = [one for one in search.found if not one.probe.expected]
    words = [f"the right person first for {_right(known)} of {len(known)} photos"] if known else []
    if strangers:
        words.append(
            f"no candidate for {_right(strangers)} of {len(strangers)} of people who are not enrolled"
        )
    return ", ".join(words)


def _right(found: Sequence[Found]) -> int:
    return sum(one.is_right for one in found)


def _told(cast: Cast) -> list[str]:
    words = []
    if cast.treated:
        words.append(
            f"{cast.treated} of {len(cast.probes)} are variants of an enrolled photo, made here for want of "
            "further photos of that person: easier to find than a photo of another day."
        )
    if not cast.strangers:
        words.append("Everybody searched for is enrolled: nothing is shown here about people who are not.")
    return [line for sentence in words for line in wrapped(sentence)]


def _rates(searches: Sequence[Searched]) -> list[str]:
    rows = [
        _rate(search, name, job)
        for search in searches
        for name, job in (("Enroll", search.enrolled), ("Search", search.searched))
    ]
    lines = table(("Organization", "Job", "Photos", "Photos/s", "Threshold", "Set by"), rows)
    return [*lines, *wrapped(FEW), "", *(line for search in searches for line in wrapped(_expected(search)))]


def _rate(search: Searched, name: str, job: Job) -> tuple[str, ...]:
    is_search = job is search.searched
    return (
        str(search.member.organization),
        name,
        str(job.total),
        f"{photos_a_second(job):.1f}",
        f"{job.threshold:.1f}" if is_search else "",
        _THRESHOLD_REASONS[job.threshold_reason] if is_search else "",
    )


def _expected(search: Searched) -> str:
    job, size = search.searched, len(search.cast.enrolled)
    false = threshold.expected_false_candidates(job.threshold, size)
    missed = threshold.share_missed(job.threshold)
    return (
        f"{search.member.organization}: at {job.threshold:g} in a gallery of {size}, {false:.2g} false "
        f"candidates expected a search, and {missed:.1%} of true persons missed. Not measured on children; "
        "expect more misses and more false candidates."
    )


def _accounts_of(member: Member) -> list[tuple[str, str, str]]:
    organization = str(member.organization)
    return [
        (member.administrator.email, str(member.administrator), f"Administrator, {organization}"),
        (member.analyst.email, str(member.analyst), f"Analyst, {organization}"),
    ]
