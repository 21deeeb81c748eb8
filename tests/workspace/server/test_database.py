"""The database: URLs, files, migrations, concurrency, and the cost of verifying a token."""

from __future__ import annotations

import os
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import event, insert, inspect, text

from arka_config.arka import app
from arka_config.errors import ConfigError
from arka_config.workspace.server import tokens
from arka_config.workspace.server.database import MAX_CONNECTIONS, Database, file_url
from arka_config.workspace.server.tables import Table, Token, User
from arka_config.workspace.server.workspace import Workspace
from tests.workspace.server.clients import ANN, UNKNOWN

if TYPE_CHECKING:
    from tests.workspace.server.postgresql import PostgreSQL

TABLES = {"alembic_version", *Table.metadata.tables}


def test_migrations_create_the_tables_and_are_idempotent(bare_url: str) -> None:
    Workspace.open(app, bare_url, migrate=True).close()
    workspace = Workspace.open(app, bare_url, migrate=True)
    workspace.add_user(ANN)
    workspace.close()
    workspace = Workspace.open(app, bare_url)
    engine = workspace.database.engine
    assert set(inspect(engine).get_table_names()) == TABLES
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Table.metadata) == []  # the migrations match the table classes
        assert connection.scalar(text("SELECT count(*) FROM alembic_version")) == 1
        assert connection.scalar(text("SELECT count(*) FROM users")) == 1
    workspace.close()


def open_and_add_user(url: str) -> str:
    workspace = Workspace.open(app, url, migrate=True)
    try:
        return workspace.add_user(ANN).id
    finally:
        workspace.close()


def test_concurrent_processes_migrate_once(bare_url: str) -> None:
    context = get_context("forkserver")  # imports once what the four need
    context.set_forkserver_preload([__name__])
    with context.Pool(4) as pool:
        ids = pool.map_async(open_and_add_user, [bare_url] * 4).get(timeout=120)
    assert len(set(ids)) == 1


def test_failed_migration_is_rolled_back(bare_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alembic.op.create_index", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        Workspace.open(app, bare_url, migrate=True)
    monkeypatch.undo()
    database = Database.open(bare_url)
    assert set(inspect(database.engine).get_table_names()) == set()
    database.close()
    Workspace.open(app, bare_url, migrate=True).close()


@pytest.mark.parametrize(
    "url",
    [
        "x",
        "",
        "mysql://u:hunter2@h/d",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file:x?mode=memory",
        "postgresql://h:x/hunter2",
    ],
)
def test_invalid_url_is_an_error_that_does_not_repeat_it(url: str) -> None:
    with pytest.raises(ConfigError) as error:
        Workspace.open(app, url)
    assert "hunter2" not in str(error.value) + error.value.hint
    assert "sqlite:////FULL/PATH" in error.value.hint


@pytest.mark.peer("postgresql")
def test_unreachable_server_is_an_error_without_the_password(server: PostgreSQL) -> None:
    for url in (
        "postgresql://ann:hunter2@127.0.0.1:9/workspace",
        f"postgresql://postgres:hunter2@/nothing?host={server.folder}",
        "postgres://ann:hunter2@/x?host=/nowhere",
    ):
        with pytest.raises(ConfigError, match="cannot open the database") as error:
            Workspace.open(app, url)
        assert "hunter2" not in str(error.value) + error.value.hint


def test_file_that_is_not_a_database_is_not_changed(tmp_path: Path) -> None:
    file = tmp_path / "workspace.db"
    file.write_text("shopping list\n" * 100)
    with pytest.raises(ConfigError, match="file is not a database"):
        Workspace.open(app, file_url(str(file)))
    assert file.read_text() == "shopping list\n" * 100


def test_error_on_a_full_disk_names_the_disk(tmp_path: Path) -> None:
    database = Workspace.open(app, file_url(str(tmp_path / "workspace.db"))).database
    event.listen(database.engine, "connect", lambda connection, _: connection.execute("PRAGMA max_page_count = 1"))
    database.engine.dispose()
    with (
        pytest.raises(ConfigError, match="database or disk is full") as error,
        database.report_errors(),
        database.write() as session,
    ):
        session.execute(text("CREATE TABLE filler AS SELECT randomblob(1000000)"))
    assert error.value.hint == f"make room on that disk: df -h '{tmp_path}'"
    database.close()


def test_database_files_are_private(tmp_path: Path, no_umask: None) -> None:
    file = tmp_path / "new" / "workspace #1?.db"
    workspace = Workspace.open(app, file_url(str(file)))
    workspace.add_user(ANN)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()}
    workspace.close()
    assert modes == {f"{file.name}{end}": 0o600 for end in ("", "-wal", "-shm")}
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_sqlite_is_opened_with_the_settings_that_the_workspace_needs(tmp_path: Path) -> None:
    workspace = Workspace.open(app, file_url(str(tmp_path / "w.db")))
    with workspace.database.read() as session:
        settings = {
            name: session.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
        }
    workspace.close()
    assert settings == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2, "busy_timeout": 10_000}


