"""If the workspace's database cannot grow, or a kill interrupts a write, at any page: it opens, and no user is lost.

SQLite writes it without the functions that test_faults.py replaces. Instead, the system limits the size of files, to
one size after another. At the limit, a write fails, or a signal kills the process.
"""

from __future__ import annotations

import resource
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.program import Result, arka
from tests.faults import CRASHED, NO_FAULT, run_in_fork
from tests.guarantees import numbers

LIMITS = range(0, 400 << 10, 1 << 12 if numbers.FULL else 1 << 14)  # bytes; a page of SQLite has 4096


def add(email: str) -> Result:
    return arka("workspace", "add-user", email)


def users(home: Path) -> list[str]:
    with closing(sqlite3.connect(home / "data" / "workspace.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return sorted(email for (email,) in connection.execute("SELECT email FROM users"))


@pytest.mark.slow
@pytest.mark.parametrize("is_killed", [False, True], ids=["error", "kill"])
def test_a_database_that_cannot_grow_is_reported_and_loses_no_user(home: Path, tmp_path: Path, is_killed: bool) -> None:
    assert add("first@example.com").code == 0
    before = ["first@example.com"]
    tried = failed = 0
    for limit in LIMITS:
        email = f"user-{limit}@example.com"

        def add_with_limit(limit: int = limit, email: str = email) -> dict[str, object]:
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL if is_killed else signal.SIG_IGN)
            resource.setrlimit(
                resource.RLIMIT_CORE, (0, 0)
            )  # the signal would leave a core file in the working directory
            _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
            done = add(email)
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            return done._asdict()

        result = run_in_fork(add_with_limit, NO_FAULT, tmp_path / "report")
        assert result.code != CRASHED, result.value
        tried += 1
        done = Result(**result.value[0]) if result.value else None
        failed += done is None or done.code != 0
        assert (done is None) is (result.code == -signal.SIGXFSZ)
        if done is not None and done.code == 0:
            before.append(email)
        elif done is not None:
            assert done.code == 1
            assert "Traceback" not in done.err, done.err
            assert done.err.count("error: ") == 1
            assert "workspace" in done.err
        now = users(home)
        assert set(before) <= set(now) <= {*before, email}
        before = now
        if done is not None and done.code == 0 and limit:
            break
    assert failed > 1
    assert add("last@example.com").code == 0
    numbers.record("faults", f"database {is_killed}", f'{{"database": {tried}}}')
