"""Timestamps: how they are stored, typed and shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arka_config import timestamps

NOON = datetime(2027, 2, 22, 12, 0, 0, tzinfo=UTC)
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=OFFSETS).map(  # noqa: DTZ001
    lambda when: when.replace(microsecond=0)
)


# Stored


def test_to_text_is_utc_with_a_z() -> None:
    assert timestamps.to_text(NOON) == "2027-02-22T12:00:00Z"
    assert timestamps.to_text(NOON.astimezone(timezone(timedelta(hours=2)))) == "2027-02-22T12:00:00Z"


@given(MOMENTS)
def test_timestamp_round_trips(when: datetime) -> None:
    read = timestamps.parse(timestamps.to_text(when))
    assert read == when
    assert read.tzinfo is UTC


def test_parse_without_an_offset_is_utc() -> None:
    assert timestamps.parse("2027-02-22T12:00:00") == NOON
    assert timestamps.parse("2027-02-22T14:00:00+02:00") == NOON


@pytest.mark.parametrize("text", ["", "tomorrow", "2027-13-01", "2027-02-30T00:00:00Z", "12:00"])
def test_parse_of_another_text_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match="."):
        timestamps.parse(text)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"])
def test_parse_outside_of_the_calendar_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match="."):
        timestamps.parse(text)
    with pytest.raises(ValueError, match="is neither a date"):
        timestamps.parse_expiry(text)


def test_now_is_utc_without_microseconds() -> None:
    assert abs(timestamps.now() - datetime.now(UTC)) < timedelta(seconds=5)
    assert (timestamps.now().tzinfo, timestamps.now().microsecond) == (UTC, 0)


# Durations


@pytest.mark.parametrize(
    ("text", "days"), [("90d", 90), ("12w", 84), ("3mo", 90), ("1y", 365), (" 14D ", 14), ("0d", 0)]
)
def test_parse_days_returns_days(text: str, days: int) -> None:
    assert timestamps.parse_days(text) == days


@pytest.mark.parametrize("text", ["", "d", "90", "90 d", "-1d", "1.5y", "90days", "1h", "٣d", "999999d"])
def test_parse_days_error_has_the_syntax(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration such as 90d, 12w, 3mo or 1y"):
        timestamps.parse_days(text)


# An expiry


def test_parse_expiry_of_a_date_is_its_last_second() -> None:
    assert timestamps.parse_expiry(" 2027-02-28 ") == datetime(2027, 2, 28, 23, 59, 59, tzinfo=UTC)


def test_parse_expiry_of_a_timestamp_is_that_time() -> None:
    assert timestamps.parse_expiry("2027-02-22T14:00:00+02:00") == NOON


def test_parse_expiry_of_a_duration_is_from_now() -> None:
    assert abs(timestamps.parse_expiry("90d") - (timestamps.now() + timedelta(days=90))) < timedelta(seconds=5)


@pytest.mark.parametrize("text", ["", "soon", "2027-02-30", "28.02.2027", "99999y"])
def test_parse_expiry_error_has_the_syntax(text: str) -> None:
    with pytest.raises(ValueError, match="is neither a date such as 2027-02-28 nor a duration such as 90d"):
        timestamps.parse_expiry(text)


# In words


@pytest.mark.parametrize(
    ("when", "words"),
    [
        (NOON, "now"),
        (NOON + timedelta(seconds=59), "now"),
        (NOON - timedelta(seconds=60), "1 minute ago"),
        (NOON + timedelta(minutes=59, seconds=59), "in 59 minutes"),
        (NOON - timedelta(hours=1), "1 hour ago"),
        (NOON + timedelta(hours=23, minutes=59), "in 23 hours"),
        (NOON + timedelta(days=1), "tomorrow"),
        (NOON + timedelta(hours=35), "tomorrow"),
        (NOON - timedelta(days=1), "yesterday"),
        (NOON + timedelta(days=90), "in 90 days"),
        (NOON - timedelta(days=12), "12 days ago"),
    ],
)
def test_describe_names_the_largest_unit_that_fits(when: datetime, words: str) -> None:
    assert timestamps.describe(when, today=NOON) == words
