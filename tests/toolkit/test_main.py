"""`App.main`: the entry point of an author's program, and its fast path."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from arka_config import Credential, Origin, Secret, open_store
from arka_config.testing import Result, run_program
from tests.acme import app
from tests.toolkit import program

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "acme_0123456789abcdef"


@pytest.fixture(autouse=True)
def stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_HOME", str(tmp_path / "acme"))
    open_store(app).log_in("work", Credential(Secret(TOKEN), Origin.of("https://api.acme.example")))


def start(name: str, *words: str, **variables: str) -> Result:
    return run_program(getattr(program, name), words, environ={"TERM": "dumb", **variables})


def test_program_has_the_commands_of_app_and_author() -> None:
    assert start("main", "token").out == f"{TOKEN}\n"
    assert start("main", "-p", "work", "profiles", "list").code == 0
    assert start("main", "end", "7").code == 7
    failure = start("main", "end", "1")
    assert (failure.code, failure.err) == (1, "Error: the author's message\n")
    wrong = start("main", "logn")
    assert (wrong.code, wrong.err.splitlines()[-1]) == (2, "hint: acme --help")


def test_fast_path_does_not_import_the_author_s_program() -> None:
    code = (
        "import sys\nfrom tests.acme import app\nsys.argv[:1] = ['acme', 'token']\n"
        "try:\n    app.main('tests.toolkit.program:cli')()\n"
        "except SystemExit as ended:\n    print(ended.code, 'click' in sys.modules, 'pydantic' in sys.modules)\n"
    )
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    code = code.replace("from tests.acme import app", "from arka_config import App\napp = App('acme')")
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=False)
    assert done.stdout == f"{TOKEN}\n0 False False\n", done.stderr


def test_fast_path_leaves_the_author_s_own_command_alone() -> None:
    assert start("some", "prompt").out == "mine\n"
    assert start("some", "token").out == f"{TOKEN}\n"


def test_program_without_a_command_that_the_fast_path_has_is_an_error() -> None:
    done = start("mismatched", "--help")
    assert done.code == 1
    assert done.err.startswith("error: the program lacks these commands of App('acme'): exec, prompt, use\n")
    assert "name the app's commands in App(commands=…)" in done.err


def test_completion_offers_no_profiles_for_the_author_s_command() -> None:
    completion = {"_ACME_COMPLETE": "bash_complete", "COMP_WORDS": "acme use w", "COMP_CWORD": "2"}
    assert start("main", **completion).out == "plain,work\n"
    assert start("some", **completion).out == "\n"


def test_the_author_s_own_command_completes_an_attached_profile() -> None:
    completion = {"_ACME_COMPLETE": "zsh_complete", "COMP_WORDS": "acme greet -pw", "COMP_CWORD": "2"}
    assert start("main", **completion).out == "plain\n-pwork\n_\n"
    completion = {"_ACME_COMPLETE": "powershell_complete", "COMP_WORDS": "acme greet --profile=w", "COMP_CWORD": "2"}
    assert start("main", **completion).out == "plain\nwork\n_\n"


def test_typer_program_starts_the_same_way() -> None:
    assert start("typer_main", "token").out == f"{TOKEN}\n"
    assert start("typer_main", "profiles", "list").code == 0
    assert (start("typer_main", "hello").out, start("typer_main", "hello").code) == ("hello\n", 3)
    assert start("typer_main", "nosuch").code == 2
