"""`env`: the lines that select a profile. test_shells.py evaluates them in real shells."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import arka_config
from arka_config.exchange import variables as formats
from arka_config.references.registry import kinds
from tests.cli.github_runner import masked_values, parse_github_env
from tests.cli.program import OTHER, TOKEN, arka


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ("bash", "export ARKA_PROFILE='ci'\n"),
        ("zsh", "export ARKA_PROFILE='ci'\n"),
        ("fish", "set -gx ARKA_PROFILE 'ci'\n"),
        ("powershell", "$env:ARKA_PROFILE = 'ci'\n"),
    ],
)
@pytest.mark.usefixtures("two_profiles")
def test_env_prints_the_line_of_each_shell(shell: str, line: str) -> None:
    assert arka("env", "-p", "ci", "--shell", shell) == (0, line, "")


@pytest.mark.usefixtures("two_profiles")
def test_env_rejects_an_unknown_shell_and_lists_the_known_ones() -> None:
    done = arka("env", "--shell", "tcsh")
    assert (done.code, done.out) == (2, "")
    assert "bash" in done.err
    assert "powershell" in done.err


@pytest.mark.usefixtures("two_profiles")
def test_env_json_has_the_variables_for_any_shell() -> None:
    assert arka("env", "--json").json == {"variables": {"ARKA_PROFILE": "work"}}
    assert arka("env", "--json", "-p", "ci", "--with-token", "--shell", "fish").json == {
        "variables": {"ARKA_PROFILE": "ci", "ARKA_API_KEY": OTHER, "ARKA_API_URL": "https://arka-ai.com"}
    }


@pytest.mark.usefixtures("two_profiles")
def test_env_with_token_exports_the_token_s_own_url() -> None:
    done = arka("env", "--with-token", "--shell", "bash", environ={"ARKA_API_KEY": OTHER})
    assert done.out.splitlines() == [
        "export ARKA_PROFILE='work'",
        f"export ARKA_API_KEY='{OTHER}'",
        "export ARKA_API_URL='https://arka-ai.com'",
    ]
    assert "using the token in ARKA_API_KEY" in done.err


@pytest.mark.usefixtures("two_profiles")
def test_env_notes_an_exported_token_that_still_wins() -> None:
    done = arka("env", "--shell", "bash", environ={"ARKA_API_KEY": OTHER})
    assert done.out == "export ARKA_PROFILE='work'\n"
    assert "using the token in ARKA_API_KEY; that of profile 'work' is not used" in done.err


@pytest.mark.usefixtures("home")
def test_env_fails_without_a_profile() -> None:
    done = arka("env")
    assert (done.code, done.out, "hint: arka env --profile NAME" in done.err) == (1, "", True)
    done = arka("env", "--with-token", "--shell", "bash", environ={"ARKA_API_KEY": TOKEN})
    assert done.out.splitlines()[0] == f"export ARKA_API_KEY='{TOKEN}'"


@pytest.mark.usefixtures("two_profiles")
def test_env_with_token_prints_nothing_if_the_token_is_missing() -> None:
    arka("profiles", "create", "bare")
    for options in (["--with-token"], ["--with-token", "--json"], ["--with-token", "--github"]):
        done = arka("env", "-p", "bare", *options, environ={"GITHUB_ENV": "/dev/null"})
        assert (done.code, "export" in done.out) == (4, False)
        assert done.json.keys() == {"error"} if "--json" in options else done.out == ""


def write_helper(home: Path) -> None:
    """Configure a helper that prints another token each time it runs."""
    program = home.parent / "helper"
    program.write_text(f'#!/bin/sh\necho >> "$0.runs"\nprintf "{TOKEN[:-2]}%02d" "$(wc -l < "$0.runs")"\n')
    program.chmod(0o700)
    (home / "config").mkdir(parents=True, exist_ok=True)
    (home / "config" / "config.toml").write_text(f'[helpers]\nop = ["{program}"]\n')


# The sources of a token: assignments for a profile with a reference, further arguments, and variables.
SOURCES: dict[str, tuple[list[str], list[str], dict[str, str]]] = {
    "stored": ([], [], {}),
    "env": (["token.env=WORK_TOKEN"], [], {"WORK_TOKEN": OTHER}),
    "file": (["token.file={folder}/token"], [], {}),
    "helper": (["token.helper=op"], [], {}),
    "variable": ([], [], {"ARKA_API_KEY": OTHER}),
    "option": ([], ["--api-key", OTHER], {}),
}


def test_every_kind_of_token_reference_is_a_source_here() -> None:
    assert set(kinds()) <= set(SOURCES)


@pytest.mark.parametrize("source", SOURCES)
def test_env_github_masks_exactly_the_value_that_it_writes(two_profiles: Path, tmp_path: Path, source: str) -> None:
    reference, words, environ = SOURCES[source]
    write_helper(two_profiles)
    (tmp_path / "token").write_text(OTHER)
    (tmp_path / "token").chmod(0o600)
    if reference:
        arka("profiles", "create", "other", *(word.format(folder=tmp_path) for word in reference))
        arka("use", "other")
    file = tmp_path / "github-env"
    done = arka(*words, "env", "--github", "--with-token", environ={"GITHUB_ENV": str(file), **environ})
    assert done.code == 0, done.err
    written = parse_github_env(file.read_text())["ARKA_API_KEY"]
    assert written.startswith("arka_")
    assert masked_values(done.out) == [written]

    failed = arka(*words, "env", "--github", "--with-token", environ={"GITHUB_ENV": "/proc/nothing", **environ})
    assert (failed.code, len(masked_values(failed.out))) == (1, 1), "masked before it is written"


def test_env_github_writes_nothing_if_the_mask_cannot_be_printed(two_profiles: Path, tmp_path: Path) -> None:
    file = tmp_path / "github-env"
    read_end, write_end = os.pipe()
    os.close(read_end)
    done = subprocess.run(
        [sys.executable, "-m", "arka_config", "env", "--github", "--with-token"],
        env={**os.environ, "GITHUB_ENV": str(file), "PYTHONPATH": str(Path(arka_config.__file__).parents[1])},
        stdout=write_end,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        check=False,
    )
    os.close(write_end)
    assert (done.returncode, file.exists()) == (1, False)
    assert "the token cannot be masked" in done.stderr


def test_github_mask_encodes_what_would_end_or_change_the_command() -> None:
    secret = "100%25\r\n50%0Aend"
    line = formats.github_mask(secret)
    assert "\n" not in line
    assert masked_values(line) == [secret]


def test_env_github_masks_a_stored_token_even_if_it_is_not_included(two_profiles: Path, tmp_path: Path) -> None:
    file = tmp_path / "github-env"
    done = arka("env", "--github", environ={"GITHUB_ENV": str(file)})
    assert (done.code, masked_values(done.out)) == (0, [TOKEN])
    assert "--with-token adds it" in done.err
    assert "ARKA_PROFILE<<" in file.read_text()
    assert TOKEN not in file.read_text()


@pytest.mark.parametrize("path", ["", "/proc/nothing/here"])
@pytest.mark.usefixtures("two_profiles")
def test_env_github_fails_without_github_env(path: str) -> None:
    done = arka("env", "--github", environ={"GITHUB_ENV": path})
    assert done.code == 1
    assert path in done.err


@pytest.mark.usefixtures("two_profiles")
def test_env_rejects_github_with_shell() -> None:
    assert arka("env", "--github", "--shell", "bash", environ={"GITHUB_ENV": "/dev/null"}).code == 2


def test_env_github_writes_no_partial_variable_to_a_full_disk(
    two_profiles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = two_profiles.parent / "github"
    file.write_text("KEPT=1\n")
    monkeypatch.setenv("GITHUB_ENV", str(file))
    write = os.write

    def until_full(descriptor: int, content: Any) -> int:
        if len(content) < 40:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(descriptor, content[:30])

    monkeypatch.setattr(os, "write", until_full)
    done = arka("env", "--github")
    assert (done.code, file.read_text()) == (1, "KEPT=1\n")
    assert f"cannot write {file}: no space left on device" in done.err
