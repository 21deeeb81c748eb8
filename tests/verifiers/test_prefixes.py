"""If an app's tokens have several prefixes: the format, masks, errors, `scan` and `doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from arka_config import App, Secret
from arka_config.doctor.token_scan import scan_file
from arka_config.errors import InvalidToken
from arka_config.exchange import legacy
from arka_config.scanning.tokens import TokenPattern, rule_for_gitleaks
from arka_config.secret import mask

if TYPE_CHECKING:
    from pathlib import Path

APP = App("octo", token_prefix=("gh_", "ghp_", "github_pat_"), token_length={"ghp_": 40, "github_pat_": 93})
GH, GHP, PAT = "gh_" + "q1W2e3R4t5Y6" * 3, "ghp_" + "a1B2c3D4e" * 4, "github_pat_" + "Z9y8X7w6V5_" * 7 + "abcde"
TOKENS = [GH, GHP, PAT]


@pytest.mark.parametrize("token", TOKENS)
def test_token_with_each_prefix_is_accepted_in_its_own_length(token: str) -> None:
    APP.check_token(Secret(token))
    assert APP.prefix_of(token) == token[: token.index("_", 7 if token is PAT else 0) + 1]
    if token is not GH:
        assert "characters and not" in APP.token_fault(token[:-1])


def test_text_with_no_prefix_is_refused_by_all_of_them() -> None:
    with pytest.raises(InvalidToken, match="it does not start with gh_ or ghp_ or github_pat_"):
        APP.check_token(Secret("gho_" + "a" * 36))


@pytest.mark.parametrize("token", TOKENS)
def test_every_prefix_is_masked_in_errors(token: str) -> None:
    masked = f"{APP.prefix_of(token)}…{token[-4:]}"
    assert APP.mask(token) == mask(token, APP.token_prefixes) == masked
    assert APP.redact(f"KEY={token}; other text") == f"KEY={masked}; other text"


def test_longest_prefix_wins_if_one_begins_another() -> None:
    assert App("x", token_prefix=("a_", "a_b_")).prefix_of("a_b_c") == "a_b_"


def test_scan_finds_every_prefix() -> None:
    text = f"first {PAT}\n{GHP} and {GH}\ngho_{'x1Y2z3A4b5' * 3}\n"
    found = [(each.token, each.line) for each in TokenPattern(APP).find(text.encode())]
    assert found == [(PAT, 1), (GHP, 2), (GH, 2)]


def test_scan_takes_no_other_token_for_one_with_a_shorter_prefix() -> None:
    assert [each.token for each in TokenPattern(APP).find(f"x{GHP} {GHP}y".encode())] == []


def test_doctor_and_the_gitleaks_rule_know_every_prefix(tmp_path: Path) -> None:
    (tmp_path / ".bashrc").write_text("\n".join(TOKENS))
    assert [each.tokens for each in scan_file(str(tmp_path / ".bashrc"), APP)] == [(token,) for token in TOKENS]
    assert all(prefix in rule_for_gitleaks(APP) for prefix in APP.token_prefixes)


@pytest.mark.parametrize("token", TOKENS)
def test_older_cli_s_file_is_searched_for_every_prefix(token: str) -> None:
    assert legacy.token_key({"account": {"key": token}}, APP.token_prefixes) == "account.key"  # type: ignore[arg-type]
