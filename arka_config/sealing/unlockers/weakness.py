"""Warn of a passphrase that can soon be guessed by someone with a copy of the vault. The rule is rough: a passphrase
that it accepts need not be strong, because what people choose has far less entropy than random characters. One guess
costs about a tenth of a second (`docs/explanation/security-model.md`).
"""

from __future__ import annotations

import math
import re

_SHORTEST = 12  # characters
_LEAST_BITS = 50.0
_BITS_PER_WORD = 12.9  # of a word that was chosen at random from a list of 7776
_FEWEST_WORDS = 4
_LAST_OF_LATIN = "\u024f"

# From the tops of lists of leaked passwords, without the digits and punctuation around them.
_LEAKED = """
    password passwort passphrase passwd pass letmein welcome qwerty qwertz qwertyuiop azerty asdf asdfghjkl zxcvbnm abc
    abcdef iloveyou admin administrator root login master dragon monkey football baseball sunshine princess shadow
    superman batman trustno secret topsecret changeme default test testtest hello hunter arka
"""
_COMMON = frozenset(_LEAKED.split())


def weakness(passphrase: str) -> str:
    """Return why a passphrase is weak, without repeating any of it; an empty string if nothing says so."""
    text = passphrase.strip().lower()
    letters = re.sub(r"[\W\d_]+", "", text)
    words = [word.lower() for word in re.findall(r"[A-Z]?[^\W\d_A-Z]{2,}|[A-Z]{3,}", passphrase)]
    if len(text) < _SHORTEST:
        return f"it has fewer than {_SHORTEST} characters"
    if letters in _COMMON or (words and all(word in _COMMON for word in words)):
        return "it is one of the first that an attacker tries"
    if not letters:
        return "it has only digits and punctuation" if _bits(text) < 2 * _LEAST_BITS else ""
    if len(set(text)) < 6 or _is_repeated(text):
        return "it repeats the same characters"
    if max(text) > _LAST_OF_LATIN:
        return ""  # nothing is known of words in other scripts
    if letters == text:
        return "it is a single word" if len(text) < 2 * _SHORTEST else ""
    if len(words) < _FEWEST_WORDS and sum(map(len, words)) > 0.8 * len(text):
        return f"it has fewer than {_FEWEST_WORDS} words" if len(words) > 1 else "it is a single word"
    if _bits(passphrase) < _LEAST_BITS and len(words) * _BITS_PER_WORD < _LEAST_BITS:
        return "it is easy to guess"
    return ""


def _is_repeated(text: str) -> bool:
    """Whether it is a shorter text several times, such as `abcabcabcabc`."""
    return text in (text + text)[1:-1]


def _bits(text: str) -> float:
    """The entropy if each character were chosen at random from the kinds of characters that occur."""
    pools = ((r"[a-z]", 26), (r"[A-Z]", 26), (r"\d", 10), (r"[^a-zA-Z\d]", 33))
    return len(text) * math.log2(sum(size for pattern, size in pools if re.search(pattern, text)))
