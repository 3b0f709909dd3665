"""Policy documents: written and read back, nothing lost."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance import documents
from compliance.policy.errors import PolicyError
from compliance.policy.packs import load_pack

FIRST, SECOND, THIRD = load_pack("countenance-default").versions[:3]
RULE = SECOND.rules[0]


def test_a_version_is_written_as_what_it_changes_and_reads_back():
    for before, after in ((FIRST, SECOND), (SECOND, THIRD)):
        document = documents.write(after, before)
        assert documents.read(document, before) == after
        assert len(document) < len(documents.write(FIRST, None))


def test_a_whole_pack_is_written_and_reads_back():
    for version in (FIRST, SECOND, THIRD):
        assert documents.read(documents.write(version, None), FIRST) == version


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip))
def test_any_text_of_a_rule_reads_back_as_it_was_written(text):
    rule = replace(RULE, source_says=text, sentence=text)
    changed = documents.with_rule(SECOND, rule, replaces=RULE.id)
    assert documents.read(documents.write(changed, SECOND), SECOND) == changed


def test_a_difference_names_what_was_changed_added_and_removed():
    added = replace(RULE, id="new-rule")
    changed = replace(RULE, sentence="Otherwise.")
    version = documents.with_rule(SECOND, changed, replaces=RULE.id)
    version = documents.without_rule(documents.with_rule(version, added), "live-off")
    found = documents.difference(SECOND, version)
    assert (found.changed, found.added) == (((RULE, changed),), (added,))
    assert [rule.id for rule in found.removed] == ["live-off"]
    assert documents.difference(SECOND, SECOND).is_empty


def test_the_same_changes_are_made_to_a_newer_version():
    version = documents.without_rule(replace(SECOND, number=3), "live-off")
    moved = documents.rebase(documents.write(version, SECOND), SECOND, THIRD, 4)
    read = documents.read(moved, THIRD)
    assert read.label == "countenance-default@4"
    assert {rule.id for rule in read.rules} == {rule.id for rule in THIRD.rules} - {"live-off"}


def test_a_document_on_another_version_says_on_which():
    with pytest.raises(PolicyError, match="countenance-default@1"):
        documents.read(documents.write(SECOND, FIRST), THIRD)


def test_what_is_no_document_says_so():
    with pytest.raises(PolicyError, match="no valid TOML"):
        documents.based_on("rules = [")


def test_a_rule_that_is_not_there_cannot_be_left_out():
    with pytest.raises(PolicyError, match="holds no rule"):
        documents.without_rule(SECOND, "nothing")


def test_a_rule_that_an_exemption_lifts_cannot_be_left_out_alone():
    with pytest.raises(PolicyError, match="humanitarian-exemption lifts us-police-2020"):
        documents.without_rule(SECOND, "us-police-2020")


def test_a_rule_of_an_id_that_is_taken_is_refused():
    with pytest.raises(PolicyError, match="twice"):
        documents.with_rule(SECOND, replace(RULE, id="live-off"))
