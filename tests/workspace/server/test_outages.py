"""If the database is stopped, frozen, read-only or full: what a request gets, how soon, and what is logged."""

from __future__ import annotations

import ctypes
import logging
import os
import subprocess
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from arka_config.arka import app
from arka_config.workspace.server import outages
from arka_config.workspace.server.serving import serve_in_thread
from tests import peers
from tests.faults import NO_FAULT, run_in_fork
from tests.workspace.server import postgresql
from tests.workspace.server.clients import ANN, MANAGE, TOKENS_PAGE, UNKNOWN, Api, Browser
from tests.workspace.server.test_concurrency import run_concurrently

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

    from arka_config.workspace.server.serving import RunningWorkspace
    from tests.workspace.server.postgresql import PostgreSQL

LONGEST = 3.0  # seconds until a request fails
CLONE_NEWNS = 0x20000  # sched.h
pytestmark = pytest.mark.peer("postgresql")


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> pytest.LogCaptureFixture:
    """The log of outages. Each outage ends with the first success."""
    monkeypatch.setattr(outages, "_QUIET", 0)
    monkeypatch.setattr(outages, "_PAUSE", 0.1)
    caplog.set_level(logging.WARNING, "arka_config")
    return caplog


def messages(log: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in log.records if record.name.startswith("arka_config")]


@pytest.fixture
def running(server: PostgreSQL, shared: str) -> Iterator[RunningWorkspace]:
    """A running workspace in PostgreSQL."""
    postgresql.empty_tables(shared)
    with serve_in_thread(app, shared) as running:
        running.add_user(ANN, "pro")
        yield running


@pytest.fixture
def manager(running: RunningWorkspace) -> Iterator[Api]:
    """An API client with a token that may manage tokens, and that was used."""
    with Api(running, running.issue(ANN, "Manager", [MANAGE]).secret.reveal()) as client:
        assert client.accepts(client.token)
        yield client


def ask_everything(client: Api, browser: Browser) -> list[httpx.Response]:
    """Send a request of each kind at once, and check that none waits for long."""
    responses = run_concurrently(
        *[lambda: client.get("me")] * 4,
        *[lambda: client.get("me", token=UNKNOWN)] * 4,
        *[lambda: client.post("tokens", json={"label": "x"})] * 4,
        *[lambda: client.delete("tokens/tok_0123456789012345678901")] * 4,
        *[lambda: client.get("tokens")] * 4,
        *[lambda: browser.open(TOKENS_PAGE)] * 4,
    )
    assert max(each.elapsed.total_seconds() for each in responses) < LONGEST
    return responses


def test_frozen_server_gives_503_within_3_seconds_and_hangs_nothing(
    server: PostgreSQL, running: RunningWorkspace, manager: Api, log: pytest.LogCaptureFixture
) -> None:
    with Browser(running).sign_in() as browser:
        with server.freeze():
            first = ask_everything(manager, browser)
            again = ask_everything(manager, browser)
        assert {each.status_code for each in first + again} == {503}
        assert {each.headers["retry-after"] for each in first if "json" in each.headers["content-type"]} == {"2"}
        time.sleep(0.1)  # before that, no request tries the database again
        assert manager.accepts(manager.token)  # this one tries it
        assert {each.status_code for each in ask_everything(manager, browser)} == {200, 201, 401, 404}
    begin, end = messages(log)
    assert begin in {  # whichever comes first
        f"the database does not respond: {reason}; requests get 503 until it does"
        for reason in ("no response within 2 s", "connection timeout expired")
    }
    assert end.startswith("the database responds again, after ")


def test_request_does_not_wait_if_the_server_freezes_between_two_statements(
    server: PostgreSQL, running: RunningWorkspace, manager: Api
) -> None:
    """It freezes when the token has been looked up."""

    def write() -> None:
        with running.workspace.database.write() as session:
            session.execute(text("SELECT 1"))
            with server.freeze():
                session.execute(text("SELECT 1"))

    started = time.monotonic()
    with pytest.raises(outages.UNAVAILABLE, match="no response within 2 s"):
        write()
    assert time.monotonic() - started < LONGEST


def test_stopped_server_logs_one_line_when_it_stops_and_one_when_it_is_back(
    server: PostgreSQL, running: RunningWorkspace, manager: Api, log: pytest.LogCaptureFixture
) -> None:
    with Browser(running).sign_in() as browser:
        server.stop()
        try:
            down = [each for _ in range(3) for each in ask_everything(manager, browser)]
        finally:
            server.start()
        assert {each.status_code for each in down} == {503}
        assert {each.status_code for each in ask_everything(manager, browser)} == {200, 201, 401, 404}
    begin, end = messages(log)
    assert begin.startswith("the database does not respond: ")
    assert end.startswith("the database responds again, after ")
    assert end.endswith(" failed attempts")


