"""What every test gets: no access to the user's files, variables and network, and the `peer` marker."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

import certifi
import pytest
from hypothesis import settings

from arka_config import testing
from arka_config.arka import app
from arka_config.sealing.unlockers.passphrase import Passphrase
from tests import no_network, peers
from tests.sealing import argon2
from tests.workspace.fake import serve_fake

pytest_plugins = ["arka_config.testing"]

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from arka_config import App
    from tests.workspace.fake import FakeWorkspace

MEMORY = "/dev/shm"
ENOUGH = 1 << 30  # bytes free in memory for the folders of all tests

settings.register_profile("dev", max_examples=50, deadline=None)
# CI tries the same examples every time, so that a change fails only for what it changes. New examples are tried on
# laptops, and by `HYPOTHESIS_PROFILE=search make test`.
settings.register_profile("ci", max_examples=500, deadline=None, derandomize=True, database=None)
settings.register_profile("search", max_examples=500, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if peers.CI else "dev"))


def pytest_configure() -> None:
    """Reset what the caller may have set for the programs under test, and put the tests' folders into memory."""
    _reset_signals()
    os.umask(0o022)
    if _is_usable(MEMORY):
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", MEMORY)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Do not collect garbage while the tests are collected, or among them later: it takes a third of that time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start the longest tests first."""
    items.sort(key=lambda item: item.get_closest_marker("longest") is None)


@pytest.hookimpl(optionalhook=True)  # some tests run pytest without plugins
def pytest_xdist_auto_num_workers() -> int:
    """Start two workers for each core: many tests wait for another process."""
    return 2 * (os.cpu_count() or 1)


def _reset_signals() -> None:
    """Give the programs that tests start the default signals: `nohup make test &` ignores SIGHUP and SIGINT.

    A signal that is ignored stays ignored after exec; one that is handled becomes the default again. So this process
    handles such a signal by doing nothing.
    """
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, lambda *_: None)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _is_usable(folder: str) -> bool:
    """Tell whether tests can write, and run programs, in this folder."""
    if not os.access(folder, os.W_OK):
        return False
    return shutil.disk_usage(folder).free > ENOUGH and not os.statvfs(folder).f_flag & os.ST_NOEXEC


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test if its peer is missing. CI installs every peer, so there the test fails."""
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
    """Keep tests away from the user's files, even if they do not use `home`. Do not wait for the disk or Argon2id."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        testing.isolate(monkeypatch, app, tmp_path_factory.mktemp("home"))
        _trust_one_authority(monkeypatch, tmp_path_factory.mktemp("certificates") / "authority.pem")
        monkeypatch.setattr(Passphrase, "parameters", argon2.LOWEST)
        for name, value in no_network.VARIABLES.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(os, "fsync", lambda descriptor: None)  # if a process dies, nothing that it wrote is lost
        yield


def _trust_one_authority(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    """Let this process trust the first of certifi's authorities. Loading all takes 25 ms, for each login and client."""
    end = "-----END CERTIFICATE-----\n"
    file.write_text(Path(certifi.where()).read_text(encoding="utf-8").partition(end)[0] + end, encoding="utf-8")
    paths = ssl.get_default_verify_paths()._replace(openssl_cafile=str(file))
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths)
    monkeypatch.setattr(certifi, "where", lambda: str(file))


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Refuse every connection to another machine, and fail the test if it tried one. The value is the refused hosts."""
    refused = no_network.guard(monkeypatch)
    monkeypatch.setattr("arka_config.workspace.client.transport.FIRST_RETRY_DELAY", 0.001)  # seconds
    yield refused
    assert not refused, f"a test tried to reach the network: {refused}"


@pytest.fixture
def fake() -> Iterator[FakeWorkspace]:
    """A running workspace on loopback."""
    with serve_fake() as fake:
        yield fake


@pytest.fixture
def home(cli_home: Path) -> Path:
    """The folder that ARKA_HOME names, which does not exist yet. HOME is its parent."""
    return cli_home


@pytest.fixture
def no_umask() -> Iterator[None]:
    """A umask of 0, so that each new file has exactly the mode that the program asks for."""
    before = os.umask(0)
    yield
    os.umask(before)
