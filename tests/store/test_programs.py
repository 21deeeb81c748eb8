"""Which file runs for a program's name: never one of the working directory."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from arka_config.arka import app
from arka_config.cli.runtime.completion_places import _output_of
from arka_config.cli.runtime.session import Session
from arka_config.scanning.git import Repository
from arka_config.store import programs
from arka_config.store.programs import ProgramError, find_program, read_output
from arka_config.store.system import Windows

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = ("tool", "git", "zsh")
RELATIVE = ["", ".", "bin", "./bin"]


def write_programs(folder: Path, said: str) -> None:
    folder.mkdir(exist_ok=True)
    for name in NAMES:
        (folder / name).write_text(f"#!/bin/sh\necho {said}\n")
        (folder / name).chmod(0o755)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with programs in it and in its folder `bin`."""
    folder = tmp_path / "repository"
    for each in (folder, folder / "bin"):
        write_programs(each, "hijacked")
    monkeypatch.chdir(folder)
    return folder


def run_helper(environ: dict[str, str]) -> str | None:
    try:
        return read_output(["tool"], app, environ, "helper 'tool'").strip()
    except ProgramError:
        return None


def run_shell(environ: dict[str, str]) -> str | None:
    return (_output_of(Session(app, environ), "zsh") or "").strip() or None


def run_browser(environ: dict[str, str]) -> str | None:
    """Return the output of the first program that `webbrowser` looks for."""
    said: list[str | None] = []

    def open_page(_: str) -> bool:
        program = shutil.which("tool")
        said.append(program and subprocess.run([program], capture_output=True, text=True, check=True).stdout.strip())
        return True

    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**environ, "BROWSER": "tool"}.items():
            patch.setenv(name, value)
        patch.setattr("webbrowser.open", open_page)
        assert Session(app, os.environ).open_page("https://arka-ai.com")
        assert os.environ["PATH"] == environ["PATH"]
    return said[0]


STARTED: list[Callable[[dict[str, str]], str | None]] = [
    run_helper,
    run_shell,
    run_browser,
    lambda environ: Repository(".", environ).root(),
]


@pytest.mark.parametrize("started", STARTED, ids=["helper", "shell", "browser", "git"])
@pytest.mark.parametrize("entry", RELATIVE)
def test_no_program_of_the_working_directory_is_run(
    entry: str, started: Callable[[dict[str, str]], str | None], repository: Path, home: Path
) -> None:
    right = repository.parent / "right"
    environ = {"ARKA_HOME": str(home), "PATH": entry}
    assert started(environ) is None
    write_programs(right, "right")
    assert started(environ | {"PATH": f"{entry}:{right}"}) == "right"


def test_path_of_a_program_is_that_program(repository: Path) -> None:
    assert find_program("./tool", {"PATH": "/bin"}) == "./tool"
    assert find_program(str(repository / "tool"), {}) == str(repository / "tool")


def test_windows_searches_only_the_folders_of_path(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right = repository.parent / "right"
    right.mkdir()
    for folder in (repository, right):
        (folder / "op.CMD").write_text("")
        (folder / "op.CMD").chmod(0o755)
    monkeypatch.setenv("PATHEXT", os.pathsep.join([".EXE", ".CMD"]))
    monkeypatch.setattr(programs, "SYSTEM", Windows())
    assert find_program("op", {"PATH": f".{os.pathsep}{right}"}) == str(right / "op.CMD")
    assert find_program("op.cmd", {"PATH": "."}) is None
