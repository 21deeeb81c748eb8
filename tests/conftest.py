"""What every test has: no way to the user's own files and variables, none to the network, and the `peer` marker."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests import no_network, peers
from tests.workspace.fake import running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.workspace.fake import Fake

settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile("ci", max_examples=500, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if peers.CI else "dev"))

_PREFIXES = ("ARKA_", "XDG_")
_NAMES = frozenset({"BROWSER", "COLUMNS", "FORCE_COLOR", "GITHUB_ENV", "LINES", "NO_COLOR"})


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test whose peer is missing is skipped, and fails in CI, where every peer is installed."""
    for marker in item.iter_markers("peer"):
        for name in marker.args:
            reason = peers.missing(name)
            if reason and peers.CI and name not in peers.OPTIONAL:
                pytest.fail(f"{reason} (CI is set, so this test is not skipped)", pytrace=False)
            elif reason:
                pytest.skip(reason)


def _leave_home(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    for name in list(os.environ):
        if name.startswith(_PREFIXES) or name in _NAMES:
            monkeypatch.delenv(name)
    for name, value in no_network.VARIABLES.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))


@pytest.fixture(scope="session", autouse=True)
def isolation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keeps a test that asks for no `home` away from the user's own."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        _leave_home(monkeypatch, tmp_path_factory.mktemp("home"))
        yield


@pytest.fixture(autouse=True)
def nothing_but_loopback(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Refuses every connection that would leave this machine, and fails the test that tried; what was refused."""
    refused = no_network.guard(monkeypatch)
    monkeypatch.setattr("arka_config.workspace.client.wire.FIRST_PAUSE", 0.001)  # seconds; waiting shows nothing
    yield refused
    assert not refused, f"a test reached for the network: {refused}"


@pytest.fixture
def fake() -> Iterator[Fake]:
    """A workspace on loopback, that runs."""
    with running() as fake:
        yield fake


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that ARKA_HOME names, not there yet; HOME is the folder above it."""
    _leave_home(monkeypatch, tmp_path)
    folder = tmp_path / "arka"
    monkeypatch.setenv("ARKA_HOME", str(folder))
    return folder


@pytest.fixture
def generous_umask() -> Iterator[None]:
    """A umask that takes nothing away, so that each mode is the one that we ask for."""
    before = os.umask(0)
    yield
    os.umask(before)
