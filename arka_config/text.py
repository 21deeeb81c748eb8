"""What may stand in a name or a stored string, and how text that may not is shown. Standard library only."""

from __future__ import annotations

from arka_config.errors import InvalidName, InvalidValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

NAME_LENGTH = 64
LONGEST_NAMED = 120  # characters
_NAME_FIRST = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
_NAME_REST = _NAME_FIRST | {"_", "-"}
_WINDOWS_DEVICES = frozenset(
    ["con", "prn", "aux", "nul", *(f"com{n}" for n in range(10)), *(f"lpt{n}" for n in range(10))]
)

# A control character ends a line, drives a terminal or hides what follows: CVE-2020-5260 and CVE-2024-50338 (git
# credential helpers), CVE-2021-25743 (kubectl), CVE-2021-42574 (bidirectional text in source).
UNPRINTABLE = frozenset(
    [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))]
    + ["\u061c", "\u200e", "\u200f", "\u2028", "\u2029", "\ufeff"]
    + [chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), *range(0xD800, 0xE000))]
)


def is_printable(text: str) -> bool:
    """Whether text holds no control character, line separator, direction mark or lone surrogate."""
    return UNPRINTABLE.isdisjoint(text)


def check_printable(text: str, what: str) -> str:
    """The text itself, fit to be stored and shown.

    Raises InvalidValue with `what` (never the text) and the kind of the first character that is not fit.
    """
    if UNPRINTABLE.isdisjoint(text):
        return text
    at, character = next((at, character) for at, character in enumerate(text) if character in UNPRINTABLE)
    raise InvalidValue(f"{what} holds a character that it may not: U+{ord(character):04X} at position {at + 1}")


def visible(text: str) -> str:
    """The text with every unprintable character written as an escape, for a terminal."""
    if UNPRINTABLE.isdisjoint(text):
        return text
    return "".join(_escaped(character) if character in UNPRINTABLE else character for character in text)


def shortened(text: str) -> str:
    """The beginning of a text of any length, made visible: a message names a key, say, of a strange file with it."""
    return visible(text) if len(text) <= LONGEST_NAMED else f"{visible(text[:LONGEST_NAMED])}…"


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def quoted(path: str) -> str:
    """A path as one word of a command that a hint has people paste: always in quotation marks, whatever is in it."""
    return "'" + path.replace("'", "'\\''") + "'"


def is_profile_name(name: str) -> bool:
    """Whether name matches `^[a-z0-9][a-z0-9_-]{0,63}$` and is no Windows device."""
    return (
        0 < len(name) <= NAME_LENGTH
        and name[0] in _NAME_FIRST
        and _NAME_REST.issuperset(name)
        and name not in _WINDOWS_DEVICES
    )


def check_profile_name(name: str, source: str = "") -> str:
    """The name itself. Raises InvalidName, with a name that would do, where it is none.

    `source` says where the name came from, when it was not typed as an argument.
    """
    if is_profile_name(name):
        return name
    suggestion = suggest_profile_name(name)
    where = f" (from {source})" if source else ""
    raise InvalidName(
        f"'{visible(name[:80])}' is not a profile name{where}: use 1 to {NAME_LENGTH} of a-z, 0-9, '-' and '_', "
        "starting with a letter or a digit",
        hint=f"try '{suggestion}'" if suggestion else "",
    )


def suggest_profile_name(text: str) -> str:
    """The nearest profile name for free text, or an empty string: `Work Laptop` gives `work-laptop`."""
    kept = (character if character in _NAME_REST else "-" for character in text.lower()[: 4 * NAME_LENGTH])
    words = [word for word in "".join(kept).split("-") if word]
    name = "-".join(words).lstrip("_")[:NAME_LENGTH]
    return name if is_profile_name(name) else ""


def nearest(word: str, words: Iterable[str]) -> list[str]:
    """Up to three of the words that are spelled most like this one, the best first."""
    from difflib import get_close_matches  # where it is used: it is for errors alone

    if len(word) > LONGEST_NAMED:  # nothing that anybody meant, and it would take its time
        return []
    return get_close_matches(word, sorted(words), n=3, cutoff=0.6)


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """`did you mean 'work' or 'wok'?`, or an empty string when nothing is near."""
    near = nearest(word, words)
    return f"did you mean {' or '.join(repr(name) for name in near)}?" if near else ""
