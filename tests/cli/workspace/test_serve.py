"""`workspace serve`: addresses, output, signals, workers, and errors."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import httpx
import pexpect
import pytest

from arka_config.arka import app
from arka_config.extras import install_command
from arka_config.workspace.server.serving import Service
from arka_config.workspace.server.workspace import Workspace
from tests import no_network
from tests.cli.program import arka
from tests.guarantees import numbers
from tests.workspace.server.clients import NO_TLS
from tests.workspace.server.signer import Partner

if TYPE_CHECKING:
    from collections.abc import Iterator

ARKA = str(Path(sys.executable).with_name("arka"))
TIMEOUT = 30  # seconds


class ServerProcess(NamedTuple):
    """A workspace server in its own process group."""

    process: subprocess.Popen[str]
    url: str

    def stop(self, number: signal.Signals) -> tuple[int, str]:
        """Send a signal to the main process, and return its exit code and stderr."""
        self.process.send_signal(number)
        _, stderr = self.process.communicate(timeout=TIMEOUT)
        return self.process.returncode, stderr


@contextmanager
def run_server(*options: str) -> Iterator[ServerProcess]:
    """Start a workspace server, and wait until it prints its address."""
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
        yield ServerProcess(process, json.loads(line)["url"])
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=TIMEOUT)


def wait_until_gone(group: int) -> bool:
    """Wait until no process of this group is left. Return False if that takes too long."""
    for _ in range(TIMEOUT * 20):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def connect(url: str) -> httpx.Client:
    """Return a client that keeps its connection to a workspace open."""
    return httpx.Client(base_url=url, timeout=TIMEOUT, verify=NO_TLS, trust_env=False)


def status_without_token(url: str) -> int:
    """Return the status of a request without a token."""
    with connect(url) as client:
        return client.get("/api/v1/me").status_code


@pytest.mark.parametrize(
    ("workers", "number"),
    numbers.part_of([(count, number) for number in (signal.SIGINT, signal.SIGTERM) for count in "12"], 3),
)
def test_signal_stops_server_and_workers(home: Path, workers: str, number: signal.Signals) -> None:
    """The output names the address, the database and the next command, and nothing else."""
    with run_server("--workers", workers) as server, connect(server.url) as client:
        assert client.get("/sign-in").status_code == 200  # the connection stays open
        code, stderr = server.stop(number)
        assert code == 0
        assert wait_until_gone(server.process.pid)
        assert stderr.splitlines() == [
            f"✓ Serving the workspace of ARKA at {server.url}",
            f"  database: sqlite:///{home}/data/workspace.db",
            f"  to add a user, in another terminal: arka workspace add-user EMAIL --plan pro --url {server.url}",
            "  Ctrl-C stops it",
            "stopped",
        ]


def test_exposed_address_is_warned_about_and_ctrl_c_on_a_terminal_stops_the_workers(home: Path) -> None:
    environ = dict(os.environ) | no_network.VARIABLES | {"TERM": "xterm", "NO_COLOR": "1"}
    line = ["workspace", "serve", "--host", "0.0.0.0", "--port", "0", "--workers", "2"]
    child = pexpect.spawn(ARKA, line, env=environ, encoding="utf-8", timeout=TIMEOUT, dimensions=(30, 200))
    child.expect_exact("other machines can connect to 0.0.0.0")
    child.expect_exact("pass --url https://HOST")
    child.expect_exact("Ctrl-C stops it")
    url = re.search(r" at (http://127\.0\.0\.1:\d+)", child.before or "")
    assert url is not None
    assert status_without_token(url[1]) == 401
    child.sendintr()
    child.expect_exact("stopped")
    child.expect(pexpect.EOF)
    assert "Traceback" not in (child.before or "")
    child.wait()
    child.close()
    assert child.exitstatus == 0
    assert child.pid is not None
    assert wait_until_gone(child.pid)


def test_workers_stop_if_the_main_process_is_killed(home: Path) -> None:
    with run_server("--workers", "2") as server:
        assert status_without_token(server.url) == 401
        server.process.kill()
        server.process.wait(TIMEOUT)
        assert wait_until_gone(server.process.pid)


def test_port_in_use_is_an_error(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        done = arka("workspace", "serve", "--port", str(port))
    assert (done.code, done.err) == (
        1,
        f"error: cannot listen on 127.0.0.1:{port}: address already in use\nhint: --port 0 uses a free one\n",
    )


def test_address_of_another_machine_is_an_error(home: Path) -> None:
    done = arka("workspace", "serve", "--host", "192.0.2.1")
    assert (done.code, done.err.splitlines()[0]) == (
        1,
        "error: cannot listen on 192.0.2.1:8765: cannot assign requested address",
    )


@pytest.mark.parametrize(("before", "shown"), [("", ""), ("\n", "\\x0a")], ids=["long", "of two lines"])
def test_invalid_host_is_an_error(home: Path, before: str, shown: str) -> None:
    done = arka("workspace", "serve", "--host", before + "ü" * 70)
    message = f"error: cannot listen on {shown}{'ü' * 70}:8765: that is not an address"
    assert (done.code, done.err.splitlines()[0]) == (1, message)


@pytest.mark.parametrize(
    ("url", "message"),
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
def test_unusable_database_is_an_error(home: Path, command: tuple[str, ...], url: str, message: str) -> None:
    for options, environ in (((f"--database-url={url}",), {}), ((), {"ARKA_DATABASE_URL": url})):
        done = arka("workspace", *command, *options, environ=environ)
        first, hint = done.err.splitlines()
        assert (done.code, done.out, first[: 7 + len(message)]) == (1, "", f"error: {message}")
        assert hint == "hint: use sqlite:////FULL/PATH, or postgresql://USER@HOST/NAME"
        assert "hidden" not in done.err


def test_file_that_is_not_a_database_is_not_changed(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "letter.txt"
    file.write_text("Dear reader, " * 100)
    done = arka("workspace", "serve", "--port", "0", "--database-url", f"sqlite:///{file}")
    assert (done.code, "file is not a database" in done.err) == (1, True)
    assert file.read_text() == "Dear reader, " * 100


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("https://tokens.example.com/somewhere", "hint: use https://tokens.example.com"),
        ("http://tokens.example.com", "hint: use https://tokens.example.com"),
        ("ftp://tokens.example.com", "is not a URL that a token may be sent to"),
    ],
)
@pytest.mark.parametrize("command", ["serve", "add-user me@example.com"])
def test_unusable_url_is_rejected(home: Path, command: str, url: str, message: str) -> None:
    done = arka("workspace", *command.split(), "--url", url)
    assert (done.code, done.out, message in done.err) == (1, "", True)


@pytest.mark.parametrize("package", numbers.part_of(["alembic", "fastapi", "sqlalchemy", "uvicorn", "jinja2"], 3))
def test_missing_package_names_the_extra_to_install(home: Path, package: str) -> None:
    script = "import sys; sys.modules[sys.argv.pop(1)] = None; from arka_config.__main__ import main; main()"
    line = [sys.executable, "-c", script, package, "workspace", "serve", "--port", "0"]
    done = subprocess.run(line, check=False, capture_output=True, encoding="utf-8", timeout=TIMEOUT)
    assert (done.returncode, done.stderr) == (
        1,
        f"error: a workspace needs {package}, which is not installed\nhint: {install_command('workspace')}\n",
    )


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("missing.json", "missing.json does not exist"),
        ("http://keys.example.com/", "--leak-keys: "),
        ("empty.json", "empty.json: no list of P-256 keys in GitHub's format"),
    ],
)
def test_unusable_keys_of_a_partner_are_an_error(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keys: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.json").write_text("{}")
    done = arka("workspace", "serve", "--port", "0", "--leak-keys", keys)
    assert (done.code, done.err.splitlines()[0].startswith(f"error: {message}")) == (1, True), done.err


def test_keys_of_a_partner_reach_every_worker(tmp_path: Path) -> None:
    keys = Partner().write_keys(tmp_path / "keys.json")
    url = f"sqlite:///{tmp_path / 'workspace.db'}"
    Workspace.open(app, url).close()
    with closing(Service(app, url, "", "127.0.0.1", leak_keys=str(keys)).open_workspace()) as workspace:
        assert workspace.leak_keys is not None
