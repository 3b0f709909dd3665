"""Rules of the platform itself: what a determination has to say before anything runs.

They are ordinary rules, judged by the same function as those of a policy pack. `FIRST` come before the
pack's rules, since what they say (renew, wait) is what a refused person most needs to hear; `LAST` come
after, so that a moratorium is named before a missing grant.
"""

from datetime import UTC, date, datetime

from compliance.policy.rules import Condition, Effect, Kind, Period, Rule, Source

SOURCE = Source(
    document="Countenance: what a determination has to say",
    dated_on=date(2020, 6, 10),
    address="docs/decisions/0020-policy-rules-and-rulings.md",
)
ALWAYS = Period(datetime(1970, 1, 1, tzinfo=UTC))
_UNDECIDED = ["draft", "submitted", "in_review", "info_requested", "withdrawn", "lapsed"]

PLATFORM = "platform"
_NOT_IN_FORCE = ["absent", "other_operation", "other_case", "not_started"]

NO_POLICY = "no-policy"
NO_RULE = "no-rule"


def _rule(rule_id: str, effect: Effect, scope: dict[str, list[str]], sentence: str, remedy: str) -> Rule:
    return Rule(
        id=rule_id,
        kind=Kind.STANDING,
        effect=effect,
        scope=tuple(Condition(name, frozenset(words)) for name, words in scope.items()),
        period=ALWAYS,
        source=SOURCE,
        source_says="Only what an officer determined, in force and for this purpose and end user, may run.",
        our_reading="Judged on every request from the determination itself; no flag is kept beside it.",
        sentence=sentence,
        remedy=remedy,
    )


FIRST = (
    _rule(
        "organization-stopped",
        Effect.REFUSE,
        {"organization_status": ["suspended", "revoked", "closing", "closed", "rejected"]},
        "The organization is stopped: an officer suspended, revoked or closed it.",
        "Read the decision in your cases and appeal it there.",
    ),
    _rule(
        "key-bound",
        Effect.REFUSE,
        {"key_binding": ["exceeded"]},
        "The key is bound to another purpose or end user.",
        "Use the key that was made for this purpose and end user.",
    ),
    _rule(
        "grant-expired",
        Effect.REFUSE,
        {"grant": ["expired"]},
        "The grant for this purpose and end user has expired.",
        "Ask for recertification; a renewal is a new determination.",
    ),
    _rule(
        "exemption-expired",
        Effect.REFUSE,
        {"exemption": ["expired"]},
        "The exemption for this purpose and end user has expired.",
        "Ask for the exemption to be renewed.",
    ),
)

LAST = (
    _rule(
        "no-determination",
        Effect.REFUSE,
        {"determination": ["absent"]},
        "No officer has decided about this organization yet.",
        "Finish the application and wait for the determination.",
    ),
    _rule(
        "organization-not-active",
        Effect.REFUSE,
        # Undecided organizations have a grant in force by the urgent path alone.
        {"organization_status": _UNDECIDED, "grant": _NOT_IN_FORCE},
        "The organization is not active: its application has not been decided.",
        "Finish the application, or answer the officer's questions.",
    ),
    _rule(
        "not-granted",
        Effect.REFUSE,
        {"grant": _NOT_IN_FORCE},
        "No grant in force covers this purpose, end user, operation and case.",
        "Use what was granted, or ask for a grant for this purpose and end user.",
    ),
    _rule(
        "status-unknown",
        Effect.REFUSE,
        {"recorded_status": ["unknown"]},
        "Whether a moratorium covers this use has not been reviewed.",
        "Wait for the officer's review of this line.",
    ),
    _rule(
        "covered",
        Effect.REFUSE,
        {"recorded_status": ["covered"]},
        "An officer found that a moratorium covers this use.",
        "Ask for an exemption, if one names your purpose, or appeal the finding.",
    ),
    _rule(
        "organization-restricted",
        Effect.REFER,
        {"organization_status": ["restricted"]},
        "The organization is restricted: an officer looks at each request before it runs.",
        "Wait for the officer, and answer the questions that led to the restriction.",
    ),
)
