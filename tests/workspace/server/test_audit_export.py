"""The exported audit log is complete and append-only, and is replayed after a backup was restored."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from arka_config.arka import app
from arka_config.errors import ConfigError
from arka_config.workspace.server import audit_export, records, tokens
from arka_config.workspace.server.audit_export import Replayed
from arka_config.workspace.server.tables import AuditEntry, BrowserSession, SignInCode
from arka_config.workspace.server.workspace import Workspace
from tests import peers
from tests.cli.program import arka
from tests.workspace.server.clients import ANN, BOB
from tests.workspace.server.postgresql import PostgreSQL

EVE = "eve@example.com"


@pytest.fixture
def opened(database_url: str) -> Iterator[Workspace]:
    with closing(Workspace.open(app, database_url)) as workspace:
        workspace.add_user(ANN, "pro")
        yield workspace


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Workspace]:
    """A workspace in a SQLite file, for tests that do not depend on the database."""
    with closing(Workspace.open(app, f"sqlite:///{tmp_path / 'workspace.db'}")) as workspace:
        workspace.add_user(ANN, "pro")
        yield workspace


def read_lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def revoke(workspace: Workspace, token: tokens.Issued) -> None:
    with workspace.database.write() as session:
        assert tokens.revoke(session, token.token.user_id, token.token.id, address="192.0.2.1")


def accepts(workspace: Workspace, token: tokens.Issued) -> bool:
    return workspace.verifier.verify_now(token.secret.reveal()) is not None


# Export


def test_export_appends_only_new_entries(local: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    assert audit_export.export(local.database, str(path)) == 2
    before = path.read_text()
    assert audit_export.export(local.database, str(path)) == 0
    token = local.issue(ANN, "CI").token
    assert audit_export.export(local.database, str(path)) == 1
    assert path.read_text().startswith(before)
    last = read_lines(path)[-1]
    assert (last["version"], last["action"], last["subject"], last["user_id"]) == (
        *(1, "token created", token.id),
        token.user_id,
    )
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_export_finds_an_entry_that_was_committed_late(opened: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    opened.issue(ANN, "first")
    audit_export.export(opened.database, str(path))
    with opened.database.write() as session:  # its transaction began before the last exported entry, but was slow
        records.audit(session, records.TOKEN_REVOKED, user_id=None, subject="tok_late")
        session.flush()
        session.execute(update(AuditEntry).where(AuditEntry.subject == "tok_late").values(at=seconds_ago(60)))
    assert audit_export.export(opened.database, str(path)) == 1
    assert read_lines(path)[-1]["subject"] == "tok_late"


def seconds_ago(seconds: float) -> datetime:
    return datetime.now(UTC) - timedelta(seconds=seconds)


@pytest.mark.parametrize("kept", [1, 5, 40])
def test_interrupted_export_is_completed(local: Workspace, tmp_path: Path, kept: int) -> None:
    path = tmp_path / "audit.jsonl"
    audit_export.export(local.database, str(path))
    complete = path.read_bytes()
    first = complete.index(b"\n") + 1
    path.write_bytes(complete[: first + kept])
    assert audit_export.export(local.database, str(path)) == 1
    assert path.read_bytes() == complete


def test_export_reads_only_the_end_of_a_long_file(
    local: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "audit.jsonl"
    for number in range(20):
        local.issue(ANN, f"number {number}")
    monkeypatch.setattr(audit_export, "_OVERLAP", timedelta(0))
    assert audit_export.export(local.database, str(path)) == 22
    monkeypatch.setattr(audit_export, "_TAIL", 700)
    local.issue(ANN, "last")
    assert audit_export.export(local.database, str(path)) == 1


@pytest.mark.parametrize("content", ["Dear reader,\n", "[]\n", '{"version": 1}\n', '{"at": 5}\n', "no newline"])
def test_file_that_is_not_an_export_is_not_changed(local: Workspace, tmp_path: Path, content: str) -> None:
    path = tmp_path / "letter.txt"
    path.write_text(content)
    with pytest.raises(ConfigError, match="is not an entry of an exported audit log"):
        audit_export.export(local.database, str(path))
    assert path.read_text() == content


# Backup and restore


def back_up(url: str, folder: Path) -> Path:
    """Back up a database in use, as docs/guides/backup.md says."""
    file = folder / "backup"
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            connection.execute("VACUUM INTO ?", (str(file),))
    else:
        program = peers.postgresql_programs() / "pg_dump"
        subprocess.run([program, "--format=custom", f"--file={file}", url], check=True, timeout=60)
    return file


def restore(file: Path, request: pytest.FixtureRequest, kind: str) -> str:
    """Restore a backup to another database, and return its URL."""
    if kind == "sqlite":
        return f"sqlite:///{file}"
    server: PostgreSQL = request.getfixturevalue("server")
    url = server.create_database()
    program = peers.postgresql_programs() / "pg_restore"
    subprocess.run([program, "--exit-on-error", f"--dbname={url}", file], check=True, timeout=60)
    return url


def test_restored_backup_revokes_again_what_was_revoked_since(
    opened: Workspace, database_url: str, tmp_path: Path, home: Path, request: pytest.FixtureRequest
) -> None:
    opened.add_user(BOB, "pro")
    opened.add_user(EVE, "pro")
    kept, leaked, of_bob, of_eve = (opened.issue(email, email) for email in (ANN, ANN, BOB, EVE))
    backup = back_up(database_url, tmp_path)
    revoke(opened, leaked)
    opened.remove_user(BOB)
    opened.set_plan(EVE, "free")
    lost = opened.issue(ANN, "created after the backup")
    export = tmp_path / "audit.jsonl"
    assert arka("workspace", "audit", "--database-url", database_url, "--export", str(export)).code == 0

    url = restore(backup, request, database_url.partition(":")[0])
    with closing(Workspace.open(app, url)) as restored:
        assert [accepts(restored, token) for token in (kept, leaked, of_bob, lost)] == [True, True, True, False]
        done = arka("workspace", "replay-audit", str(export), "--database-url", url)
        assert (done.code, done.err.splitlines()[0]) == (
            0,
            "✓ Revoked 1 tokens again, removed 1 users, and set 1 plans",
        )
        assert [accepts(restored, token) for token in (kept, leaked, of_bob)] == [True, False, False]
        assert {user.email: user.plan for user in restored.list_users()} == {ANN: "pro", EVE: "free"}
        found = restored.verifier.verify_now(of_eve.secret.reveal())
        assert found is not None
        assert found.user.plan == "free"
        with restored.database.read() as session:
            assert session.scalars(select(SignInCode.digest)).all() == []
            assert session.scalars(select(BrowserSession.digest)).all() == []
        again = arka("workspace", "replay-audit", str(export), "--database-url", url, "--json").json
        assert {name: again[name] for name in ("tokens", "users", "plans", "sessions")} == {
            "tokens": 0,
            "users": 0,
            "plans": 0,
            "sessions": 0,
        }


def test_old_plans_are_not_replayed(local: Workspace, tmp_path: Path) -> None:
    local.set_plan(ANN, "free")
    local.set_plan(ANN, "pro")
    path = tmp_path / "audit.jsonl"
    audit_export.export(local.database, str(path))
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if '"subject": "pro"' not in line))  # an export that ends earlier
    done = audit_export.replay(local.database, audit_export.read_entries(str(path)))
    assert done.plans == 0
    assert local.find_user(ANN).plan == "pro"


def test_every_action_can_be_searched_for() -> None:
    constants = {name: value for name, value in vars(records).items() if name.isupper() and isinstance(value, str)}
    assert set(constants.values()) - {records.LOCAL} == records.ACTIONS


def test_every_kind_of_revocation_is_replayed(local: Workspace, tmp_path: Path) -> None:
    assert {action for action in records.ACTIONS if "revoked" in action} == records.REVOCATIONS
    issued = [local.issue(ANN, action) for action in sorted(records.REVOCATIONS)]
    path = tmp_path / "log.jsonl"
    rows = [
        {"time": "2027-01-01T00:00:00.000Z", "level": "info", "logger": "access", "message": "GET /"},
        *(
            {
                "logger": "audit",
                "audit": {
                    "version": 1,
                    "id": 1,
                    "at": "2027-01-01T00:00:00.000000Z",
                    "action": action,
                    "user_id": None,
                    "subject": token.token.id,
                },
            }
            for action, token in zip(sorted(records.REVOCATIONS), issued, strict=True)
        ),
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows) + '{"logger": "aud')  # the server was killed
    done = audit_export.replay(local.database, audit_export.read_entries(str(path)))
    assert done.tokens == len(issued)
    assert not any(accepts(local, token) for token in issued)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("nonsense\n", "line 3 is not an entry of an exported audit log"),
        ('{"version": 2, "at": "2027-01-01T00:00:00Z"}\n', "line 3 was written by a newer version"),
    ],
)
def test_line_that_cannot_be_read_stops_the_replay(local: Workspace, tmp_path: Path, line: str, message: str) -> None:
    token = local.issue(ANN, "CI")
    revoke(local, token)
    path = tmp_path / "audit.jsonl"
    audit_export.export(local.database, str(path))
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:2], line, *lines[2:]]))
    with pytest.raises(ConfigError, match=message):
        audit_export.replay(local.database, audit_export.read_entries(str(path)))


def test_every_token_is_revoked_if_there_is_no_export(opened: Workspace) -> None:
    issued = [opened.issue(ANN, "CI") for _ in range(3)]
    assert audit_export.revoke_all(opened.database) == Replayed(3, 0, 0, 0, None)
    assert not any(accepts(opened, token) for token in issued)


# The commands


def test_replay_needs_an_export_or_a_confirmation(home: Path) -> None:
    assert arka("workspace", "replay-audit").code == 2
    assert arka("workspace", "replay-audit", "--revoke-all", "x.jsonl").code == 2
    refused = arka("workspace", "replay-audit", "--revoke-all", "--no-input")
    assert (refused.code, "--yes" in refused.err) == (2, True)
    assert arka("workspace", "replay-audit", "--revoke-all", "--yes").code == 0
    missing = arka("workspace", "replay-audit", str(home / "missing.jsonl"))
    assert (missing.code, "missing.jsonl" in missing.err) == (1, True)


def test_audit_is_filtered_by_user_event_token_and_time(opened: Workspace, database_url: str, home: Path) -> None:
    opened.add_user(BOB)
    issued = opened.issue(ANN, "CI")
    with opened.database.write() as session:
        successor = tokens.rotate(session, app, issued.token.id, expires=None, same_end=True, address="192.0.2.1")
    assert successor is not None
    first = issued.token.id

    def events(*options: str) -> list[str]:
        done = arka("workspace", "audit", "--json", "--database-url", database_url, *options)
        return [entry["action"] for entry in done.json["entries"]]

    assert events("--user", BOB) == events("--user", opened.find_user(BOB).id) == ["user added", "sign-in link made"]
    assert events("--event", "token created", "--event", "token rotated") == ["token created", "token rotated"]
    assert events("--token", first) == ["token created", "token rotated"]
    assert events("--token", successor.token.id) == ["token rotated"]
    assert events("--since", "1h", "--user", BOB) == ["user added", "sign-in link made"]
    assert events("--until", "1h") == events("--since", "2999-01-01") == []
    assert events("--limit", "1") == ["token rotated"]
    table = arka("workspace", "audit", "--database-url", database_url, "--token", first).out.splitlines()
    assert table[0].split() == ["TIME", "EVENT", "USER", "SUBJECT", "TOKEN", "ADDRESS"]
    assert table[2].split()[2:] == ["token", "rotated", ANN, first, successor.token.id, first, "192.0.2.1"]


def test_audit_rejects_unknown_events_and_times(home: Path) -> None:
    done = arka("workspace", "audit", "--event", "token revokd")
    assert (done.code, "token revoked" in done.err) == (2, True)
    assert arka("workspace", "audit", "--since", "soon").code == 2
    assert arka("workspace", "audit", "--export", "x", "--user", ANN).code == 2
    assert not os.path.exists("x")
