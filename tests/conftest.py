"""What every test has: no way to the user's own files and variables, none to the network, and the `peer` marker."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from arka_config import testing
from arka_config.arka import app
from tests import no_network, peers
from tests.workspace.fake import serve_fake

pytest_plugins = ["arka_config.testing"]

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from arka_config import App
    from tests.workspace.fake import FakeWorkspace

settings.register_profile("dev", max_examples=50, deadline=None)
# In CI the same examples every time, as Hypothesis itself has it there: a change is judged by what it brings. What is
# new is found on laptops, where the examples are others each time, and by `HYPOTHESIS_PROFILE=search make test`.
settings.register_profile("ci", max_examples=500, deadline=None, derandomize=True, database=None)
settings.register_profile("search", max_examples=500, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if peers.CI else "dev"))


def pytest_configure() -> None:
    """Keep what the caller set from reaching the programs under test: `nohup make test &` ignores SIGHUP and SIGINT.

    An ignored signal stays ignored through exec, a handled one becomes the default again. So this process still ignores
    it, and the programs do not.
    """
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, lambda *_: None)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    os.umask(0o022)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test whose peer is missing is skipped, and fails in CI, where every peer is installed."""
    for marker in item.iter_markers("peer"):
        for name in marker.args:
            reason = peers.missing(name)
            if reason and peers.CI and name not in peers.OPTIONAL:
                pytest.fail(f"{reason} (CI is set, so this test is not skipped)", pytrace=False)
            elif reason:
                pytest.skip(reason)


@pytest.fixture
def cli_app() -> App:
    """The app of most tests."""
    return app


@pytest.fixture(scope="session", autouse=True)
def isolation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keeps a test that asks for no `home` away from the user's own."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        testing.leave_home(monkeypatch, app, tmp_path_factory.mktemp("home"))
        for name, value in no_network.VARIABLES.items():
            monkeypatch.setenv(name, value)
        yield


@pytest.fixture(autouse=True)
def nothing_but_loopback(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Refuses every connection that would leave this machine, and fails the test that tried; what was refused."""
    refused = no_network.guard(monkeypatch)
    monkeypatch.setattr("arka_config.workspace.client.transport.FIRST_PAUSE", 0.001)  # seconds; waiting shows nothing
    yield refused
    assert not refused, f"a test reached for the network: {refused}"


@pytest.fixture
def fake() -> Iterator[FakeWorkspace]:
    """A workspace on loopback, that runs."""
    with serve_fake() as fake:
        yield fake


@pytest.fixture
def home(cli_home: Path) -> Path:
    """The folder that ARKA_HOME names, not there yet; HOME is the folder above it."""
    return cli_home


@pytest.fixture
def generous_umask() -> Iterator[None]:
    """A umask that takes nothing away, so that each mode is the one that we ask for."""
    before = os.umask(0)
    yield
    os.umask(before)
