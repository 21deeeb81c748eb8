"""Which characters names and stored strings may contain, and how others are shown. Standard library only."""

from __future__ import annotations

from arka_config.errors import InvalidName, InvalidValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NAME_LENGTH = 64
MAX_SHOWN = 120  # characters of a name in a message
_NAME_FIRST = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
_NAME_REST = _NAME_FIRST | {"_", "-"}
_MARKER = r"#(?=#\w*\[)"  # the first character of `##[`, `##vso[` and `##teamcity[`
_TOKEN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")  # what a token consists of
_WINDOWS_DEVICES = frozenset(
    ["con", "prn", "aux", "nul", *(f"com{n}" for n in range(10)), *(f"lpt{n}" for n in range(10))]
)

# Where two letters are usual for one; other letters just lose their marks.
_SPELLINGS = str.maketrans(
    {
        "ä": "ae",
        "ö": "oe",
        "ü": "ue",
        "ß": "ss",
        "æ": "ae",
        "œ": "oe",
        "ø": "oe",
        "å": "aa",
        "þ": "th",
        "ð": "d",
        "đ": "d",
        "ł": "l",
        "\u0131": "i",
    }
)

# A control character ends a line, drives a terminal or hides what follows: CVE-2020-5260 and CVE-2024-50338 (git
# credential helpers), CVE-2021-25743 (kubectl), CVE-2021-42574 (bidirectional text in source).
UNPRINTABLE = frozenset(
    [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))]
    + ["\u061c", "\u200e", "\u200f", "\u2028", "\u2029", "\ufeff"]
    + [chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), *range(0xD800, 0xE000))]
)


_SPACES = str.maketrans("\t\n\r", "   ")
_HINTS = {
    "\n": "it must be a single line",
    "\r": "it must be a single line",
    "\ufeff": "that is a byte order mark: save the text as UTF-8 without one",
}


def is_printable(text: str) -> bool:
    """Whether text contains no control character, line separator, direction mark or lone surrogate."""
    return UNPRINTABLE.isdisjoint(text)


def check_printable(text: str, what: str) -> str:
    """Return the text if it can be stored and shown.

    Raises InvalidValue, with `what` and the first unprintable character, but never the text.
    """
    if UNPRINTABLE.isdisjoint(text):
        return text
    at, character = next((at, character) for at, character in enumerate(text) if character in UNPRINTABLE)
    raise unprintable(what, character, at)


def unprintable(what: str, character: str, at: int) -> InvalidValue:
    """Return the error for an unprintable character at this index: its code and position, and what usually helps."""
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # Python's surrogate for a byte that it could not decode (PEP 383)
        return InvalidValue(
            f"{what} is not UTF-8 text: byte 0x{code - 0xDC00:02X} at position {at + 1}",
            hint="convert it to UTF-8; if it is UTF-8, and the locale is not: export LC_ALL=C.UTF-8",
        )
    message = f"{what} contains a forbidden character: U+{code:04X} at position {at + 1}"
    return InvalidValue(message, hint=_HINTS.get(character, ""))


def check_lines(text: str, what: str) -> str:
    """Return the text if it can be stored and shown apart from tabs and ends of lines, as in a key or in JSON.

    Raises what `check_printable` raises.
    """
    check_printable(text.translate(_SPACES), what)
    return text


def visible(text: str) -> str:
    """Return the text with every unprintable character as an escape, for a terminal."""
    if UNPRINTABLE.isdisjoint(text):
        return text
    return "".join(_escape_character(character) if character in UNPRINTABLE else character for character in text)


def escape_ci_commands(text: str) -> str:
    """Return lines with the start of everything that a CI system would take for a command as an escape.

    GitHub Actions runs `::name::` at the start of a line, after white space, and `##[name]` anywhere in a line (see
    ActionCommand.cs of actions/runner); Azure Pipelines runs `##vso[…]`, and TeamCity `##teamcity[…]`. GitLab's
    sections need a carriage return, which `visible` escapes.
    """
    if "::" not in text and "##" not in text:
        return text
    import re  # rarely needed: the fast path does without it

    text = re.sub(r"^([^\S\n]*):(?=:)", r"\1\\x3a", text, flags=re.MULTILINE)
    return re.sub(_MARKER, r"\\x23", text)


def escape_ci_commands_in_json(text: str) -> str:
    """Return a JSON text with the same value, and with no command in it: none of its lines begins with a colon."""
    if "##" not in text:
        return text
    import re

    return re.sub(_MARKER, r"\\u0023", text)


