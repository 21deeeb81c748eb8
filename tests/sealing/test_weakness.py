"""If a passphrase is very weak, that is said without repeating it. A strong one is accepted silently."""

from __future__ import annotations

import pytest

from arka_config.sealing.unlockers.weakness import weakness


@pytest.mark.parametrize(
    ("passphrase", "reason"),
    [
        ("", "fewer than 12 characters"),
        ("x7#Kq9!", "fewer than 12 characters"),
        ("password1234", "one of the first"),
        ("Passphrase2026!", "one of the first"),
        ("qwerty qwerty", "one of the first"),
        ("123456789012", "only digits"),
        ("aaaaaaaaaaaa", "repeats"),
        ("xkcdqzxkcdqz", "repeats"),
        ("hippopotamus", "a single word"),
        ("Donaudampfschiff", "a single word"),
        ("hippopotamus1", "a single word"),
        ("purple hippopotamus", "fewer than 4 words"),
        ("the purple cat", "fewer than 4 words"),
    ],
)
def test_weak_passphrase_is_named_without_repeating_it(passphrase: str, reason: str) -> None:
    text = weakness(passphrase)
    assert reason in text
    assert not passphrase or passphrase.lower() not in text


@pytest.mark.parametrize(
    "passphrase",
    [
        "correct horse battery staple",
        "CorrectHorse-BatteryStaple-Violin",
        "ozean-fenster-kaktus-wolke",
        "k7#Vq9!mZ2pX",
        "7f3a9c0e5b1d8642",
        "9284 7710 3365 0192 7743 8610",
        "vgqkzlmrtpxwbnfhdsjcyaeu",
        "日本語のとても長い合言葉です",
    ],
)
def test_strong_passphrase_is_not_named(passphrase: str) -> None:
    assert weakness(passphrase) == ""
