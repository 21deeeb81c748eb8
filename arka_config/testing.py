"""pytest fixtures for the tests of a CLI that is built with arka-config.

They are asked for, and not there by themselves: in the outermost `conftest.py`,

    pytest_plugins = ["arka_config.testing"]

    @pytest.fixture
    def cli_app() -> App:
        return acme.app

    @pytest.fixture
    def cli_main() -> Callable[[], NoReturn]:    # where the program has more than the app's commands
        return acme.main

`cli_home` keeps a test away from the user's own files and variables, `cli_tokens` stores tokens that are made up,
`cli_workspace` is a workspace in the test's own process, and `run_cli` runs the program.

PYTEST_DONT_REWRITE: there is no assertion here, and a conftest may import this module before pytest does.
"""

from __future__ import annotations

import io
import json
import os
import sys
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol
from unittest import mock

import pytest

from arka_config.opening import open_store
from arka_config.precedence.origin import Origin
from arka_config.secret import Secret
from arka_config.store.tokens import Credential

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path
    from typing import NoReturn

    from arka_config.app import App
    from arka_config.workspace.server.serving import RunningWorkspace


USER = "you@example.com"  # of the workspace, on the Pro plan

_OF_THE_USER = frozenset({"BROWSER", "COLUMNS", "FORCE_COLOR", "GITHUB_ENV", "LINES", "NO_COLOR"})


class Done(NamedTuple):
    """A run's exit code, and what it wrote on each stream."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one object on stdout."""
        return json.loads(self.out)


class RunCli(Protocol):
    """Runs the program, in this process and in the test's environment and these variables."""

    def __call__(self, *words: str, stdin: str = "", environ: Mapping[str, str] | None = None) -> Done: ...


class Stream(io.StringIO):
    """A stream that is no terminal, whatever the test itself runs in."""

    encoding = "utf-8"


class MadeUpTokens:
    """Tokens that look right and are nobody's, in real files of the app's: the commands find them, and so do programs
    that the test starts."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.store = open_store(app)
        self._made = 0

    def add(
        self,
        profile: str,
        token: str = "",
        *,
        url: str = "",
        settings: Mapping[str, object] | None = None,
        active: bool = True,
        **known: str,
    ) -> str:
        """Stores a token under a profile's name, for the app's URL where none is given, with settings by dotted name;
        the token. `known` are a Credential's `label`, `created`, `expires` and `user`."""
        token = token or self.made_up()
        origin = Origin.of(url or self.app.default_url() or "https://workspace.example")
        self.store.log_in(profile, Credential(Secret(token), origin, **known), activate=active)
        if settings:
            self.store.edit(profile, {("settings", *name.split(".")): value for name, value in settings.items()})
        return token

    def made_up(self) -> str:
        """A token of the app's shape that no workspace has issued, each another one."""
        self._made += 1
        length = (self.app.token_length or len(self.app.token_prefix) + 37) - len(self.app.token_prefix)
        return self.app.token_prefix + str(self._made).rjust(length, "0")

    def __getitem__(self, profile: str) -> str:
        credential = self.store.tokens.read(profile)
        if credential is None:
            raise KeyError(profile)
        return credential.token.reveal()


def leave_home(monkeypatch: pytest.MonkeyPatch, app: App, home: Path) -> None:
    """Takes away what an app reads of the user's environment, and makes another folder the user's home."""
    for name in list(os.environ):
        if name.startswith((app.prefix, "XDG_")) or name in _OF_THE_USER:
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))


def run_program(
    main: Callable[[], object], words: tuple[str, ...], *, stdin: str = "", environ: Mapping[str, str] | None = None
) -> Done:
    """Runs what a program starts with, in this process, as from a script: no stream is a terminal."""
    out, err, code = Stream(), Stream(), 0
    with (
        mock.patch.dict("os.environ", environ or {}),
        mock.patch.multiple(sys, argv=["program", *words], stdin=io.StringIO(stdin), stdout=out, stderr=err),
    ):
        try:
            main()
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return Done(code, out.getvalue(), err.getvalue())


@pytest.fixture
def cli_app() -> App:
    """The app under test: a conftest says which."""
    raise pytest.UsageError("no app to test: define a fixture `cli_app` that returns yours")


@pytest.fixture
def cli_main(cli_app: App) -> Callable[[], NoReturn]:
    """What the program starts with: the app's own commands, where a conftest says no other."""
    return cli_app.main()


@pytest.fixture
def cli_home(cli_app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for all files of the app's, not there yet; HOME is the folder above it, and no variable is set."""
    leave_home(monkeypatch, cli_app, tmp_path)
    folder = tmp_path / cli_app.name
    monkeypatch.setenv(cli_app.variable("HOME"), str(folder))
    return folder


@pytest.fixture
def cli_tokens(cli_app: App, cli_home: Path) -> MadeUpTokens:
    """Made-up tokens, stored under profiles' names in `cli_home`."""
    return MadeUpTokens(cli_app)


@pytest.fixture
def cli_workspace(cli_app: App, cli_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningWorkspace]:
    """A workspace of the app's on loopback, with one user, `testing.USER`, whom `issue` makes tokens for. The app's
    URL variable names it, so that a login without `--api-url` goes there."""
    try:
        from arka_config.workspace.server.serving import serve_in_thread
    except ModuleNotFoundError as missing:
        pytest.fail(f"a workspace needs {missing.name}: pip install 'arka-config[workspace]'", pytrace=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serve_in_thread(cli_app) as served:
        served.add_user(USER, "pro")
        monkeypatch.setenv(cli_app.url_field.variable, served.url)
        yield served


@pytest.fixture
def run_cli(cli_main: Callable[[], NoReturn], cli_home: Path) -> RunCli:
    """Runs the program with words, in `cli_home`: `run_cli("login", "--with-token", stdin=token).code`."""

    def run(*words: str, stdin: str = "", environ: Mapping[str, str] | None = None) -> Done:
        return run_program(cli_main, words, stdin=stdin, environ=environ)

    return run
