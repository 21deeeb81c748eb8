"""Timestamps as they are stored (RFC 3339, UTC), and the durations that users type. Imported on use: it is slow."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

from arka_config.text import count_text, shorten

MIN_LIFETIME = timedelta(minutes=5)
_DAY = 86_400  # seconds
_UNITS = {
    "m": timedelta(minutes=1),
    "min": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
    "mo": timedelta(days=30),
    "y": timedelta(days=365),
}


def now() -> datetime:
    """Return the current time in UTC, without microseconds."""
    return datetime.now(UTC).replace(microsecond=0)


def to_text(when: datetime, timespec: str = "seconds") -> str:
    """Return a time as it is stored: `2027-02-22T12:00:00Z`. `timespec` is that of `datetime.isoformat`."""
    return when.astimezone(UTC).isoformat(timespec=timespec).replace("+00:00", "Z")


def parse(text: str) -> datetime:
    """Return the time of a stored text, in UTC. Raises ValueError."""
    parsed = datetime.fromisoformat(text)
    try:
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"'{shorten(text, 40)}' is outside of the calendar") from None


def parse_days(text: str) -> int:
    """Return the days in a duration such as `90d`, `12w`, `3mo` or `1y`. Raises ValueError with the syntax."""
    match = re.fullmatch(r"([0-9]{1,5})(d|w|mo|y)", text.strip().lower())
    if match is None:
        raise ValueError(f"'{shorten(text, 40)}' is not a duration such as 90d, 12w, 3mo or 1y")
    return int(match[1]) * _UNITS[match[2]].days


def parse_duration(text: str) -> timedelta:
    """Return a duration such as `5m`, `8h`, `7d` or `3mo`. Raises ValueError with the syntax."""
    match = re.fullmatch(r"([0-9]{1,5})(m|min|h|d|w|mo|y)", text.strip().lower())
    if match is None or not int(match[1]):
        raise ValueError(f"'{shorten(text, 40)}' is not a duration such as 45min, 8h or 7d")
    return int(match[1]) * _UNITS[match[2]]


def parse_expiry(text: str) -> datetime:
    """Return the time of an expiry: a date (its last second, UTC), a timestamp, or a duration from now.

    Raises ValueError with the syntax, and for a duration of less than MIN_LIFETIME.
    """
    expiry = _parse_time(text, time(23, 59, 59), 1)
    if re.fullmatch(r"[0-9]+m(in)?", text.strip().lower()) and parse_duration(text) < MIN_LIFETIME:
        raise ValueError(f"'{text.strip()}' is less than 5 minutes; 3mo is three months")  # older versions read 3m so
    return expiry


def parse_past(text: str) -> datetime:
    """Return a time in the past: a date (its first second, UTC), a timestamp, or a duration before now.

    Raises ValueError with the syntax.
    """
    return _parse_time(text, time(), -1)


def _parse_time(text: str, time_of_day: time, direction: int) -> datetime:
    text = text.strip()
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return datetime.combine(date.fromisoformat(text), time_of_day, UTC)
        return parse(text)
    except ValueError:
        pass
    try:
        return now() + direction * parse_duration(text)
    except (ValueError, OverflowError):
        raise ValueError(
            f"'{shorten(text, 40)}' is neither a date such as 2027-02-28 nor a duration such as 90d or 1h"
        ) from None


def describe(when: datetime, today: datetime | None = None) -> str:
    """Return how far away a time is: `in 90 days`, `tomorrow`, `in 5 hours`, `3 minutes ago`, `12 days ago`."""
    today = today or now()
    seconds = round((when - today).total_seconds())
    if abs(seconds) < _DAY:
        for name, size in (("hour", 3600), ("minute", 60)):
            if count := abs(seconds) // size:
                return _relative(count, name, is_past=seconds < 0)
        return "now"
    days = (when.date() - today.date()).days
    return {1: "tomorrow", -1: "yesterday"}.get(days) or _relative(abs(days), "day", is_past=days < 0)


def _relative(count: int, unit: str, *, is_past: bool) -> str:
    words = count_text(count, unit)
    return f"{words} ago" if is_past else f"in {words}"
