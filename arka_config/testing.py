"""pytest fixtures for the tests of a CLI that is built with arka-config.

They are not loaded automatically. In the outermost `conftest.py`:

    pytest_plugins = ["arka_config.testing"]

    @pytest.fixture
    def cli_app() -> App:
        return acme.app

    @pytest.fixture
    def cli_main() -> Callable[[], NoReturn]:    # if the program has more than the app's commands
        return acme.main

`cli_home` isolates a test from the user's own files and variables, `cli_tokens` stores fake tokens, `cli_workspace` is
a workspace in the test's process, and `run_cli` runs the program. `cli_browser` is the user's browser, which approves
what the program asks for: `run_cli("login", "--json")` then signs in, if the app has `sign_in`.

For an API that is not a workspace's, `cli_verifier` replaces the app's verifier: it accepts the tokens that the test
adds, and sends nothing.

PYTEST_DONT_REWRITE: this module has no assertions, and a conftest may import it before pytest does.
"""

from __future__ import annotations

import io
import json
import os
import re
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol
from unittest import mock

import pytest

from arka_config import token_checksum
from arka_config.extras import install_command
from arka_config.opening import open_store
from arka_config.precedence.origin import Origin
from arka_config.secret import Secret
from arka_config.store.tokens import Credential
from arka_config.workspace.client.models import Identity, TokenDetails
from arka_config.workspace.client.verifier import Refusal, Unsupported

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path
    from typing import NoReturn

    import httpx

    from arka_config.app import App
    from arka_config.workspace.client.verifier import ApiOrigin
    from arka_config.workspace.server.serving import RunningWorkspace


__all__ = [
    "USER",
    "ApprovingBrowser",
    "FakeTokens",
    "FakeVerifier",
    "Result",
    "RunCli",
    "cli_app",
    "cli_browser",
    "cli_home",
    "cli_main",
    "cli_tokens",
    "cli_verifier",
    "cli_workspace",
    "run_cli",
]

USER = "you@example.com"  # the workspace's user, on the Pro plan

_USER_VARIABLES = frozenset(
    {
        "BROWSER",
        "COLUMNS",
        "DISPLAY",
        "FORCE_COLOR",
        "GITHUB_ENV",
        "LINES",
        "NO_COLOR",
        "SSH_CONNECTION",
        "WAYLAND_DISPLAY",
    }
)


class Result(NamedTuple):
    """A run's exit code, and its output on each stream."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The JSON object on stdout."""
        return json.loads(self.out)


class RunCli(Protocol):
    """Run the program in this process, in the test's environment plus these variables."""

    def __call__(self, *words: str, stdin: str = "", environ: Mapping[str, str] | None = None) -> Result: ...


class Stream(io.StringIO):
    """A stream that is not a terminal, even if the test runs on one."""

    encoding = "utf-8"


class FakeTokens:
    """Tokens of the right shape that no workspace has issued, in the app's real files: the commands find them, also in
    programs that the test starts."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.store = open_store(app)
        self._count = 0

    def add(
        self,
        profile: str,
        token: str = "",
        *,
        url: str = "",
        settings: Mapping[str, object] | None = None,
        secrets: Mapping[str, str] | None = None,
        active: bool = True,
        **metadata: str,
    ) -> str:
        """Store a token under a profile's name and return it. The default is a new one, for the app's URL.

        `settings` and other `secrets` are by dotted name. `metadata` are a Credential's `label`, `created`, `expires`
        and `user`.
        """
        token = token or self.make()
        origin = Origin.of(url or self.app.default_url() or "https://workspace.example")
        self.store.log_in(profile, Credential(Secret(token), origin, **metadata), activate=active)
        if settings:
            self.store.edit(profile, {("settings", *name.split(".")): value for name, value in settings.items()})
        for name, secret in (secrets or {}).items():
            self.store.set_secret(profile, name, Secret(secret))
        return token

    def make(self, prefix: str = "") -> str:
        """Return a new token of the app's shape, with its first prefix or another one."""
        self._count += 1
        prefix = prefix or self.app.new_prefix
        length = (self.app.length_of(prefix) or len(prefix) + 37) - len(prefix)
        if self.app.token_checksum == token_checksum.NONE:
            return prefix + str(self._count).rjust(length, "0")
        body = str(self._count).rjust(length - token_checksum.LENGTH, "0")
        return prefix + body + token_checksum.compute(body)

    def __getitem__(self, profile: str) -> str:
        credential = self.store.tokens.read(profile)
        if credential is None:
            raise KeyError(profile)
        return credential.token.reveal()