def test_read_only_server_gives_503_for_writes_and_reads_go_on(
    server: PostgreSQL, running: RunningWorkspace, manager: Api, log: pytest.LogCaptureFixture
) -> None:
    old = running.issue(ANN, "CI").secret.reveal()
    successor = manager.post("tokens/current/rotate", token=old).json()["token"]
    with Browser(running).sign_in() as browser:
        with server.make_read_only():
            writes = [
                manager.post("tokens", json={"label": "x"}),
                manager.delete("tokens/current", token=old),
                manager.post("tokens/current/rotate", token=old),
                browser.send(TOKENS_PAGE, {"label": "x", "expiry": "never"}),
                browser.send("/sign-out", {}, page=TOKENS_PAGE),
            ]
            assert {each.status_code for each in writes} == {503}
            assert all(manager.accepts(token) for token in (manager.token, old, successor))
            running.workspace.verifier.last_uses.flush()
            assert manager.get("me", token=UNKNOWN).status_code == 401
            assert manager.get("tokens").status_code == browser.open(TOKENS_PAGE).status_code == 200
        assert manager.post("tokens", json={"label": "x"}).status_code == 201
    begin, end = messages(log)
    reason = "cannot execute SELECT FOR SHARE in a read-only transaction"
    assert begin == f"the database cannot be written: {reason}; tokens still work, and changes get 503 until it can"
    assert end.startswith("the database can be written again, after ")


def test_connections_to_a_read_only_server_are_replaced(
    server: PostgreSQL, running: RunningWorkspace, manager: Api
) -> None:
    """After a failover, a connection may lead to the former primary, which does not see later revocations."""
    lookup = running.workspace.database._lookup_connection
    assert lookup is not None
    with server.make_read_only():
        assert manager.post("tokens", json={"label": "x"}).status_code == 503
        assert manager.accepts(manager.token)
    assert running.workspace.database._lookup_connection is not lookup


def require_small_disk() -> None:
    reason = postgresql.why_no_small_disk()
    if reason and peers.CI:
        pytest.fail(f"{reason} (CI is set, so this test is not skipped)", pytrace=False)
    if reason:
        pytest.skip(reason)


def create_until_refused(client: Api) -> None:
    """Create tokens until the pages of all tables are full."""
    for number in range(400):
        response = client.post("tokens", json={"label": f"{number} ".ljust(100, "x")})
        if response.status_code != 201:
            assert response.status_code == 503
            return
    raise AssertionError("the disk is not full")


def check_full_disk(running: RunningWorkspace, client: Api, old: str, successor: str) -> None:
    create_until_refused(client)
    running.workspace.verifier.last_uses.flush()
    for _ in range(3):
        assert all(client.accepts(token) for token in (client.token, old, successor))
        running.workspace.verifier.last_uses.flush()
    assert client.get("tokens").status_code == 200
    assert client.get("me", token=UNKNOWN).status_code == 401


def test_full_disk_of_the_server_refuses_no_valid_token(server: PostgreSQL, log: pytest.LogCaptureFixture) -> None:
    require_small_disk()
    with server.small_database() as url, serve_in_thread(app, url) as running:
        running.add_user(ANN, "pro")
        old = running.issue(ANN, "CI").secret.reveal()
        with Api(running, running.issue(ANN, "Manager", [MANAGE]).secret.reveal()) as client:
            successor = client.post("tokens/current/rotate", token=old).json()["token"]
            with server.fill(url):
                check_full_disk(running, client, old, successor)
            assert client.post("tokens", json={"label": "x"}).status_code == 201
    begin, *_, end = messages(log)
    assert "No space left on device" in begin
    assert end.startswith("the database can be written again, after ")


def test_full_disk_of_a_sqlite_file_refuses_no_valid_token(tmp_path: Path) -> None:
    """Neither while it is served, nor after a restart."""
    require_small_disk()
    disk = tmp_path / "disk"
    disk.mkdir()

    def work() -> dict[str, object]:
        assert ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS) == 0
        for line in (["--make-rprivate", "/"], ["-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]):
            subprocess.run(["mount", *line], check=True)
        url = f"sqlite:///{disk / 'workspace.db'}"
        with serve_in_thread(app, url) as running:
            running.add_user(ANN, "pro")
            old = running.issue(ANN, "CI").secret.reveal()
            with Api(running, running.issue(ANN, "Manager", [MANAGE]).secret.reveal()) as client:
                successor = client.post("tokens/current/rotate", token=old).json()["token"]
                fill(disk)
                check_full_disk(running, client, old, successor)
                manager = client.token
        (disk / "filler").unlink()
        serve_once(url)
        fill(disk)
        with serve_in_thread(app, url) as running, Api(running, manager) as client:
            check_full_disk(running, client, old, successor)
            (disk / "filler").unlink()
            assert client.post("tokens", json={"label": "x"}).status_code == 201
        return {}

    done = run_in_fork(work, NO_FAULT, tmp_path / "report")
    assert done.code == 0, done.value


def serve_once(url: str) -> None:
    """Open and close a database, so that nothing is left in its log."""
    with serve_in_thread(app, url) as running:
        running.add_user(ANN)


def fill(disk: Path) -> None:
    """Fill a file system to its last byte."""
    with open(disk / "filler", "ab") as filler:
        for size in (1 << 16, 1 << 12, 1):
            with suppress(OSError):
                while os.write(filler.fileno(), b"x" * size):
                    pass