def shorten(text: str, length: int = MAX_SHOWN) -> str:
    """Return the start of a text, with escapes, for a message that quotes, say, an argument or a key of a file.

    A token is never cut: a part of one would not be recognized, and masked, when the message is printed. The text ends
    before the word that the cut would be in.
    """
    if len(text) <= length:
        return visible(text)
    end = length
    if text[end] in _TOKEN:
        while end and text[end - 1] in _TOKEN:
            end -= 1
    return f"{visible(text[:end])}…"


def _escape_character(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def count_text(number: int, noun: str) -> str:
    """Return a number with its noun: `1 token`, `7 tokens`, `2 entries`, `3 days`."""
    if number == 1:
        return f"1 {noun}"
    return f"{number} {noun[:-1]}ies" if noun.endswith("ry") else f"{number} {noun}s"


def quote_path(path: str) -> str:
    """Return a path as one word of a shell command in a hint, always in quotation marks."""
    return "'" + path.replace("'", "'\\''") + "'"


def edit_command(path: str) -> str:
    """Return the shell command that opens a file in the user's editor."""
    return f"${{EDITOR:-vi}} {quote_path(path)}"


def is_profile_name(name: str) -> bool:
    """Whether name matches `^[a-z0-9][a-z0-9_-]{0,63}$` and is not a Windows device."""
    return (
        0 < len(name) <= NAME_LENGTH
        and name[0] in _NAME_FIRST
        and _NAME_REST.issuperset(name)
        and name not in _WINDOWS_DEVICES
    )


def check_profile_name(name: str, source: str = "") -> str:
    """Return the name if it is a profile name. Raises InvalidName, with a suggestion.

    `source` says where the name came from, if it was not an argument.
    """
    if is_profile_name(name):
        return name
    # A longer text is not shortened to a name: it may contain a token, of which a part would not be masked.
    suggestion = suggest_profile_name(name) if len(name) <= NAME_LENGTH else ""
    origin = f" (from {source})" if source else ""
    if name.lower() in _WINDOWS_DEVICES:
        reason = "it is reserved on Windows, where a file cannot have the name of a device"
    else:
        reason = f"use 1 to {NAME_LENGTH} of a-z, 0-9, '-' and '_', starting with a letter or a digit"
    raise InvalidName(
        f"'{shorten(name, 80)}' is not a profile name{origin}: {reason}",
        hint=f"try '{suggestion}'" if suggestion else "",
    )


def suggest_profile_name(text: str) -> str:
    """Return a profile name similar to the text, or an empty string.

    `Work Laptop` gives `work-laptop`, `Größe` gives `groesse`, and the Windows device `con` gives `con-profile`.
    """
    allowed = (character if character in _NAME_REST else "-" for character in _spell_in_ascii(text[: 4 * NAME_LENGTH]))
    words = [word for word in "".join(allowed).split("-") if word]
    name = "-".join(words).lstrip("_")[:NAME_LENGTH]
    if name in _WINDOWS_DEVICES:
        name += "-profile"
    return name if is_profile_name(name) else ""


def _spell_in_ascii(text: str) -> str:
    """Return the text in lower case, with letters such as `ü` and `é` as the ASCII letters that replace them."""
    text = text.lower()
    if text.isascii():
        return text
    import unicodedata  # rarely needed

    spelled = unicodedata.normalize("NFC", text).translate(_SPELLINGS)
    return "".join(letter for letter in unicodedata.normalize("NFKD", spelled) if not unicodedata.combining(letter))


def nearest(word: str, words: Iterable[str], *, most: int = 3, cutoff: float = 0.6) -> list[str]:
    """Return up to `most` of the words that are spelled like this one, the best first.

    `cutoff` is the least similarity, from 0 to 1, as difflib measures it.
    """
    from difflib import get_close_matches  # slow to import, and only needed for errors

    if len(word) > MAX_SHOWN:  # comparing it would take too long
        return []
    return get_close_matches(word, sorted(words), n=most, cutoff=cutoff)


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """Return `did you mean 'work' or 'wok'?`, or an empty string if no word is similar."""
    near = nearest(word, words)
    return f"did you mean {' or '.join(repr(name) for name in near)}?" if near else ""


def shorten_list(names: Sequence[str], limit: int) -> str:
    """Join names, at most `limit` of them: `a, b, c and 2 more`."""
    rest = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + rest
