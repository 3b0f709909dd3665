"""Any facts and any rules."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from compliance.policy.dimensions import DIMENSIONS
from compliance.policy.facts import Authorization, Facts, GrantLine, OrganizationFacts, Party, Undetermined
from compliance.policy.obligations import Obligations
from compliance.policy.plain import MISSING
from compliance.policy.rules import Condition, Effect, Kind, Period, WhenUndetermined
from compliance.policy.vocabulary import (
    Attribute,
    AuthorizationOutcome,
    ImageSource,
    MoratoriumStatus,
    Operation,
    OrganizationStatus,
    OrganizationType,
    Purpose,
    Record,
    RequestedBy,
    Review,
    SubjectClass,
)
from tests.compliance.policy.builders import rule

# hypothesis takes its bounds without a zone
FIRST, LAST = datetime.fromisoformat("2019-01-01"), datetime.fromisoformat("2031-01-01")
names = st.sampled_from(["Harbor Light", "Westford", "Museum of the Coast", "Ørsted Ünion"])
ids = st.sampled_from(["org-1", "org-2", "eus-1", "eus-2"])
cases = st.sampled_from(["CASE-1", "CASE-2"])
moments = st.datetimes(min_value=FIRST, max_value=LAST, timezones=st.just(UTC))
places = st.frozensets(st.sampled_from(["US", "US-WA", "US-IL", "DE", "NO", "JP"]), max_size=2)
parties = st.builds(Party, id=st.none() | ids, name=names, type=st.none() | st.sampled_from(OrganizationType))


def fact(values):
    return values | st.just(MISSING) | st.builds(Undetermined, names)


def several(words):
    return st.frozensets(st.sampled_from(words), max_size=3)


obligations = st.builds(
    Obligations,
    min_similarity=st.none() | st.floats(0, 100),
    review=st.sampled_from(Review),
    false_candidate_budget=st.none() | st.floats(0.01, 10),
    reviewers=st.integers(1, 3),
    thresholds_free=st.booleans(),
)
grants = st.builds(
    GrantLine,
    id=ids,
    purpose=st.sampled_from(Purpose),
    end_user_id=ids,
    end_user_name=names,
    operations=several(Operation),
    moratorium_status=st.sampled_from(MoratoriumStatus),
    starts_at=moments,
    expires_at=moments,
    exemption=st.none() | st.just("humanitarian-exemption"),
    exemption_expires_at=st.none() | moments,
    case_reference=st.none() | cases,
    attributes=several(Attribute),
    conditions=obligations,
)
any_facts = st.builds(
    Facts,
    organization=st.builds(
        OrganizationFacts,
        id=ids,
        name=names,
        type=fact(st.sampled_from(OrganizationType)),
        status=st.sampled_from(OrganizationStatus),
    ),
    determination=st.none() | ids,
    grants=st.lists(grants, max_size=3).map(tuple),
    requested_by=fact(st.sampled_from(RequestedBy)),
    end_user=fact(parties),
    recipient=fact(st.none() | parties),
    key_operator=fact(parties),
    purpose=fact(st.sampled_from(Purpose)),
    operation=fact(st.sampled_from(Operation)),
    case_reference=fact(st.none() | cases),
    subject_class=fact(st.sampled_from(SubjectClass)),
    probe_source=fact(st.none() | st.sampled_from(ImageSource)),
    gallery_source=fact(st.none() | st.sampled_from(ImageSource)),
    establishment=fact(places),
    processing=fact(places),
    subjects=fact(places),
    authorization=fact(
        st.none()
        | st.builds(
            Authorization,
            issuer=names,
            reference=cases,
            issued_at=moments,
            expires_at=st.none() | moments,
            outcome=st.sampled_from(AuthorizationOutcome),
        )
    ),
    attributes=fact(several(Attribute)),
    records=fact(several(Record)),
    threshold=fact(st.none() | st.floats(0, 100)),
    gallery_size=fact(st.none() | st.integers(0, 1_000_000)),
    synthetic=st.booleans(),
)


@st.composite
def conditions(draw):
    taking = sorted(name for name, one in DIMENSIONS.items() if isinstance(one.words, frozenset))
    name = draw(st.sampled_from(taking))
    words = draw(st.frozensets(st.sampled_from(sorted(DIMENSIONS[name].words)), min_size=1, max_size=4))
    return Condition(name, words)


@st.composite
def periods(draw):
    start = draw(moments)
    return Period(start, draw(st.none() | st.integers(1, 900).map(lambda days: start + timedelta(days=days))))


@st.composite
def restrictions(draw, rule_id="added"):
    """A rule that refuses or refers."""
    scope = draw(st.lists(conditions(), min_size=1, max_size=3, unique_by=lambda one: one.dimension))
    return rule(
        rule_id,
        effect=draw(st.sampled_from([Effect.REFUSE, Effect.REFER])),
        kind=draw(st.sampled_from([Kind.MORATORIUM, Kind.LAW, Kind.SWITCH])),
        scope=tuple(scope),
        period=draw(periods()),
        on_undetermined=draw(st.sampled_from(WhenUndetermined)),
    )
