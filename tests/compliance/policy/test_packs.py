"""Reading policy from TOML: what is wrong is said, with what to mend."""

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.policy.errors import PolicyError
from compliance.policy.obligations import Obligations
from compliance.policy.packs import load_pack, pack_names, read_version, version_from_json
from compliance.policy.rules import Condition, Effect, Kind, Lineage, Period, WhenUndetermined
from tests.compliance.policy.builders import DEFAULT, LONG_AGO, rule, version

RULE = """
[[rules]]
id = "no-archives"
kind = "switch"
effect = "refuse"
period = { starts_at = 2020-06-10T00:00:00Z }
source = { document = "A test", dated_on = 2020-06-10, address = "tests" }
source_says = "None."
our_reading = "None at all."
sentence = "There are no archives."
remedy = "Ask."
[rules.scope]
purpose = ["media_archive"]
"""
SOURCE = 'source = { document = "A test", dated_on = 2020-06-10, address = "tests" }'
HEAD = """
pack = "test"
number = 1
published_at = 2020-06-10T00:00:00Z
"""


def error_of(document, base=None):
    with pytest.raises(PolicyError) as error:
        read_version(document, base)
    assert error.value.sentence
    return error.value.code


def test_a_version_is_read():
    found = read_version(HEAD + RULE)
    assert (found.label, [one.id for one in found.rules]) == ("test@1", ["no-archives"])


@pytest.mark.parametrize("name", pack_names())
def test_shipped_versions_come_back_from_json_as_they_were(name):
    for shipped in load_pack(name).versions:
        again = version_from_json(shipped.to_json())
        assert (again, again.sha256) == (shipped, shipped.sha256)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("2020-06-10T00:00:00Z }", "2020-06-10 }", "bare_date"),
        ("2020-06-10T00:00:00Z }", "2020-06-10T00:00:00 }", "no_zone"),
        ("2020-06-10T00:00:00Z }", "2020-06-10T00:00:00Z, ends_at = 2020-06-09T00:00:00Z }", "period_order"),
        ("2020-06-10T00:00:00Z }", "2020-06-10T00:00:00Z, ends_at = 2020-06-10T00:00:00Z }", "period_order"),
        ("2020-06-10T00:00:00Z }", '"soon" }', "not_moment"),
        ("2020-06-10T00:00:00Z }", "2020 }", "bare_date"),
        ('["media_archive"]', '["media_archives"]', "unknown_word"),
        ('["media_archive"]', "[]", "no_words"),
        ('["media_archive"]', '"media_archive"', "not_list"),
        ("purpose =", "porpoise =", "unknown_dimension"),
        ('"refuse"', '"forbid"', "unknown_word"),
        ('remedy = "Ask."', 'remedy = ""', "not_text"),
        ('remedy = "Ask."', "", "missing_name"),
        ('remedy = "Ask."', 'remedy = "Ask."\nmood = "stern"', "unknown_name"),
        ("dated_on = 2020-06-10", "dated_on = 2020-06-10T00:00:00Z", "not_day"),
        ("dated_on = 2020-06-10", 'dated_on = "yesterday"', "not_day"),
        (SOURCE, 'source = "x"', "unknown_source"),
        ('id = "no-archives"', 'id = "No archives!"', "identifier"),
        ('[rules.scope]\npurpose = ["media_archive"]', 'scope = "all"', "not_object"),
        ('[rules.scope]\npurpose = ["media_archive"]', "[rules.scope]", "no_scope"),
        ("number = 1", "number = 1.5", "not_whole"),
        ("number = 1", 'number = "one"', "not_number"),
        ('pack = "test"', "", "missing_name"),
        ('pack = "test"', 'pack = "test"\nmood = "stern"', "unknown_name"),
        ('pack = "test"', "pack = test", "not_toml"),
        ('pack = "test"', f'pack = "test"\nremoved = {"[" * 2000}{"]" * 2000}', "not_toml"),
        ('pack = "test"', 'pack = "test"\nsources = 3', "not_object"),
        ('pack = "test"', 'pack = "test"\nremoved = "all"', "not_list"),
        ('pack = "test"', "pack = 3", "not_text"),
        ("published_at = 2020-06-10T00:00:00Z", "published_at = 2020-06-10", "bare_date"),
        ("published_at = 2020-06-10T00:00:00Z", "published_at = 07:00:00", "bare_date"),
        ("number = 1", "number = nan", "number_range"),
        ('pack = "test"', 'pack = "test"\nbased_on = "test@0"', "based_on"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_version_is_said(old, new, code):
    document = HEAD + RULE
    assert old in document
    assert error_of(document.replace(old, new)) == code


@pytest.mark.parametrize("taken", ["no-rule", "no-policy", "not-granted", "grant-expired", "gallery-full"])
def test_the_id_of_a_rule_of_the_platform_is_taken(taken):
    assert error_of(HEAD + RULE.replace("no-archives", taken)) == "platform_rule"


def test_the_same_rule_twice_is_refused():
    assert error_of(HEAD + RULE + RULE) == "rule_twice"


def test_rules_that_are_no_list_are_refused():
    assert error_of(HEAD + "rules = 3") == "not_list"
    assert error_of(HEAD + "rules = [3]") == "not_object"


EXEMPTION = (
    RULE.replace('"no-archives"', '"but-ours"')
    .replace('"switch"', '"exemption"')
    .replace('"refuse"', '"allow"')
)


def test_an_exemption_names_a_rule_of_its_version():
    assert error_of(HEAD + RULE + EXEMPTION) == "lifts"
    named = EXEMPTION.replace('remedy = "Ask."', 'remedy = "Ask."\nlifts = ["no-museums"]')
    assert error_of(HEAD + RULE + named) == "lifts_unknown"
    right = named.replace("no-museums", "no-archives")
    assert read_version(HEAD + RULE + right).rules[1].lifts == {"no-archives"}


def test_an_exemption_does_not_lift_an_exemption():
    first = EXEMPTION.replace('remedy = "Ask."', 'remedy = "Ask."\nlifts = ["no-archives"]')
    second = first.replace('"but-ours"', '"nor-yours"').replace('["no-archives"]', '["but-ours"]')
    assert error_of(HEAD + RULE + first + second) == "lifts_exemption"


def test_an_exemption_does_not_lift_itself():
    named = EXEMPTION.replace('remedy = "Ask."', 'remedy = "Ask."\nlifts = ["but-ours"]')
    assert error_of(HEAD + named) == "lifts_itself"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"lifts": frozenset({"x"})}, "lifts"),
        ({"kind": Kind.BASELINE}, "effect"),
        ({"effect": Effect.ALLOW_WITH}, "obligations"),
        ({"obligations": Obligations(reviewers=2)}, "obligations"),
        ({"scope": (Condition("purpose", frozenset({"other"})),) * 2}, "dimension_twice"),
    ],
)
def test_a_rule_that_contradicts_itself_is_refused(changes, code):
    with pytest.raises(PolicyError) as error:
        rule("odd", **changes)
    assert error.value.code == code


