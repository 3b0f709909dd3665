"""What an application asks, why, and which rules use the answer."""

from __future__ import annotations

from dataclasses import dataclass

from compliance.policy.plain import Reader, optional, record, text, word
from compliance.policy.vocabulary import ImageSource, OrganizationType, Purpose, SubjectClass, Word


@dataclass(frozen=True, kw_only=True)
class NamedBody:
    """A body that an applicant says it works for; without a type it is the applicant itself."""

    name: str
    organization_type: OrganizationType | None = None
    jurisdiction: str | None = None


read_body: Reader[NamedBody] = record(
    NamedBody,
    {"name": text, "organization_type": optional(word(OrganizationType)), "jurisdiction": optional(text)},
)


@dataclass(frozen=True)
class Question:
    """One question of an application.

    Attributes:
        name: Key of the answer.
        why: Why it is asked, for the person who answers.
        rules: Ids of the rules that use the answer.
        words: The list to choose from, where there is one.
        bodies: Whether the answer is a list of named bodies.
        several: Whether several words may be chosen, or several lines given.
        places: Whether the answer is a list of jurisdictions.
        granted: Whether only what the determination in force grants can be chosen.
        day: Whether the answer is a day to come.
    """

    name: str
    text: str
    why: str
    rules: tuple[str, ...] = ()
    words: type[Word] | None = None
    bodies: bool = False
    several: bool = False
    places: bool = False
    granted: bool = False
    day: bool = False


@dataclass(frozen=True)
class Task:
    """A group of questions that belong together."""

    name: str
    title: str
    questions: tuple[Question, ...]


TASKS = (
    Task(
        "organization",
        "Your organization",
        (
            Question("legal_name", "What is its legal name?", "It stands in the determination."),
            Question("legal_form", "What is its legal form?", "Laws tell public from private bodies."),
            Question(
                "establishment",
                "Where is it established?",
                "Laws of that place apply to everything you do.",
                ("gdpr-9-35", "il-bipa", "wa-6280"),
                places=True,
            ),
        ),
    ),
    Task(
        "type",
        "Type and ties to law enforcement",
        (
            Question(
                "organization_type",
                "Which type describes it best?",
                "The moratorium and each purpose look at the type. An officer verifies it.",
                ("us-police-2020",),
                words=OrganizationType,
            ),
            Question(
                "police_ties",
                "Does it work with or receive money from law enforcement? How?",
                "Police are a party also when they only ask, receive or pay.",
                ("us-police-2020", "humanitarian-exemption"),
            ),
            Question(
                "onward_service",
                "Does it resell or pass on results?",
                "Whoever receives results is a party too.",
                ("us-police-2020",),
            ),
        ),
    ),
    Task(
        "purposes",
        "Purposes",
        (
            Question(
                "purposes",
                "What will you use face recognition for?",
                "Each purpose is granted on its own.",
                ("public-safety-floor", "watchlist-off", "monitoring-off", "attributes-off"),
                words=Purpose,
                several=True,
            ),
            Question("purpose_story", "Describe one typical case.", "The purpose is checked against it."),
            Question(
                "image_sources",
                "Where do the photos come from?",
                "Photos taken from the web or from cameras without a case behind them are refused in places.",
                ("eu-ai-act-5-1-e", "scraped-index-off"),
                words=ImageSource,
                several=True,
            ),
        ),
    ),
    Task(
        "end_users",
        "End users",
        (
            Question(
                "end_users",
                "For whom do you work? Name each body.",
                "A grant names its end user; an exemption binds to it.",
                ("us-police-2020", "humanitarian-exemption"),
                bodies=True,
            ),
        ),
    ),
    Task(
        "people",
        "Legal basis and people affected",
        (
            Question(
                "legal_basis",
                "On which legal basis do you process faces?",
                "It stands on every gallery.",
                ("gdpr-9-35", "il-bipa"),
            ),
            Question(
                "subject_classes",
                "Whose faces are these?",
                "Some people may never be searched under some purposes.",
                ("people-finding-no-suspect",),
                words=SubjectClass,
                several=True,
            ),
            Question(
                "subjects",
                "Where do these people live?",
                "The laws there protect them.",
                ("gdpr-9-35", "il-bipa"),
                places=True,
            ),
        ),
    ),
    Task(
        "review",
        "Human review",
        (
            Question(
                "human_review",
                "Who judges candidates, and how are they trained?",
                "No candidate becomes a lead without a trained person.",
                ("humanitarian-review", "public-safety-floor"),
            ),
        ),
    ),
    Task(
        "security",
        "Security",
        (
            Question("security", "How do you protect accounts and keys?", "A stolen face cannot be changed."),
            Question(
                "processing",
                "Where are images processed?",
                "Laws of that place apply.",
                ("gdpr-9-35", "wa-6280"),
                places=True,
            ),
        ),
    ),
)  # fmt: skip
QUESTIONS = {question.name: question for task in TASKS for question in task.questions}