def test_readers_do_not_wait_for_a_writer(tmp_path: Path) -> None:
    workspace = Workspace.open(app, file_url(str(tmp_path / "w.db")))
    workspace.add_user(ANN)
    token = workspace.issue(ANN, "x").secret.reveal()
    assert workspace.verifier.verify_now(token)
    other = sqlite3.connect(tmp_path / "w.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    other.execute("UPDATE tokens SET label = 'half done'")
    found = workspace.verifier.verify_now(token)
    assert found is not None
    assert found.label == "x"
    other.close()
    workspace.close()


def test_concurrent_writers_wait_and_lose_nothing(database_url: str) -> None:
    workspace = Workspace.open(app, database_url)
    workspace.add_user(ANN)
    with ThreadPoolExecutor(2 * MAX_CONNECTIONS) as pool:
        ids = list(pool.map(lambda number: workspace.issue(ANN, f"number {number}").token.id, range(60)))
    with workspace.database.read() as session:
        rows = tokens.list_tokens(session, user_id_of(workspace), 100)
    workspace.close()
    assert {token.id for token in rows} == set(ids)


def user_id_of(workspace: Workspace) -> str:
    return workspace.add_user(ANN).id


def test_timestamps_are_utc_in_any_time_zone(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    workspace = Workspace.open(app, database_url)
    workspace.add_user(ANN)
    expires = datetime(2999, 3, 29, 1, 30, tzinfo=UTC)
    times = []
    for zone in ("Pacific/Kiritimati", "America/St_Johns"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        issued = workspace.issue(ANN, zone, [], expires)
        token = workspace.verifier.verify_now(issued.secret.reveal())
        assert token is not None
        times += [token.expires, token.created]
    monkeypatch.undo()
    time.tzset()
    workspace.close()
    assert times[0] == times[2] == expires
    assert all(time_ is not None and time_.utcoffset() == timedelta(0) for time_ in times)
    assert all(
        time_ is not None and abs(time_ - datetime.now(UTC)) < timedelta(minutes=5) for time_ in (times[1], times[3])
    )


def fill(workspace: Workspace, rows: int) -> None:
    user = workspace.add_user(ANN).id
    now = datetime.now(UTC)
    row: dict[str, Any] = {"user_id": user, "label": "x", "last_four": "xxxx", "scopes": "", "created": now}
    with workspace.database.write() as session:
        session.execute(insert(Token), [row | {"id": f"tok_{n:022}", "digest": os.urandom(32)} for n in range(rows)])
        session.execute(
            insert(User),
            [{"id": f"usr_{n:022}", "email": f"{n}@x", "plan": "pro", "created": now} for n in range(rows)],
        )


def test_verification_is_one_indexed_query(database_url: str) -> None:
    workspace = Workspace.open(app, database_url)
    fill(workspace, 5_000)
    token = workspace.issue(ANN, "x").secret.reveal()
    database = workspace.database
    with database.write() as session:
        session.execute(text("ANALYZE"))
    executed: list[tuple[str, Any]] = []
    for engine in (database.engine, database.lookups):
        event.listen(engine, "before_cursor_execute", lambda *args: executed.append((args[2], args[3])))
    assert workspace.verifier.verify_now(token) is not None
    assert workspace.verifier.verify_now(UNKNOWN) is None
    statements = [(statement, values) for statement, values in executed if statement.startswith("SELECT")]
    assert len(executed) == len(statements) == 2  # no BEGIN, no ping, no update
    with database.engine.connect() as connection:
        explain = "EXPLAIN QUERY PLAN " if database.is_sqlite else "EXPLAIN "
        plan = " ".join(str(row) for row in connection.exec_driver_sql(explain + statements[0][0], statements[0][1]))
    workspace.close()
    for index in (
        ("uq_tokens_digest", "pk_users")
        if not database.is_sqlite
        else ("SEARCH tokens USING INDEX", "SEARCH users USING INDEX")
    ):
        assert index in plan
    assert "SCAN tokens" not in plan
    assert "Seq Scan" not in plan


def test_malformed_token_is_not_looked_up(database_url: str) -> None:
    workspace = Workspace.open(app, database_url)
    executed: list[str] = []
    event.listen(workspace.database.lookups, "before_cursor_execute", lambda *args: executed.append(args[2]))
    for text_ in ("", "x", "ghp_" + "x" * 37, "arka_" + "x" * 300):
        assert workspace.verifier.verify_now(text_) is None
    workspace.close()
    assert executed == []


def test_deleting_a_user_keeps_only_the_audit_log(database_url: str) -> None:
    workspace = Workspace.open(app, database_url)
    user = workspace.add_user(ANN, "pro").id
    token = workspace.issue(ANN, "x").secret.reveal()
    with workspace.database.write() as session:
        session.execute(text("DELETE FROM users WHERE email = :email"), {"email": ANN})
    assert workspace.verifier.verify_now(token) is None
    with workspace.database.read() as session:
        left = {table: session.scalar(text(f"SELECT count(*) FROM {table}")) for table in ("tokens", "sign_in_codes")}
        entries = session.scalar(text("SELECT count(*) FROM audit WHERE user_id = :id"), {"id": user})
    workspace.close()
    assert left == {"tokens": 0, "sign_in_codes": 0}
    assert entries == 3


def test_backup_of_a_database_in_use(tmp_path: Path) -> None:
    workspace = Workspace.open(app, file_url(str(tmp_path / "w.db")))
    workspace.add_user(ANN, "pro")
    token = workspace.issue(ANN, "x").secret.reveal()
    with closing(sqlite3.connect(tmp_path / "w.db")) as connection:
        connection.execute("VACUUM INTO ?", (str(tmp_path / "backup.db"),))
    workspace.close()
    restored = Workspace.open(app, file_url(str(tmp_path / "backup.db")))
    assert restored.verifier.verify_now(token) is not None
    restored.close()
