"""A complete program in one short module."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """\
import click
from pydantic import HttpUrl
from arka_config import App, ProfileSettings, Token

app = App("acme", settings="acme.settings:Settings")   # cheap to import

class Settings(ProfileSettings, app=app):
    token: Token
    api_url: HttpUrl = "https://api.acme.dev"
    timeout: float = 30

@click.group()
@app.profile_option
def cli(): ...
app.add_commands(cli)            # login, logout, token, use, profiles, config, …

@cli.command()
@app.pass_settings               # loaded when the command runs, never at import
def whoami(settings: Settings):
    print(settings.source_of("token").layer, settings.api_url, settings.timeout)
"""


@pytest.mark.parametrize("start", ['app.main("fjord:cli")()', 'cli(prog_name="fjord")'])
def test_module_that_is_run_and_imported_shows_its_token(tmp_path: Path, start: str) -> None:
    """If you run `python fjord.py`, it is the module `__main__`; the settings come from a second module, `fjord`."""
    text = PROGRAM.replace('App("acme", settings="acme.settings:Settings")', 'App("fjord", settings="fjord:Settings")')
    (tmp_path / "fjord.py").write_text(f'{text}\nif __name__ == "__main__":\n    {start}\n', "utf-8")
    environ = {**os.environ, "FJORD_HOME": str(tmp_path / "home"), "FJORD_API_KEY": "a-token-of-fjord"}
    for words, shown in ((["config", "get", "token"], "…jord\n"), (["whoami"], "env https://api.acme.dev/ 30.0\n")):
        done = subprocess.run(
            [sys.executable, "-W", "error", "fjord.py", *words],
            env=environ,
            cwd=tmp_path,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert (done.stdout, done.stderr) == (shown, "")


def test_program_in_one_module_signs_in_and_shows_sources(tmp_path: Path) -> None:
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "settings.py").write_text(PROGRAM, "utf-8")

    def acme(*words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-W", "error", "-c", "from acme.settings import cli; cli(prog_name='acme')", *words],
            env={**os.environ, "ACME_HOME": str(tmp_path / "home")},
            cwd=tmp_path,
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )

    without = acme("whoami")
    assert (without.returncode, without.stderr.splitlines()[-1]) == (4, "hint: acme login")
    login = acme("--profile", "work", "login", "--with-token", "--no-verify", stdin="a-token-of-acme")
    assert login.returncode == 0, login.stderr
    assert acme("profiles", "set", "work", "timeout=5").returncode == 0
    assert acme("whoami").stdout == "profile https://api.acme.dev/ 5.0\n"
    assert acme("config", "get", "timeout").stdout == "5\n"
    assert acme("token").stdout == "a-token-of-acme\n"
