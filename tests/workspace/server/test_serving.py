"""`workspace serve` as it is run: several workers, one socket, one database, and an end that loses nothing."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, NamedTuple

import httpx
import pytest

from tests import no_network
from tests.workspace.server.calling import ANN, UNKNOWN, form_key, shown_token

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ARKA = os.path.join(os.path.dirname(sys.executable), "arka")
PATIENCE = 60  # seconds
AT_ONCE = 8


class Served(NamedTuple):
    """A workspace in processes of its own."""

    process: subprocess.Popen[str]
    url: str
    environ: dict[str, str]

    def workers(self) -> list[int]:
        """The processes that serve."""
        line = ["ps", "-ww", "-o", "pid=", "-o", "args=", "--ppid", str(self.process.pid)]
        found = subprocess.run(line, check=False, capture_output=True, text=True)
        return [int(line.split()[0]) for line in found.stdout.splitlines() if "spawn_main" in line]

    def link(self) -> str:
        """A new sign-in link."""
        line = [ARKA, "workspace", "add-user", ANN, "--plan", "pro", "--url", self.url]
        return subprocess.run(line, env=self.environ, check=True, capture_output=True, text=True).stdout.strip()


@contextmanager
def serving(home: Path, database_url: str, *options: str, workers: int = 2) -> Iterator[Served]:
    environ = {"HOME": str(home), "PATH": os.environ["PATH"], "ARKA_HOME": str(home / "arka"), **no_network.VARIABLES}
    environ["ARKA_DATABASE_URL"] = database_url
    line = [ARKA, "workspace", "serve", "--port", "0", "--workers", str(workers), "--json", *options]
    with (
        open(home / "stderr", "w") as said,
        subprocess.Popen(line, env=environ, stdout=subprocess.PIPE, stderr=said, text=True) as process,
    ):
        try:
            assert process.stdout is not None
            url = json.loads(process.stdout.readline())["url"]
            yield Served(process, url, environ)
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE)
            finally:
                process.kill()


def until(condition: object, seconds: float = PATIENCE) -> None:
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def token_of(served: Served, client: httpx.Client) -> str:
    """A token that was made on the page, with one connection: whichever worker that leads to."""
    code = served.link()
    page = client.get("/sign-in")
    signed_in = client.post("/sign-in", data={"form_key": form_key(page.text), "code": code}, follow_redirects=True)
    fields = {"form_key": form_key(signed_in.text), "label": "x", "expiry": "never", "manage": "yes"}
    return shown_token(client.post("/app/personal/settings/tokens", data=fields).text)


@pytest.mark.slow
def test_several_workers_are_one_workspace(tmp_path: Path, database_url: str) -> None:
    with serving(tmp_path, database_url) as served:
        with httpx.Client(base_url=served.url, trust_env=False, timeout=PATIENCE) as client:
            token = token_of(served, client)
        until(lambda: len(served.workers()) == 2)

        def status(secret: str, method: str = "GET", path: str = "me") -> int:
            headers = {"Authorization": f"Bearer {secret}"}  # and a connection of its own, to either of them
            return httpx.request(
                method, f"{served.url}/api/v1/{path}", headers=headers, trust_env=False, timeout=PATIENCE
            ).status_code

        assert {status(token) for _ in range(30)} == {200}
        assert status(token, "DELETE", "tokens/current") == 204
        assert {status(token) for _ in range(30)} == {401}
        with ThreadPoolExecutor(AT_ONCE) as pool:
            refused = Counter(pool.map(status, [UNKNOWN] * 140))
        assert refused.keys() == {401, 429}
        assert 70 <= refused[401] <= 70 + AT_ONCE  # with the 30 before they are 100, whichever worker counted them
        first, second = served.workers()
        os.kill(first, signal.SIGKILL)
        until(lambda: len(served.workers()) == 2 and first not in served.workers())
        assert second in served.workers()
        assert status(token) in (401, 429)
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(PATIENCE) == 0
        until(lambda: not served.workers())
    said = (tmp_path / "stderr").read_text()
    assert "Traceback" not in said
    assert token not in said
    assert UNKNOWN not in said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_signal_ends_it_and_leaves_no_worker_behind(tmp_path: Path, number: int, workers: int) -> None:
    with serving(tmp_path, f"sqlite:///{tmp_path / 'w.db'}", workers=workers) as served:
        assert httpx.get(f"{served.url}/sign-in", trust_env=False, timeout=PATIENCE).status_code == 200
        pids = served.workers()
        served.process.send_signal(number)
        assert served.process.wait(PATIENCE) == 0
        until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in pids))
    assert (tmp_path / "stderr").read_text().endswith("stopped\n")


def test_workers_end_when_the_one_that_started_them_is_killed(tmp_path: Path) -> None:
    with serving(tmp_path, f"sqlite:///{tmp_path / 'w.db'}") as served:
        assert httpx.get(f"{served.url}/sign-in", trust_env=False, timeout=PATIENCE).status_code == 200
        pids = served.workers()
        served.process.kill()
        served.process.wait(PATIENCE)
        until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in pids))


def test_the_password_of_the_database_is_in_no_line_that_it_says(tmp_path: Path) -> None:
    done = subprocess.run(
        [ARKA, "workspace", "serve", "--port", "0", "--database-url", "postgresql://ann:hunter2@127.0.0.1:9/x"],
        env={"HOME": str(tmp_path), "PATH": os.environ["PATH"]},
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert (done.returncode, "hunter2" in done.stdout + done.stderr) == (1, False)
    assert "cannot open the database postgresql+psycopg://ann:***@127.0.0.1:9/x" in done.stderr


@pytest.mark.parametrize("address", ["192.0.2.7, 203.0.113.9", "203.0.113.9"])
def test_behind_a_proxy_the_address_is_the_one_that_the_proxy_saw(tmp_path: Path, address: str) -> None:
    """The last one: what stands before it, the client may have made up."""
    database = f"sqlite:///{tmp_path / 'w.db'}"
    with serving(tmp_path, database, "--url", "https://workspace.example", workers=1):
        own = re.search(r"at https://workspace.example, on (http://127.0.0.1:\d+)\n", (tmp_path / "stderr").read_text())
        assert own
        for _ in range(2):
            answer = httpx.get(
                f"{own[1]}/api/v1/me",
                headers={"Host": "workspace.example", "X-Forwarded-For": address, "Authorization": f"Bearer {UNKNOWN}"},
                trust_env=False,
                timeout=PATIENCE,
            )
            assert answer.status_code == 401
    with closing(sqlite3.connect(tmp_path / "w.db")) as connection:
        found = connection.execute("SELECT address, count FROM attempts").fetchall()
    assert found == [("203.0.113.9", 2)]
