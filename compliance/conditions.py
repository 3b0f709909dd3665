"""The demands of a grant as sentences: what machines enforce, and what people have to keep."""

from __future__ import annotations

from collections.abc import Iterable

from compliance.policy.obligations import Obligations
from compliance.policy.vocabulary import Attribute, Review
from compliance.stated import named_recipients


def conditions(demands: Obligations) -> list[str]:
    """Return demands as sentences. What no machine enforces says so. Inside a scope."""
    said = [*_judging(demands), *_volume(demands)]
    return [*said, *(f"For people to keep: {one}" for one in sorted(demands.conditions))]


def inferred(attributes: Iterable[Attribute]) -> str:
    """Return the attributes that a grant names in words; empty where nothing may be inferred."""
    return ", ".join(one.label for one in sorted(attributes))


def _judging(demands: Obligations) -> list[str]:
    said = []
    if demands.min_similarity is not None:
        said.append(f"Similarity of at least {demands.min_similarity:g}.")
    if demands.review is not Review.NONE:
        said.append(f"{demands.review.label}.")
    if demands.reviewers > 1:
        said.append(
            f"{demands.reviewers} reviewers judge each candidate without seeing each other's verdict."
        )
    if demands.false_candidate_budget is not None:
        said.append(f"At most {demands.false_candidate_budget:g} false candidates expected in a search.")
    if demands.never_sole_basis:
        said.append("Never the sole basis of a decision.")
    return said


def _volume(demands: Obligations) -> list[str]:
    said = []
    if demands.retention_days is not None:
        said.append(f"Faces are kept {demands.retention_days} days at most.")
    if demands.images_in_30_days is not None:
        said.append(f"At most {demands.images_in_30_days:,} images in 30 days.")
    if demands.gallery_faces is not None:
        said.append(f"At most {demands.gallery_faces:,} faces in a gallery.")
    names = named_recipients(demands)
    if names is not None:
        said.append(f"Results go only to {', '.join(names) or 'the organization itself'}.")
    return said
