"""Years between photos and ages in them: whole days, whole years, leap days."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognition.ages import CHILDREN, Comparison, Pictured, Span, Years, age_at, span, years_between

DAYS = st.dates(date(1900, 1, 1), date(2100, 12, 31))
SPANS = st.one_of(DAYS.map(lambda day: Span(day, day)), st.integers(1900, 2100).map(lambda y: span(str(y))))


def pictured(taken="", born="", **flags):
    return Pictured(span(taken) if taken else None, span(born) if born else None, **flags)


@pytest.mark.parametrize("text", ["2019", "2019-03-07", "2020-02-29"])
def test_a_date_is_written_as_it_was_stated(text):
    assert str(span(text)) == text


@pytest.mark.parametrize(
    "text", ["", "19", "0000", "2019-02-29", "2019-13-01", "March 2019", "2019-3-7", "20190307"]
)
def test_what_is_no_day_and_no_year_is_no_date(text):
    with pytest.raises(ValueError):  # noqa: PT011 - the text itself is all there is to say
        span(text)


@pytest.mark.parametrize(
    ("one", "other", "years"),
    [
        ("2014-03-07", "2019-03-07", (5, 5)),
        ("2014-03-07", "2019-03-06", (4, 4)),
        ("2019-03-06", "2014-03-07", (4, 4)),
        ("2014", "2019", (4, 5)),
        ("2014", "2014", (0, 0)),
        ("2014", "2015", (0, 1)),
        ("2014-12-31", "2015", (0, 1)),
        ("2014-01-01", "2015", (1, 1)),
    ],
)
def test_years_between_photos_are_as_exact_as_their_dates(one, other, years):
    assert years_between(span(one), span(other)) == Years(*years)


@pytest.mark.parametrize(
    ("taken", "age"), [("2022-02-28", 17), ("2022-03-01", 18), ("2024-02-28", 19), ("2024-02-29", 20)]
)
def test_who_was_born_on_a_leap_day_grows_older_on_march_first(taken, age):
    assert age_at(span("2004-02-29"), span(taken)) == Years(age, age)


def test_years_alone_give_a_range_of_ages():
    assert age_at(span("2014"), span("2019")) == Years(4, 5)
    assert age_at(span("2014"), span("2014")) == Years(0, 0)


def test_a_photo_older_than_the_person_gives_no_age():
    assert age_at(span("2014-05-02"), span("2013")) is None
    assert not pictured(taken="2013", born="2014-05-02").is_child


@pytest.mark.parametrize(
    ("years", "words"),
    [((0, 0), "less than a year"), ((0, 1), "0 to 1 year"), ((1, 1), "1 year"), ((4, 5), "4 to 5 years")],
)
def test_years_are_said_as_people_say_them(years, words):
    assert str(Years(*years)) == words


def test_a_missing_date_is_named():
    comparison = Comparison(pictured(), pictured(taken="2019"))
    assert comparison.gap is None
    assert comparison.gap_in_words == "unknown: no date of the probe"
    both = Comparison(pictured(), pictured()).gap_in_words
    assert both == "unknown: no date of the probe and the enrolled photo"


def test_a_child_in_either_photo_brings_the_caution():
    child, adult = pictured("2015", "2004"), pictured("2024", "2004-01-01")
    assert Comparison(child, adult).cautions == (CHILDREN,)
    assert Comparison(adult, child).cautions == (CHILDREN,)
    assert Comparison(adult, adult).cautions == ()


def test_where_a_child_is_looked_for_missing_dates_silence_no_caution():
    assert Comparison(pictured(), pictured(), of_a_child=True).cautions == (CHILDREN,)


def test_changed_photos_are_named():
    comparison = Comparison(pictured(edited=True), pictured(age_progressed=True))
    assert [one.partition(".")[0] for one in comparison.cautions] == [
        "The probe photo was edited",
        "The enrolled photo was age-progressed",
    ]


@given(SPANS, SPANS)
def test_the_range_holds_whatever_days_it_was(one, other):
    years = years_between(one, other)
    assert years == years_between(other, one)
    for start in (one.first, one.last):
        for end in (other.first, other.last):
            exact = years_between(Span(start, start), Span(end, end)).low
            assert years.low <= exact <= years.high


@given(DAYS, DAYS)
def test_an_age_never_passes_eighteen_before_the_birthday(born, taken):
    age = age_at(Span(born, born), Span(taken, taken))
    if age and age.low >= 18:
        assert (taken.year - born.year, (taken.month, taken.day)) >= (18, (born.month, born.day))