def test_a_version_published_before_its_predecessor_is_refused():
    with pytest.raises(PolicyError, match="published_order"):
        Lineage((version(), version(number=2, published_at=LONG_AGO - timedelta(days=1))))


def test_numbers_rise_and_packs_are_not_mixed():
    with pytest.raises(PolicyError, match="number_order"):
        Lineage((version(), version()))
    with pytest.raises(PolicyError, match="two_packs"):
        Lineage((version(), version(number=2, pack="other")))
    assert [one.number for one in Lineage.of([version(number=2), version()]).versions] == [1, 2]


def test_a_version_based_on_another_takes_over_its_rules():
    based = HEAD.replace("number = 1", 'number = 2\nbased_on = "test@1"\nremoved = ["b"]')
    base = version(rule("a"), rule("b"), rule("no-archives", sentence="Old."))
    found = read_version(based + RULE, base)
    assert [one.id for one in found.rules] == ["a", "no-archives"]
    assert found.rules[1].sentence == "There are no archives."


def test_a_rule_that_is_not_there_cannot_be_removed():
    based = HEAD.replace("number = 1", 'number = 2\nbased_on = "test@1"\nremoved = ["z"]')
    assert error_of(based, version(rule("a"))) == "removed_unknown"


def test_a_base_that_nobody_asked_for_is_refused():
    assert error_of(HEAD, version()) == "based_on"


def test_an_unknown_pack_is_named(tmp_path):
    with pytest.raises(PolicyError, match="countenance-default"):
        load_pack("nowhere")
    (tmp_path / "lone").mkdir()
    (tmp_path / "lone" / "v1.toml").write_text('based_on = "lost@1"\n' + HEAD)
    with pytest.raises(PolicyError, match="lost@1"):
        load_pack("lone", tmp_path)


def test_the_extension_changes_one_rule_only():
    first, second, third = DEFAULT.versions
    changed = {a.id for a, b in zip(first.rules, second.rules, strict=True) if a != b}
    assert changed == {"us-police-2020"}
    assert {one.id for one in third.rules} - {one.id for one in second.rules} >= {"eu-ai-act-5-1-e"}


def test_periods_of_successive_versions_overlap_by_23_days():
    first, second, _ = DEFAULT.versions
    ends_at = next(one for one in first.rules if one.id == "us-police-2020").period.ends_at
    assert (ends_at - second.published_at).days == 23


@pytest.mark.parametrize("shipped", DEFAULT.versions, ids=lambda one: one.label)
def test_every_rule_has_its_source_and_our_reading_apart(shipped):
    for one in shipped.rules:
        assert one.source.address.startswith(("https://", "docs/decisions/"))
        assert one.source_says != one.our_reading


def test_police_and_brokers_have_no_baseline():
    barred = {"law_enforcement_local", "law_enforcement_foreign", "prosecution_corrections", "data_broker"}
    barred |= {"intelligence_defense", "border_immigration", "private_investigation", "individual_developer"}
    for one in DEFAULT.versions[-1].rules:
        if one.kind is Kind.BASELINE:
            types = next(c.words for c in one.scope if c.dimension == "organization_type")
            assert not types & (barred | {"other"})


def test_a_period_is_open_at_its_end():
    assert Period(LONG_AGO).ends_at is None
    assert rule("a").on_undetermined is WhenUndetermined.REFUSE


PIECES = st.sampled_from(
    ['"', "'", "[", "]", "{", "}", "=", "\n", "[[rules]]", "[rules.scope]", "2020-06-10", "nan", "1e999",
     "true", "23:59:60Z", "\x00", "é", "lifts", "obligations", "purpose", "sources", "0x", "-", "id = 3\n"]
)  # fmt: skip
EDITS = st.lists(st.tuples(st.integers(0, 500), st.integers(0, 40), PIECES), min_size=1, max_size=4)


@pytest.mark.proof
@given(EDITS)
def test_any_document_is_read_or_refused_with_a_sentence(edits):
    document = HEAD + RULE
    for place, length, piece in edits:
        document = document[:place] + piece + document[place + length :]
    with suppress(PolicyError):
        found = read_version(document)
        assert version_from_json(found.to_json()) == found
