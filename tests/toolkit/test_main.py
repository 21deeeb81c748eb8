"""`App.main`: the function that an author's program starts with, and what it answers without the author's own click."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from arka_config import Credential, Origin, Secret, open_store
from tests.acme import app

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "acme_0123456789abcdef"


@pytest.fixture(autouse=True)
def stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_HOME", str(tmp_path / "acme"))
    open_store(app).log_in("work", Credential(Secret(TOKEN), Origin.of("https://api.acme.example")))


def start(name: str, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    code = f"import sys; from tests.toolkit.program import {name}; sys.argv[:1] = ['acme']; {name}()"
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        env={**os.environ, "TERM": "dumb", **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_commands_of_the_app_and_of_the_author_are_one_program() -> None:
    assert start("main", "token").stdout == f"{TOKEN}\n"
    assert start("main", "-p", "work", "profiles", "list").returncode == 0
    assert start("main", "end", "7").returncode == 7
    shown = start("main", "end", "1")
    assert (shown.returncode, shown.stderr) == (1, "Error: as the author says it\n")
    wrong = start("main", "logn")
    assert (wrong.returncode, wrong.stderr.splitlines()[-1]) == (2, "hint: acme --help")


def test_what_is_asked_often_is_answered_before_the_author_s_click_is_imported() -> None:
    code = (
        "import sys\nfrom tests.acme import app\nsys.argv[:1] = ['acme', 'token']\n"
        "try:\n    app.main('tests.toolkit.program:cli')()\n"
        "except SystemExit as ended:\n    print(ended.code, 'click' in sys.modules, 'pydantic' in sys.modules)\n"
    )
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    code = code.replace("from tests.acme import app", "from arka_config import App\napp = App('acme')")
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=False)
    assert done.stdout == f"{TOKEN}\n0 False False\n", done.stderr


def test_a_command_that_is_the_author_s_own_is_not_answered_for_them() -> None:
    assert start("some", "prompt").stdout == "mine\n"
    assert start("some", "token").stdout == f"{TOKEN}\n"


def test_a_program_with_other_commands_than_main_was_told_of_says_so_at_once() -> None:
    done = start("untold", "--help")
    assert done.returncode == 1
    assert done.stderr.startswith("error: App('acme').main and the program have different commands: ")


def test_a_shell_is_not_told_profiles_for_a_command_of_the_author_s() -> None:
    asked = {"_ACME_COMPLETE": "bash_complete", "COMP_WORDS": "acme use w", "COMP_CWORD": "2"}
    assert start("main", **asked).stdout == "plain,work\n"
    assert start("some", **asked).stdout == "\n"


def test_a_typer_starts_in_the_same_way() -> None:
    assert start("by_typer", "token").stdout == f"{TOKEN}\n"
    assert start("by_typer", "profiles", "list").returncode == 0
    assert (start("by_typer", "hello").stdout, start("by_typer", "hello").returncode) == ("hello\n", 3)
    assert start("by_typer", "nosuch").returncode == 2
