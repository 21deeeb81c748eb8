"""`workspace serve`: it listens, says where, and leaves nothing behind when it ends."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import httpx
import pexpect
import pytest

from tests import no_network
from tests.cli.program import arka

if TYPE_CHECKING:
    from collections.abc import Iterator

ARKA = str(Path(sys.executable).with_name("arka"))
PATIENCE = 30  # seconds


class Served(NamedTuple):
    """A workspace that runs, in a process group of its own."""

    process: subprocess.Popen[str]
    url: str

    def end(self, number: signal.Signals) -> tuple[int, str]:
        """Its exit code and what it wrote on stderr, after a signal to it alone."""
        self.process.send_signal(number)
        _, said = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, said

    def pids(self) -> set[int]:
        """Every process of its group."""
        listed = subprocess.run(["ps", "-axo", "pid=,pgid="], check=True, capture_output=True, encoding="ascii").stdout
        pairs = (map(int, line.split()) for line in listed.splitlines())
        return {pid for pid, group in pairs if group == self.process.pid}


@contextmanager
def served(*options: str) -> Iterator[Served]:
    """A workspace that has said where it serves."""
    process = subprocess.Popen(
        [ARKA, "workspace", "serve", "--port", "0", "--json", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        yield Served(process, json.loads(line)["url"])
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=PATIENCE)


def is_gone(group: int) -> bool:
    """Whether no process of this group is left, after a while."""
    for _ in range(PATIENCE * 20):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def replaced(running: Served, dead: int, count: int) -> bool:
    """Whether there are as many processes as before, after a while, and the dead one is none of them."""
    for _ in range(PATIENCE * 10):
        now = running.pids()
        if len(now) == count and dead not in now:
            return True
        time.sleep(0.1)
    return False


def answers(url: str) -> int:
    """The status of a request that has no token."""
    return httpx.get(f"{url}/api/v1/me", timeout=PATIENCE, trust_env=False).status_code


@pytest.mark.parametrize("workers", ["1", "3"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_a_signal_and_takes_its_workers_with_it(
    home: Path, workers: str, number: signal.Signals
) -> None:
    with served("--workers", workers) as running:
        assert answers(running.url) == 401
        code, said = running.end(number)
        assert (code, said.splitlines()[-1], "Traceback" in said) == (0, "stopped", False)
        assert is_gone(running.process.pid)


def test_it_says_what_comes_next(home: Path) -> None:
    with served() as running:
        _, said = running.end(signal.SIGINT)
        assert said.splitlines() == [
            f"✓ Serving the workspace of ARKA at {running.url}",
            f"  database: sqlite:///{home}/data/workspace.db",
            f"  to add a user, in another terminal: arka workspace add-user EMAIL --plan pro --url {running.url}",
            "  Ctrl-C stops it",
            "stopped",
        ]


def test_ctrl_c_on_a_terminal_reaches_the_workers_too(home: Path) -> None:
    environ = dict(os.environ) | {"TERM": "xterm", "NO_COLOR": "1"}
    child = pexpect.spawn(
        ARKA, ["workspace", "serve", "--port", "0", "--workers", "2"], env=environ, encoding="utf-8", timeout=PATIENCE
    )
    child.expect_exact("Ctrl-C stops it")
    url = re.search(r" at (http://127\.0\.0\.1:\d+)", child.before or "")
    assert url is not None
    assert answers(url[1]) == 401
    child.sendintr()
    child.expect_exact("stopped")
    child.expect(pexpect.EOF)
    assert "Traceback" not in (child.before or "")
    child.wait()
    child.close()
    assert child.exitstatus == 0
    assert child.pid is not None
    assert is_gone(child.pid)


def test_killed_outright_it_leaves_no_workers(home: Path) -> None:
    with served("--workers", "2") as running:
        assert answers(running.url) == 401
        running.process.kill()
        running.process.wait(PATIENCE)
        assert is_gone(running.process.pid)


def test_a_worker_that_dies_is_replaced(home: Path) -> None:
    with served("--workers", "1") as alone:
        few = len(alone.pids())
    with served("--workers", "2") as running:
        assert answers(running.url) == 401
        before = running.pids()
        assert len(before) > few
        others = sorted(before - {running.process.pid})
        os.kill(others[-1], signal.SIGKILL)
        assert replaced(running, others[-1], len(before))
        assert answers(running.url) == 401
        assert running.end(signal.SIGTERM)[0] == 0
        assert is_gone(running.process.pid)


def test_a_connection_that_stays_open_does_not_keep_it(home: Path) -> None:
    with served() as running, httpx.Client(base_url=running.url, trust_env=False) as client:
        assert client.get("/sign-in").status_code == 200  # and the connection stays open
        assert running.end(signal.SIGINT)[0] == 0


def test_a_port_that_is_taken_is_named(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = arka("workspace", "serve", "--port", str(port))
    assert (done.code, done.err) == (
        1,
        f"error: cannot listen on 127.0.0.1:{port}: address already in use\nhint: --port 0 uses a free one\n",
    )


def test_an_address_that_is_not_this_machines_is_named(home: Path) -> None:
    done = arka("workspace", "serve", "--host", "192.0.2.1")
    assert (done.code, done.err.splitlines()[0]) == (
        1,
        "error: cannot listen on 192.0.2.1:8765: cannot assign requested address",
    )


@pytest.mark.parametrize(("before", "shown"), [("", ""), ("\n", "\\x0a")], ids=["long", "of two lines"])
def test_a_host_that_can_be_none_is_named(home: Path, before: str, shown: str) -> None:
    done = arka("workspace", "serve", "--host", before + "ü" * 70)
    said = f"error: cannot listen on {shown}{'ü' * 70}:8765: that is not an address"
    assert (done.code, done.err.splitlines()[0]) == (1, said)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://root@127.0.0.1/x", "a workspace cannot use the database 'mysql'"),
        ("nonsense", "the database URL is not valid"),
        ("sqlite://", "a workspace needs a database file that all workers can open"),
        ("sqlite:////dev/null", "cannot open the database sqlite:////dev/null: "),
        (
            "postgresql://me:hidden@127.0.0.1:1/x",
            "cannot open the database postgresql+psycopg://me:***@127.0.0.1:1/x: ",
        ),
    ],
)
@pytest.mark.parametrize("command", [("serve", "--port", "0"), ("add-user", "me@example.com")])
def test_a_database_that_cannot_be_used_is_an_error(home: Path, command: tuple[str, ...], url: str, said: str) -> None:
    for options, environ in (((f"--database-url={url}",), {}), ((), {"ARKA_DATABASE_URL": url})):
        done = arka("workspace", *command, *options, environ=environ)
        first, hint = done.err.splitlines()
        assert (done.code, done.out, first[: 7 + len(said)]) == (1, "", f"error: {said}")
        assert hint == "hint: use sqlite:////FULL/PATH, or postgresql://USER@HOST/NAME"
        assert "hidden" not in done.err


def test_a_file_that_is_no_database_is_left_alone(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "letter.txt"
    file.write_text("Dear reader, " * 100)
    done = arka("workspace", "serve", "--port", "0", "--database-url", f"sqlite:///{file}")
    assert (done.code, "file is not a database" in done.err) == (1, True)
    assert file.read_text() == "Dear reader, " * 100


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://tokens.example.com/somewhere", "hint: use https://tokens.example.com"),
        ("http://tokens.example.com", "hint: use https://tokens.example.com"),
        ("ftp://tokens.example.com", "is not a URL that a token may go to"),
    ],
)
@pytest.mark.parametrize("command", ["serve", "add-user me@example.com"])
def test_a_url_that_nobody_can_use_is_refused(home: Path, command: str, url: str, said: str) -> None:
    done = arka("workspace", *command.split(), "--url", url)
    assert (done.code, done.out, said in done.err) == (1, "", True)


@pytest.mark.parametrize("package", ["alembic", "fastapi", "sqlalchemy", "uvicorn", "jinja2"])
def test_where_a_package_is_missing_it_says_what_to_install(home: Path, package: str) -> None:
    script = "import sys; sys.modules[sys.argv.pop(1)] = None; from arka_config.__main__ import main; main()"
    line = [sys.executable, "-c", script, package, "workspace", "serve", "--port", "0"]
    done = subprocess.run(line, check=False, capture_output=True, encoding="utf-8", timeout=PATIENCE)
    assert (done.returncode, done.stderr) == (
        1,
        f"error: a workspace needs {package}, which is not installed\nhint: pip install 'arka-config[workspace]'\n",
    )


def test_an_address_that_other_machines_reach_is_warned_about(home: Path) -> None:
    environ = dict(os.environ) | no_network.VARIABLES | {"TERM": "xterm", "NO_COLOR": "1"}
    line = ["workspace", "serve", "--host", "0.0.0.0", "--port", "0"]
    child = pexpect.spawn(ARKA, line, env=environ, encoding="utf-8", timeout=PATIENCE, dimensions=(30, 200))
    child.expect_exact("other machines can connect to 0.0.0.0")
    child.expect_exact("pass --url https://HOST")
    child.expect_exact("Ctrl-C stops it")
    child.sendintr()
    child.expect(pexpect.EOF)
    child.wait()
    child.close()
    assert child.exitstatus == 0
