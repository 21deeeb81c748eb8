"""`--debug`: each step is logged to stderr."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from arka_config import debug
from tests.cli.program import OTHER, TOKEN, arka

if TYPE_CHECKING:
    from pathlib import Path

    from tests.workspace.fake import FakeWorkspace


def find_steps(text: str) -> list[str]:
    """Return the steps that stderr logs."""
    return [line.removeprefix("debug: ") for line in text.splitlines() if line.startswith("debug: ")]


@pytest.mark.parametrize("words", [["--debug", "token"], ["token", "--debug"]])
def test_debug_logs_the_effective_token_and_its_source(two_profiles: Path, words: list[str]) -> None:
    done = arka(*words)
    steps = find_steps(done.err)
    assert (done.code, done.out) == (0, f"{TOKEN}\n")
    assert steps[0].startswith("arka-config ")
    assert f"profile 'work' is the effective one, from {two_profiles}/state/active" in steps
    path = two_profiles / "data" / "tokens" / "work.json"
    assert f"the token is from {path}; it is for https://arka-ai.com, from {path}: origin" in steps
    assert steps[-1] == "ended with exit code 0"


@pytest.mark.parametrize("value", ["1", "true", "yes", "on"])
def test_debug_variable_has_the_effect_of_the_option(two_profiles: Path, value: str) -> None:
    assert arka("token", environ={"ARKA_DEBUG": value}).err == arka("token", "--debug").err


@pytest.mark.parametrize("value", ["", "0", "false", "no", "No"])
def test_debug_variable_that_is_off_logs_nothing(two_profiles: Path, value: str) -> None:
    assert arka("token", environ={"ARKA_DEBUG": value}).err == ""


def test_debug_of_one_run_does_not_affect_the_next(two_profiles: Path) -> None:
    assert find_steps(arka("token", "--debug").err)
    assert arka("token").err == ""
    assert debug.listener is None


def test_debug_logs_writes_and_missing_files(two_profiles: Path) -> None:
    done = arka("login", "-p", "new", "--with-token", "--no-verify", "--debug", stdin=OTHER)
    assert f"{two_profiles}/config/profiles/new.toml does not exist" in find_steps(done.err)
    assert f"wrote {two_profiles}/data/tokens/new.json" in find_steps(done.err)
    assert OTHER not in done.err
    assert f"removed {two_profiles}/data/tokens/new.json" in find_steps(arka("logout", "-p", "new", "--debug").err)


def test_debug_logs_an_error_once_and_its_exit_code_last(two_profiles: Path) -> None:
    done = arka("token", "-p", "wrok", "--debug")
    assert done.err.count("error: ") == 1
    assert find_steps(done.err)[-1] == "ended with exit code 1"


def test_debug_logs_each_request_with_its_result(two_profiles: Path, fake: FakeWorkspace) -> None:
    fake.add(OTHER)
    line = ["login", "-p", "new", "--with-token", "--verify", "--api-url", fake.url, "--debug"]
    done = arka(*line, stdin=OTHER)
    assert done.code == 0, done.err
    assert any(step.startswith(f"GET {fake.url}/api/v1/me: 200, after ") for step in find_steps(done.err))
    assert OTHER not in done.err


def test_debug_logs_the_helper_that_ran(two_profiles: Path) -> None:
    (two_profiles / "config").mkdir(exist_ok=True)
    (two_profiles / "config" / "config.toml").write_text('[helpers]\npass = ["printf", "%s", "' + OTHER + '"]\n')
    assert arka("profiles", "create", "helped", "token.helper=pass").code == 0
    done = arka("token", "-p", "helped", "--debug")
    assert done.out == f"{OTHER}\n", done.err
    assert "helper 'pass' ended with exit code 0" in find_steps(done.err)
    assert OTHER not in done.err


def test_debug_logs_the_unlocker_that_opened_the_vault(two_profiles: Path) -> None:
    assert arka("vault", "enable").code == 0
    done = arka("token", "-p", "work", "--debug")
    assert done.out == f"{TOKEN}\n"
    assert f"{two_profiles}/data/data-key.json was opened by key-file" in find_steps(done.err)


def test_json_output_stays_one_object_with_debug(two_profiles: Path) -> None:
    done = arka("profiles", "list", "--json", "--debug")
    assert done.json["profiles"]
    assert find_steps(done.err)
