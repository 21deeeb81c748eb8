"""Finding tokens in a text."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arka_config import App
from arka_config.arka import app
from arka_config.scanning.tokens import TokenPattern, fingerprint, rule_for_gitleaks

TOKEN = "arka_aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3fG5h"
PATTERN = TokenPattern(app)
NO_TOKEN = st.text(st.characters(codec="utf-8", exclude_characters="_"), max_size=40)


def positions(text: str) -> list[tuple[str, int, int]]:
    return [(match.token, match.line, match.column) for match in PATTERN.find(text.encode())]


@given(before=NO_TOKEN, after=NO_TOKEN)
def test_find_returns_the_line_and_column_in_characters(before: str, after: str) -> None:
    text = f"{before} {TOKEN} {after}"
    last_line = text[: text.index(TOKEN)].rsplit("\n", maxsplit=1)[-1]
    assert positions(text) == [(TOKEN, before.count("\n") + 1, len(last_line) + 1)]


@given(st.lists(NO_TOKEN, min_size=1, max_size=5))
def test_find_returns_every_token(texts: list[str]) -> None:
    text = f" {TOKEN} ".join(texts)
    assert [token for token, _, _ in positions(text)] == [TOKEN] * (len(texts) - 1)


@pytest.mark.parametrize(
    "text", [f'"{TOKEN}"', f"KEY={TOKEN}", f"https://x:{TOKEN}@host", f"{TOKEN}\0", f"é{TOKEN}.", f"arka_{TOKEN}"[5:]]
)
def test_find_finds_a_token_within_other_text(text: str) -> None:
    assert [token for token, _, _ in positions(text)] == [TOKEN]


@pytest.mark.parametrize("text", [f"x{TOKEN}", f"{TOKEN}x", TOKEN[:-1], f"{TOKEN}_", "arka_" + "x" * 37, "ARKA_TOKEN"])
def test_find_finds_nothing_that_is_not_a_whole_token(text: str) -> None:
    assert positions(text) == []


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_find_reads_utf_16_with_a_byte_order_mark(encoding: str) -> None:
    text = ("" if encoding == "utf-16" else "\ufeff") + f"first\n{TOKEN}\n"
    assert [match.line for match in PATTERN.find(text.encode(encoding))] == [2]


def test_marker_allows_the_tokens_of_its_line_only() -> None:
    text = f"{TOKEN} # arka:allow\n{TOKEN}\n# arka:allow {TOKEN}"
    assert [match.is_marked for match in PATTERN.find(text.encode())] == [True, False, True]


def test_repr_of_a_found_token_does_not_contain_it() -> None:
    (match,) = PATTERN.find(TOKEN.encode())
    assert repr(match) == "Match(1:1)"
    assert match.fingerprint == fingerprint(TOKEN)
    assert len(match.fingerprint) == 16


def test_token_of_any_length_is_found_if_the_app_declares_none() -> None:
    pattern = TokenPattern(App("acme", token_prefix="ac.me_"))
    assert [match.token for match in pattern.find(b"ac.me_a1b2c3d4e5 acxme_a1b2c3d4e5")] == ["ac.me_a1b2c3d4e5"]


def test_gitleaks_rule_finds_what_scan_finds() -> None:
    import tomllib

    (rule,) = tomllib.loads(rule_for_gitleaks(app))["rules"]
    for text in (f'"{TOKEN}"', TOKEN, f"x{TOKEN}", f"{TOKEN}x", f"é {TOKEN}\n"):
        found = [match[rule["secretGroup"]] for match in re.finditer(rule["regex"], text, re.ASCII)]
        assert found == [token for token, _, _ in positions(text)], json.dumps(text)
