"""If a command with `--json` fails, it prints one JSON object too."""

from __future__ import annotations

import json

import pytest

from tests.cli.program import TOKEN, arka

LINES = [
    ("token -p nosuch", 1),
    ("token --for https://evil.example", 1),
    ("status -p nosuch", 1),
    ("profiles show nosuch", 1),
    ("profiles set work timeout", 2),
    ("profiles remove work", 2),
    ("config get nosuch", 2),
    ("login", 2),
    ("rotate -p nosuch", 1),
    ("plan nosuch", 2),
    ("seal --to nothing", 1),
    ("use nosuch", 1),
    ("vault rekey", 1),
    ("import legacy", 4),
    ("env -p nosuch", 1),
    ("--no-such-option token", 2),
    ("token --no-such-option", 2),
    ("profiles nosuch", 2),
    ("nosuch", 2),
    ("token -p work -p ci", 2),
]


@pytest.mark.parametrize(("line", "code"), LINES)
@pytest.mark.usefixtures("two_profiles")
def test_a_failed_command_prints_its_error_as_json(line: str, code: int) -> None:
    done = arka(*line.split(), "--json")
    assert done.code == code
    error = done.json["error"]
    assert error["exit_code"] == code
    assert f"error: {error['lines'][0]}" in done.err
    assert f"hint: {error['hint']}" in done.err or error["hint"] is None


@pytest.mark.parametrize(("line", "code"), LINES)
@pytest.mark.usefixtures("two_profiles")
def test_a_failed_command_prints_nothing_on_stdout_without_json(line: str, code: int) -> None:
    if not line.startswith("status"):  # which shows what is known
        done = arka(*line.split())
        assert (done.code, done.out) == (code, "")


@pytest.mark.usefixtures("two_profiles")
def test_the_words_of_a_child_are_not_options() -> None:
    done = arka("exec", "--", "no-such-program", "--json")
    assert (done.code, done.out) == (127, "")


@pytest.mark.usefixtures("two_profiles")
def test_an_error_in_json_contains_no_token() -> None:
    done = arka("config", "get", TOKEN, "--json")
    assert "arka_…9f3c" in done.json["error"]["message"]
    assert TOKEN not in done.out + done.err


def test_byte_that_is_not_utf_8_is_a_replacement_character_in_json() -> None:
    done = arka("\udcff", "--json")
    assert json.loads(done.out)["error"]["message"] == "no such command '\ufffd'"
