"""`env`: lines that select a profile, and nothing else. What shells make of them is tested in test_shells.py."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.program import OTHER, TOKEN, arka

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ("bash", "export ARKA_PROFILE='ci'\n"),
        ("zsh", "export ARKA_PROFILE='ci'\n"),
        ("fish", "set -gx ARKA_PROFILE 'ci'\n"),
        ("powershell", "$env:ARKA_PROFILE = 'ci'\n"),
    ],
)
@pytest.mark.usefixtures("two")
def test_each_shell_has_its_line(shell: str, line: str) -> None:
    assert arka("env", "-p", "ci", "--shell", shell) == (0, line, "")


@pytest.mark.usefixtures("two")
def test_another_shell_is_refused_with_those_that_are_known() -> None:
    done = arka("env", "--shell", "tcsh")
    assert (done.code, done.out) == (2, "")
    assert "bash" in done.err
    assert "powershell" in done.err


@pytest.mark.usefixtures("two")
def test_json_has_the_variables_whatever_the_shell() -> None:
    assert arka("env", "--json").json == {"variables": {"ARKA_PROFILE": "work"}}
    assert arka("env", "--json", "-p", "ci", "--with-token", "--shell", "fish").json == {
        "variables": {"ARKA_PROFILE": "ci", "ARKA_API_KEY": OTHER, "ARKA_API_URL": "https://arka-ai.com"}
    }


@pytest.mark.usefixtures("two")
def test_the_token_goes_with_its_own_url() -> None:
    done = arka("env", "--with-token", "--shell", "bash", environ={"ARKA_API_KEY": OTHER})
    assert done.out.splitlines() == [
        "export ARKA_PROFILE='work'",
        f"export ARKA_API_KEY='{OTHER}'",
        "export ARKA_API_URL='https://arka-ai.com'",
    ]
    assert "using the token in ARKA_API_KEY" in done.err


@pytest.mark.usefixtures("two")
def test_an_exported_token_that_goes_on_winning_is_spoken_of() -> None:
    done = arka("env", "--shell", "bash", environ={"ARKA_API_KEY": OTHER})
    assert done.out == "export ARKA_PROFILE='work'\n"
    assert "using the token in ARKA_API_KEY; that of profile 'work' is not used" in done.err


@pytest.mark.usefixtures("home")
def test_without_a_profile_there_is_none_to_select() -> None:
    done = arka("env")
    assert (done.code, done.out, "hint: arka env --profile NAME" in done.err) == (1, "", True)
    done = arka("env", "--with-token", "--shell", "bash", environ={"ARKA_API_KEY": TOKEN})
    assert done.out.splitlines()[0] == f"export ARKA_API_KEY='{TOKEN}'"


@pytest.mark.usefixtures("two")
def test_nothing_is_printed_where_the_token_is_missing() -> None:
    arka("profiles", "create", "bare")
    for options in (["--with-token"], ["--with-token", "--json"], ["--with-token", "--github"]):
        done = arka("env", "-p", "bare", *options, environ={"GITHUB_ENV": "/dev/null"})
        assert (done.code, done.out) == (4, "")


def test_github_gets_the_profile_and_the_mask_even_without_the_token(two: Path, tmp_path: Path) -> None:
    file = tmp_path / "github-env"
    done = arka("env", "--github", environ={"GITHUB_ENV": str(file)})
    assert (done.code, done.out) == (0, f"::add-mask::{TOKEN}\n")
    assert "--with-token adds it" in done.err
    assert "ARKA_PROFILE<<" in file.read_text()
    assert TOKEN not in file.read_text()


@pytest.mark.parametrize("path", ["", "/proc/nothing/here"])
@pytest.mark.usefixtures("two")
def test_without_a_file_to_write_to_this_is_no_job(path: str) -> None:
    done = arka("env", "--github", environ={"GITHUB_ENV": path})
    assert done.code == 1
    assert path in done.err


@pytest.mark.usefixtures("two")
def test_github_and_a_shell_are_two_places() -> None:
    assert arka("env", "--github", "--shell", "bash", environ={"GITHUB_ENV": "/dev/null"}).code == 2


def test_a_full_disk_leaves_no_half_of_a_variable(two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = two.parent / "github"
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
