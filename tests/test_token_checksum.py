"""The checksum of tokens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arka_config import App, InvalidToken, Secret, token_checksum
from arka_config.arka import app

LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
STRICT = App("acme", token_prefix="acme_", token_length=42, token_checksum="required")
BODIES = st.text(LETTERS, min_size=31, max_size=31)


def test_checksum_is_that_of_github() -> None:
    # A revoked token that GitHub published as an example of its format.
    assert token_checksum.is_valid("ghp_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ" + "0mLq17", "ghp_")
    assert token_checksum.compute("") == "000000"


@given(BODIES, st.integers(0, 36), st.sampled_from(LETTERS))
def test_one_wrong_character_is_detected(body: str, at: int, letter: str) -> None:
    token = f"acme_{body}{token_checksum.compute(body)}"
    assert token_checksum.is_valid(token, "acme_")
    typed = token[: 5 + at] + letter + token[6 + at :]
    assert token_checksum.is_valid(typed, "acme_") == (typed == token)


@given(BODIES, st.integers(0, 35))
def test_swapped_neighbours_are_detected(body: str, at: int) -> None:
    token = f"acme_{body}{token_checksum.compute(body)}"
    typed = token[: 5 + at] + token[6 + at] + token[5 + at] + token[7 + at :]
    assert token_checksum.is_valid(typed, "acme_") == (typed == token)


@pytest.mark.parametrize("text", ["", "acme_", "acme_000000", "acme_0000000"])
def test_short_text_has_no_checksum(text: str) -> None:
    assert not token_checksum.is_valid(text, "acme_")


def test_required_checksum_is_a_part_of_the_format() -> None:
    body = "b" * 31
    STRICT.check_token(Secret(f"acme_{body}{token_checksum.compute(body)}"))
    with pytest.raises(InvalidToken, match="its last 6 characters, a checksum, do not match the rest"):
        STRICT.check_token(Secret(f"acme_{body}000000"))


def test_token_without_an_optional_checksum_keeps_working() -> None:
    app.check_token(Secret("arka_" + "b" * 37))
