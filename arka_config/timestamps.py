"""Points in time as they are stored (RFC 3339, UTC), and the durations that people type. Imported only where used."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

from arka_config.text import visible

_UNITS = {"d": 1, "w": 7, "m": 30, "y": 365}


def now() -> datetime:
    """This moment, in UTC, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def stored(moment: datetime) -> str:
    """A moment as it is stored: `2027-02-22T12:00:00Z`."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def read(text: str) -> datetime:
    """The moment that a stored text means. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"'{visible(text[:40])}' is beyond the calendar") from None


def days(text: str) -> int:
    """The days of a duration such as `90d`, `12w`, `3m` or `1y`. Raises ValueError, saying how to write one."""
    match = re.fullmatch(r"([0-9]{1,5})([dwmy])", text.strip().lower())
    if match is None:
        raise ValueError(f"'{visible(text[:40])}' is not a duration such as 90d, 12w, 3m or 1y")
    return int(match[1]) * _UNITS[match[2]]


def lasting(text: str) -> timedelta:
    """The time that a duration such as `45min`, `8h` or `7d` lasts. Raises ValueError, saying how to write one."""
    match = re.fullmatch(r"([0-9]{1,5})(min|h|d)", text.strip().lower())
    if match is None or not int(match[1]):
        raise ValueError(f"'{visible(text[:40])}' is not a duration such as 45min, 8h or 7d")
    unit = {"min": "minutes", "h": "hours", "d": "days"}[match[2]]
    return timedelta(**{unit: int(match[1])})


def end(text: str) -> datetime:
    """The moment that an expiry means: a date (its last second, UTC), a timestamp, or a duration from now.

    Raises ValueError, saying how to write one.
    """
    text = text.strip()
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return datetime.combine(date.fromisoformat(text), time(23, 59, 59), UTC)
        return read(text)
    except ValueError:
        pass
    try:
        return now() + timedelta(days=days(text))
    except (ValueError, OverflowError):
        raise ValueError(
            f"'{visible(text[:40])}' is neither a date such as 2027-02-28 nor a duration such as 90d"
        ) from None


def in_words(moment: datetime, today: datetime | None = None) -> str:
    """How far off a moment is: `in 90 days`, `tomorrow`, `today`, `12 days ago`."""
    distance = (moment.date() - (today or now()).date()).days
    near = {0: "today", 1: "tomorrow", -1: "yesterday"}
    if distance in near:
        return near[distance]
    return f"in {distance} days" if distance > 0 else f"{-distance} days ago"
