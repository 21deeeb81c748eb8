"""If sealing is on and a token file is plain, every command that touches it reports it in one line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.program import OTHER, TOKEN, arka

ARKA = str(Path(sys.executable).with_name("arka"))
PLANTED = json.dumps({"version": 1, "token": OTHER, "origin": "https://arka-ai.com"})


@pytest.fixture
def plain_file(two_profiles: Path) -> Path:
    """The token file of profile `work`: it is plain, although sealing is on."""
    assert arka("vault", "enable").code == 0
    file = two_profiles / "data" / "tokens" / "work.json"
    file.write_text(PLANTED)
    return file


@pytest.mark.parametrize(
    "line",
    [
        "token",
        "token --json",
        "env --with-token",
        "status --offline",
        "config show",
        "profiles list",
        "profiles show work",
        "profiles copy work other --with-token",
        "profiles rename work other",
        "profiles remove work --yes",
        "logout",
        "export dotenv -o .env",
        "login --with-token --no-verify --force",
    ],
)
def test_every_command_that_touches_the_file_reports_it_in_one_line(plain_file: Path, line: str) -> None:
    done = arka(*line.split(), stdin=TOKEN)
    assert done.code == 0, done.err
    reports = [text for text in done.err.splitlines() if "in plain text, although sealing is on" in text]
    assert len(reports) == 1, done.err
    assert "work.json" in reports[0].replace("\\", "/")
    assert reports[0].startswith("warning: ")
    assert reports[0].endswith("then seal it: arka doctor --fix")


def test_exec_and_token_report_it_on_the_fast_path(plain_file: Path) -> None:
    for words in (["token"], ["exec", "--", "true"]):
        done = subprocess.run([ARKA, *words], capture_output=True, encoding="utf-8", check=True)
        assert done.stderr.count("\n") == 1
        assert done.stderr.startswith(f"warning: {plain_file} is in plain text, although sealing is on")


def test_vault_status_and_doctor_report_it(plain_file: Path) -> None:
    assert "1 token in plain text, although sealing is on" in arka("vault", "status").err
    done = arka("doctor")
    assert "is in plain text, although sealing is on" in done.out
    assert "in plain text" not in done.err, "only once"


def test_doctor_fix_seals_a_plain_token(plain_file: Path) -> None:
    assert arka("doctor", "--fix").code == 0
    assert json.loads(plain_file.read_text())["storage"] == "sealed"
    assert arka("token").err == ""