def isolate(monkeypatch: pytest.MonkeyPatch, app: App, home: Path) -> None:
    """Remove the variables that the app reads from the environment, and use another home folder."""
    for name in list(os.environ):
        if name.startswith((app.prefix, "XDG_")) or name in _USER_VARIABLES:
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))


@contextmanager
def set_variables(variables: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables, and restore the whole environment afterwards.

    `mock.patch.dict` removes every variable and sets it again, which takes a tenth of the time of a short command.
    """
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        after = dict(os.environ)
        for name in after.keys() - before.keys():
            del os.environ[name]
        os.environ.update({name: value for name, value in before.items() if after.get(name) != value})


def run_program(
    main: Callable[[], object], words: tuple[str, ...], *, stdin: str = "", environ: Mapping[str, str] | None = None
) -> Result:
    """Run a program's `main` in this process, as from a script: no stream is a terminal."""
    out, err, code = Stream(), Stream(), 0
    with (
        set_variables(environ or {}),
        mock.patch.multiple(sys, argv=["program", *words], stdin=io.StringIO(stdin), stdout=out, stderr=err),
    ):
        try:
            main()
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return Result(code, out.getvalue(), err.getvalue())


@pytest.fixture
def cli_app() -> App:
    """The app under test: a conftest defines it."""
    raise pytest.UsageError("no app to test: define a fixture `cli_app` that returns yours")


@pytest.fixture
def cli_main(cli_app: App) -> Callable[[], NoReturn]:
    """The program's entry point: the app's own commands, unless a conftest defines another."""
    return cli_app.main()


@pytest.fixture
def cli_home(cli_app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for all of the app's files, not created yet. HOME is its parent, and the app's variables are unset."""
    isolate(monkeypatch, cli_app, tmp_path)
    folder = tmp_path / cli_app.name
    monkeypatch.setenv(cli_app.variable("HOME"), str(folder))
    return folder


@pytest.fixture
def cli_tokens(cli_app: App, cli_home: Path) -> FakeTokens:
    """Fake tokens, stored in `cli_home`."""
    return FakeTokens(cli_app)


class FakeVerifier:
    """A verifier that knows the tokens that a test adds, and refuses all others. It sends nothing.

    `asked` are the tokens that the program asked about, with their origins. With `is_supported` off, no API can be
    asked.
    """

    def __init__(self, tokens: FakeTokens) -> None:
        self.is_supported = True
        self.asked: list[tuple[str, str]] = []
        self._tokens = tokens
        self._identities: dict[str, Identity] = {}

    def add(self, user: str = USER, token: str = "", **details: Any) -> str:
        """Accept a token and return it. The default is a new one. `details` are those of its `TokenDetails`."""
        token = token or self._tokens.make()
        self._identities[token] = Identity(user, user, "", TokenDetails(**details))
        return token

    def revoke(self, token: str) -> None:
        """Refuse a token from now on."""
        self._identities.pop(token, None)

    def verify(self, token: Secret, origin: ApiOrigin, /) -> Identity | Refusal | Unsupported:
        """Answer as the API would."""
        self.asked.append((token.reveal(), str(origin)))
        if not self.is_supported:
            return Unsupported()
        return self._identities.get(token.reveal()) or Refusal("Bad credentials")


@pytest.fixture
def cli_verifier(cli_app: App, cli_tokens: FakeTokens, monkeypatch: pytest.MonkeyPatch) -> FakeVerifier:
    """The app's verifier, replaced with one that accepts the tokens that the test adds: `cli_verifier.add("ann")`."""
    verifier = FakeVerifier(cli_tokens)
    monkeypatch.setattr(cli_app, "verifier", verifier)
    return verifier


@pytest.fixture
def cli_workspace(cli_app: App, cli_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningWorkspace]:
    """A workspace on loopback for the app, with one user, `testing.USER`; `issue` issues tokens. It is the default
    workspace in `config.toml`, so a login without `--api-url` goes there."""
    if not cli_app.has_workspace_api:
        pytest.fail(f"{cli_app!r} has no verifier=WorkspaceVerifier(): use the fixture cli_verifier", pytrace=False)
    try:
        from arka_config.workspace.server.serving import serve_in_thread
    except ModuleNotFoundError as missing:
        pytest.fail(f"a workspace needs {missing.name}: {install_command('workspace')}", pytrace=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serve_in_thread(cli_app) as served:
        served.add_user(USER, "pro")
        config = cli_home / "config"
        config.mkdir(mode=0o700, parents=True, exist_ok=True)
        (config / "config.toml").write_text(f'api_url = "{served.url}"\n', encoding="utf-8")
        yield served


class ApprovingBrowser:
    """A browser that is signed in to a workspace, and approves each sign-in that the program opens in it.

    `pages` are the pages that were opened. With `approves` off, it denies.
    """

    def __init__(self, workspace: RunningWorkspace) -> None:
        import ssl

        import httpx

        self.approves = True
        self.label = "approved in a test"
        self.pages: list[str] = []
        self.problems: list[Exception] = []
        self._visits: list[threading.Thread] = []
        # Everything is on loopback, without TLS. This trusts no certificate: loading those of the system takes 25 ms.
        self._options: Any = {"trust_env": False, "verify": ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), "timeout": 30}
        self._http = httpx.Client(base_url=workspace.url, headers={"Origin": workspace.url}, **self._options)
        link = workspace.add_user(USER, "pro").link
        self._send("/sign-in", {"code": link})

    def open(self, page: str, *_: object, **__: object) -> bool:
        """Visit a page like `webbrowser.open`: return at once, and approve in the background."""
        self.pages.append(page)
        self._visits.append(threading.Thread(target=self._visit, args=(page,), daemon=True))
        self._visits[-1].start()
        return True

    def decide(self, page: str) -> None:
        """Approve or deny the request of a page, and follow the redirect to the program."""
        decision = {"decision": "approve" if self.approves else "deny", "label": self.label, "expiry": "90"}
        response = self._send(page, decision)
        if response.is_redirect:  # to the program, which is not sent the cookies of the workspace
            import httpx

            httpx.get(response.headers["location"], **self._options).raise_for_status()

    def close(self) -> None:
        """Wait for the visits, and raise the first problem that one had."""
        for visit in self._visits:
            visit.join()
        self._http.close()
        if self.problems:
            raise self.problems[0]

    def _visit(self, page: str) -> None:
        try:
            self.decide(page)
        except Exception as problem:  # noqa: BLE001  # raised in the test's thread
            self.problems.append(problem)

    def _send(self, page: str, fields: Mapping[str, str]) -> httpx.Response:
        shown = self._http.get(page).raise_for_status()
        key = re.search(r'name="form_key" value="([^"]*)"', shown.text)
        if key is None:
            raise LookupError(f"there is no form on {page.partition('?')[0]}")
        response = self._http.post(page, data={"form_key": key[1], **fields})
        return response if response.is_redirect else response.raise_for_status()


@pytest.fixture
def cli_browser(cli_workspace: RunningWorkspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[ApprovingBrowser]:
    """The browser of this machine, signed in to `cli_workspace`: what the program opens there is approved.

    With the variable SSH_CONNECTION, the program uses a device code, which this browser approves too.
    """
    import webbrowser

    from arka_config.workspace.server.sign_in import login_requests

    monkeypatch.setattr(login_requests, "INTERVAL", 1)  # seconds between two polls
    monkeypatch.setenv("BROWSER", "true")  # not run
    monkeypatch.setenv("DISPLAY", ":0")
    browser = ApprovingBrowser(cli_workspace)
    monkeypatch.setattr(webbrowser, "open", browser.open)
    yield browser
    browser.close()


@pytest.fixture
def run_cli(cli_main: Callable[[], NoReturn], cli_home: Path) -> RunCli:
    """Run the program with arguments, in `cli_home`: `run_cli("login", "--with-token", stdin=token).code`."""

    def run(*words: str, stdin: str = "", environ: Mapping[str, str] | None = None) -> Result:
        return run_program(cli_main, words, stdin=stdin, environ=environ)

    return run
