"""Moments have a date, an hour and a zone; what lacks one is refused with what to write."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.policy.errors import PolicyError
from compliance.policy.packs import read_version
from compliance.policy.plain import is_leap_second, moment, number, whole
from tests.compliance.policy.test_packs import HEAD, RULE

STARTS = "starts_at = 2020-06-10T00:00:00Z"


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2020-06-10T00:00:00Z", "2020-06-10T00:00:00+00:00"),
        ("2021-03-14T01:59:59-08:00", "2021-03-14T09:59:59+00:00"),  # a second before clocks go forward
        ("2021-03-14T03:00:00-07:00", "2021-03-14T10:00:00+00:00"),  # and the second after it
        ("2021-11-07T01:30:00-07:00", "2021-11-07T08:30:00+00:00"),  # half past one, the first time
        ("2021-11-07T01:30:00-08:00", "2021-11-07T09:30:00+00:00"),  # and the second time
        ("2021-03-14T02:30:00-08:00", "2021-03-14T10:30:00+00:00"),  # no clock showed it; the offset tells it
    ],
)  # fmt: skip
def test_a_local_time_with_its_offset_is_one_moment(text, utc):
    assert moment(text) == datetime.fromisoformat(utc)
    assert moment(text).tzinfo is UTC


def error_of(value):
    with pytest.raises(PolicyError) as error:
        moment(value)
    return error.value


@pytest.mark.parametrize("text", ["2021-11-07T01:30:00", "2021-03-14T02:30:00", "2020-06-10 00:00:00"])
def test_a_local_time_without_an_offset_is_refused(text):
    error = error_of(text)
    assert error.code == "no_zone"
    assert "may come twice or never" in error.sentence


@pytest.mark.parametrize(
    "text",
    ["2021-11-07T01:30:00 America/New_York", "2021-11-07T01:30:00[America/New_York]", "2021-11-07T01:30 EST",
     "2021-02-29T00:00:00Z", "2020-06-10T25:00:00Z", "2020-06-10T00:00:00+25:00", "soon", ""],
)  # fmt: skip
def test_what_no_calendar_holds_is_refused_with_an_example(text):
    error = error_of(text)
    assert error.code == "not_moment"
    assert "2020-06-10T00:00:00Z" in error.sentence


@pytest.mark.parametrize("value", ["2020-06-10", date(2020, 6, 10)])
def test_a_bare_date_is_refused_with_an_hour_to_write(value):
    error = error_of(value)
    assert (error.code, "2020-06-10T00:00:00Z" in error.sentence) == ("bare_date", True)


@pytest.mark.parametrize(
    "text",
    ["2016-12-31T23:59:60Z", "2016-12-31T23:59:60+00:00", "20161231T235960Z", "2016-12-31 23:59:60.5Z"],
)
def test_a_leap_second_is_refused_with_what_to_write(text):
    error = error_of(text)
    assert (error.code, "write second 59" in error.sentence) == ("leap_second", True)


def test_a_leap_second_in_a_document_is_refused_with_its_line():
    with pytest.raises(PolicyError) as error:
        read_version(HEAD + RULE.replace(STARTS, "starts_at = 2016-12-31T23:59:60Z"))
    assert error.value.code == "leap_second"
    assert "period = { starts_at = 2016-12-31T23:59:60Z }" in error.value.sentence


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_moment_beyond_the_calendar_is_refused(text):
    assert error_of(text).code == "moment_range"


ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(
    st.datetimes(datetime.fromisoformat("1900-01-01"), datetime.fromisoformat("2200-01-01"), timezones=ZONES)
)
def test_any_moment_with_an_offset_is_read_as_it_is(any_moment):
    text = any_moment.isoformat()
    assert not is_leap_second(text)
    assert moment(text) == moment(any_moment) == any_moment


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 10**400, 2**53 + 1])
def test_a_number_that_no_record_keeps_exactly_is_refused(value):
    for reader in (number, whole):
        with pytest.raises(PolicyError, match="number_range"):
            reader(value)


@pytest.mark.parametrize("value", ["nan", "inf", "1e400"])
def test_such_a_number_in_a_document_is_refused(value):
    floor = RULE.replace('"refuse"', '"allow_with"').replace('"switch"', '"floor"')
    floor = floor.replace('remedy = "Ask."', f'remedy = "Ask."\nobligations = {{ min_similarity = {value} }}')
    with pytest.raises(PolicyError, match="number_range"):
        read_version(HEAD + floor)
