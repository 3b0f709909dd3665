"""Statuses, numbers and moments as people read them."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from portal.web import sentences
from portal.web.templatetags import countenance as words
from recognition.models import Job


def test_a_status_is_a_word_and_a_tone() -> None:
    assert words.status_of("awaiting_review") == words.Status("Awaiting review", "warn")


def test_a_hold_says_what_holds_it() -> None:
    assert words.status_of("held:policy") == words.Status("Held (policy)", "warn")


def test_a_search_for_somebody_who_was_erased_is_not_said_to_have_ended_by_hand_or_by_time() -> None:
    for status in ("cancelled", "purged"):
        said = [
            sentences.state(Job(status=status, of_subject=of_subject, purged_at=datetime.now(UTC)))
            for of_subject in (True, False)
        ]
        assert ("was erased" in said[0], "was erased" in said[1]) == (True, False)


@pytest.mark.parametrize("status", ["candidate", "lead", "confirmed"])
def test_neither_candidates_nor_leads_are_shown_as_good(status: str) -> None:
    assert words.status_tone(status) == "info"


def test_an_unlisted_status_is_readable_and_gray() -> None:
    assert words.status_of("brand_new") == words.Status("Brand new", "neutral")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("find_missing_child", "Find a missing child"),
        ("missing_persons_ngo", "Missing persons organization"),
        ("identity_verification_1to1", "Identity verification, one to one"),
    ],
)
def test_vocabulary_becomes_words(value: str, said: str) -> None:
    assert words.words(value) == said


@pytest.mark.parametrize(("value", "written"), [(12400, "12,400"), (0.9, "0.9"), ("about 3", "about 3")])
def test_numbers_group_thousands(value: object, written: str) -> None:
    assert words.number(value) == written


def test_a_share_is_written_as_percent() -> None:
    assert words.percent(0.0432) == "4.3 %"


def test_a_moment_is_written_in_utc() -> None:
    at = datetime(2020, 6, 10, 2, 0, tzinfo=timezone(timedelta(hours=2)))
    assert words.moment(at) == '<time datetime="2020-06-10T00:00:00+00:00">June 10, 2020, 00:00 UTC</time>'


def test_a_day_can_come_from_a_date_or_a_moment() -> None:
    assert words.day(date(2020, 6, 1)) == words.day(datetime(2020, 6, 1, tzinfo=UTC))


@pytest.mark.parametrize("write", [words.moment, words.day])
def test_no_moment_is_said_in_words(write: Callable[[None], str]) -> None:
    assert write(None) == "not set"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, "not known yet"),
        (12, "less than a minute"),
        (60, "1 minute"),
        (7800, "2 hours 10 minutes"),
        (3600, "1 hour"),
        (259200, "3 days"),
    ],
)
def test_durations_are_said_as_people_say_them(seconds: float | None, said: str) -> None:
    assert words.duration(seconds) == said


@pytest.mark.parametrize(("count", "written"), [(1, "1 byte"), (1536, "1.5 KB"), (5 * 1024**4, "5.0 TB")])
def test_sizes_have_a_unit(count: int, written: str) -> None:
    assert words.size(count) == written


@pytest.mark.parametrize(("cell", "text"), [("a", "a"), (None, ""), ({"text": 1200}, "1,200"), (0, "0")])
def test_a_table_cell_is_text_or_a_mapping(cell: object, text: str) -> None:
    assert words.cell_text(cell) == text
