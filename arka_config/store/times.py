"""What is a stored time, without importing the calendar for the form that we store: `2027-02-28T12:00:00Z`."""

from __future__ import annotations

_LAST_DAYS = {"02": "28"} | dict.fromkeys(("04", "06", "09", "11"), "30")
_LAST_DAYS |= dict.fromkeys(("01", "03", "05", "07", "08", "10", "12"), "31")


def is_time(text: str) -> bool:
    """Whether a text is a time with its zone, and within the calendar in UTC."""
    if has_our_form(text):
        return True
    from datetime import UTC, datetime

    try:
        moment = datetime.fromisoformat(text)
        moment.astimezone(UTC)
    except (ValueError, OverflowError):  # the latter where it is beyond the calendar in UTC
        return False
    return moment.tzinfo is not None


def has_our_form(text: str) -> bool:
    """Whether a text is a time as `moment.stored` gives it. A leap day is left to the calendar."""
    digits = text[:4] + text[5:7] + text[8:10] + text[11:13] + text[14:16] + text[17:19]
    return (
        len(text) == 20
        and text[4] + text[7] + text[10] + text[13] + text[16] + text[19] == "--T::Z"
        and digits.isascii()
        and digits.isdigit()
        and text[:4] >= "1970"
        and "01" <= text[8:10] <= _LAST_DAYS.get(text[5:7], "")
        and text[11:13] <= "23"
        and text[14:16] <= "59"
        and text[17:19] <= "59"
    )
