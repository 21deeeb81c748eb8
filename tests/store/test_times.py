"""What is a stored time: the same with the calendar and without it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import event, example, given
from hypothesis import strategies as st

from arka_config.store.times import has_our_form, is_time
from arka_config.timestamps import stored


@given(st.integers(0, 253402214400), st.text("0123456789:TZ-٣", max_size=2), st.integers(0, 19))
@example(1798761599, "", 0)
@example(1803859200, "02-29", 5)
def test_what_has_our_form_is_a_time_to_the_calendar(seconds: int, typed: str, at: int) -> None:
    text = stored(datetime.fromtimestamp(seconds, UTC))
    assert is_time(text)
    assert has_our_form(text) or text[5:10] == "02-29"
    mistyped = text[:at] + typed + text[at + len(typed) :]
    event("has our form" if has_our_form(mistyped) else "left to the calendar")
    if has_our_form(mistyped):
        assert datetime.fromisoformat(mistyped).astimezone(UTC).tzinfo is not None


@pytest.mark.parametrize("text", ["2028-02-29T00:00:00Z", "0001-01-01T00:00:00Z", "2027-01-01T00:00:00+01:00"])
def test_other_times_are_times_too(text: str) -> None:
    assert is_time(text)
    assert not has_our_form(text)


@pytest.mark.parametrize(
    "text", ["", "2027-02-29T00:00:00Z", "2027-01-01", "2027-01-01T00:00:00", "9999-12-31T23:00:00-12:00"]
)
def test_what_is_no_time_is_none(text: str) -> None:
    assert not is_time(text)
