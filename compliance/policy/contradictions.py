"""Facts that cannot all be true: refused when they are stated, before any rule is asked.

What is forbidden is a matter of rules; here is only what makes no sense, since a ruling on it would be one on
nothing. A suspect in a search for missing children is forbidden, and a rule says so; a missing adult in a
search for a missing child is neither the one search nor the other.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from compliance.policy.facts import Authorization, Facts
from compliance.policy.obligations import TOP_SIMILARITY
from compliance.policy.vocabulary import ImageSource, Operation, Purpose, SubjectClass


class Contradiction(NamedTuple):
    """One thing that cannot be, with the fact to mend and how."""

    fact: str
    sentence: str


_S = SubjectClass
# Whom a purpose cannot be about, whatever else is so.
_NOT_ABOUT: Mapping[Purpose, frozenset[SubjectClass]] = {
    Purpose.FIND_MISSING_CHILD: frozenset({_S.MISSING_ADULT, _S.DECEASED, _S.EMPLOYEE}),
    Purpose.FIND_MISSING_ADULT: frozenset({_S.MISSING_CHILD, _S.DECEASED, _S.EMPLOYEE}),
    Purpose.CSAM_VICTIM_IDENTIFICATION: frozenset({_S.MISSING_ADULT, _S.EMPLOYEE, _S.CONSENTING}),
    Purpose.DECEASED_IDENTIFICATION: frozenset({_S.EMPLOYEE, _S.CONSENTING}),
}
_COUNTS = ("gallery_size", "images_used", "faces_after", "gallery_retention_days")


def contradictions(facts: Facts) -> list[Contradiction]:
    """Return all that cannot be true together, in the order in which people would mend it."""
    return [found for look in _LOOKS for found in look(facts)]


def _purpose_and_subject(facts: Facts) -> Iterator[Contradiction]:
    purpose, subject = facts.purpose, facts.subject_class
    if not isinstance(purpose, Purpose) or not isinstance(subject, SubjectClass):
        return
    if subject in _NOT_ABOUT.get(purpose, frozenset()):
        sentence = f"The purpose is “{purpose.label}”, the subject “{subject.label}”. Correct one of them."
        yield Contradiction("subject_class", sentence)


def _photos(facts: Facts) -> Iterator[Contradiction]:
    probe, gallery = facts.probe_source, facts.gallery_source
    if facts.operation is Operation.SEARCH and probe is None:
        yield Contradiction("probe_source", "A search starts from a photo. State where it comes from.")
    if facts.operation is Operation.SEARCH and gallery is None:
        yield Contradiction("gallery_source", "A search needs a gallery. State where its photos come from.")
    both = isinstance(probe, ImageSource) and isinstance(gallery, ImageSource)
    if facts.operation is Operation.ENROLL and both and probe is not gallery:
        yield Contradiction(
            "probe_source", "An enrollment has no probe. State once where the gallery's photos come from."
        )


def _attributes(facts: Facts) -> Iterator[Contradiction]:
    if facts.operation is Operation.ATTRIBUTES and facts.attributes == frozenset():
        yield Contradiction("attributes", "No attribute to infer is named. Name each of them.")


def _authorization(facts: Facts) -> Iterator[Contradiction]:
    paper = facts.authorization
    if isinstance(paper, Authorization) and paper.expires_at and paper.expires_at <= paper.issued_at:
        yield Contradiction(
            "authorization", "The authorization ends before it was issued. Correct issued_at or expires_at."
        )


def _numbers(facts: Facts) -> Iterator[Contradiction]:
    threshold = facts.threshold
    if isinstance(threshold, int | float) and not 0 <= threshold <= TOP_SIMILARITY:
        yield Contradiction("threshold", "A threshold lies between 0 and 100.")
    for name in _COUNTS:
        value = getattr(facts, name)
        if isinstance(value, int) and value < 0:
            yield Contradiction(name, f"{name.replace('_', ' ').capitalize()} is a count: 0 or more.")


_LOOKS: tuple[Callable[[Facts], Iterator[Contradiction]], ...] = (
    _purpose_and_subject,
    _photos,
    _attributes,
    _authorization,
    _numbers,
)
