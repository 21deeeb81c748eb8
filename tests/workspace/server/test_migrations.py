"""Migrations are explicit on PostgreSQL, and compatible with the programs before them."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import MetaData, insert, inspect, select, text

from arka_config.arka import app
from arka_config.errors import ConfigError
from arka_config.workspace.server import migrations
from arka_config.workspace.server.database import Database
from arka_config.workspace.server.migrations import OutdatedSchema, Schema, head, revisions
from arka_config.workspace.server.workspace import Workspace
from tests.cli.program import arka
from tests.workspace.server.clients import ANN

pytestmark = pytest.mark.usefixtures("home")


def upgrade_to(url: str, revision: str) -> None:
    """Run the migrations up to one of them, as the program of that time did."""
    with closing(Database.open(url)) as database, database.write() as session:
        config = migrations.alembic_config()
        config.attributes["connection"] = session.connection()
        command.upgrade(config, revision)


def pretend_newer(url: str, *, oldest_program: str) -> None:
    """Make the database look as if a newer program had migrated it."""
    with closing(Database.open(url)) as database, database.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        session.execute(text("UPDATE schema_compatibility SET oldest_program = :oldest"), {"oldest": oldest_program})


def read_revision(url: str) -> str:
    with closing(Database.open(url)) as database:
        return migrations.read_schema(database).revision


@pytest.mark.parametrize("before", ["", "0001"])
def test_only_sqlite_is_migrated_when_it_is_opened(bare_url: str, before: str) -> None:
    if before:
        upgrade_to(bare_url, before)
    if bare_url.startswith("sqlite"):
        Workspace.open(app, bare_url).close()
        assert read_revision(bare_url) == head()
        return
    state = f"is at migration {before}" if before else "has no tables yet"
    with pytest.raises(OutdatedSchema, match=f"{state}, and this program needs {head()}"):
        Workspace.open(app, bare_url)
    assert read_revision(bare_url) == before


@pytest.mark.parametrize("line", ["serve --port 0", f"add-user {ANN}", "list-users"])
@pytest.mark.parametrize("bare_url", [pytest.param("postgresql", marks=pytest.mark.peer("postgresql"))], indirect=True)
def test_commands_on_older_tables_name_the_migration(bare_url: str, line: str) -> None:
    upgrade_to(bare_url, "0001")
    done = arka("workspace", *line.split(), environ={"ARKA_DATABASE_URL": bare_url})
    assert (done.code, done.err.splitlines()[1]) == (1, "hint: arka workspace migrate")
    done = arka("workspace", *line.split(), "--database-url", bare_url)
    assert (done.code, done.err.splitlines()[1]) == (1, "hint: arka workspace migrate --database-url URL")
    assert read_revision(bare_url) == "0001"


def test_migrate_command_migrates_once(bare_url: str) -> None:
    upgrade_to(bare_url, "0001")
    line = ("workspace", "migrate", "--database-url", bare_url)
    checked = arka(*line, "--check")
    assert (checked.code, checked.err) == (3, f"The database needs a migration: it is at 0001, not {head()}\n")
    assert arka(*line, "--check", "--json").json == {"before": "0001", "after": "0001", "pending": True}
    assert arka(*line).err == f"✓ Migrated the database from 0001 to {head()}\n"
    assert (arka(*line, "--check").code, read_revision(bare_url)) == (0, head())
    assert arka(*line, "--json").json == {"before": head(), "after": head(), "pending": False}
    Workspace.open(app, bare_url).close()


def test_program_works_with_newer_tables_that_allow_it(bare_url: str) -> None:
    Workspace.open(app, bare_url, migrate=True).close()
    pretend_newer(bare_url, oldest_program=head())
    with closing(Workspace.open(app, bare_url)) as workspace:
        workspace.add_user(ANN)
    assert arka("workspace", "migrate", "--database-url", bare_url, "--json").json["after"] == "9999"
    assert read_revision(bare_url) == "9999"


@pytest.mark.parametrize("oldest_program", ["9999", ""])
def test_program_refuses_newer_tables_that_do_not_allow_it(bare_url: str, oldest_program: str) -> None:
    Workspace.open(app, bare_url, migrate=True).close()
    pretend_newer(bare_url, oldest_program=oldest_program)
    for migrate in (False, True):
        with pytest.raises(ConfigError, match="migrated by a newer version, to 9999") as error:
            Workspace.open(app, bare_url, migrate=migrate)
        assert error.value.hint == "run it with the version that was used last, or a newer one"


def test_schema_is_compatible_only_with_the_programs_that_it_names() -> None:
    assert Schema(head(), "").is_compatible
    assert Schema("9999", "0001").is_compatible
    assert not Schema("", "").is_compatible
    assert not Schema(revisions()[0], "0001").is_compatible  # an older one
    assert not Schema("9999", "").is_compatible
    assert not Schema("9999", "9998").is_compatible


@pytest.mark.parametrize("bare_url", [pytest.param("postgresql", marks=pytest.mark.peer("postgresql"))], indirect=True)
def test_migration_gives_up_if_a_table_stays_in_use(bare_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    upgrade_to(bare_url, "0001")
    monkeypatch.setattr(migrations, "_LOCK_TIMEOUT", 0.2)
    with closing(Database.open(bare_url)) as database:
        with database.read() as backup:
            backup.execute(text("SELECT count(*) FROM audit"))  # its transaction stays open
            with pytest.raises(ConfigError, match="so nothing was migrated"):
                migrations.migrate(database)
        assert read_revision(bare_url) == "0001"
        assert migrations.migrate(database).after == head()


# Expand first: if a later migration names a program, that program works with its tables.


def list_migrations() -> list[tuple[str, str]]:
    folder = Path(migrations.__file__).parent / "versions"
    modules = [import_module(f"{migrations.__name__}.versions.{path.stem}") for path in sorted(folder.glob("r*.py"))]
    return [(module.revision, module.oldest_program) for module in modules]


def test_each_migration_follows_the_one_before() -> None:
    assert tuple(revision for revision, _ in list_migrations()) == revisions()
    assert all("0001" <= oldest <= revision for revision, oldest in list_migrations())


def oldest_program() -> str:
    return max(oldest for _, oldest in list_migrations())


def read_tables(url: str) -> MetaData:
    with closing(Database.open(url)) as database:
        tables = MetaData()
        tables.reflect(database.engine)
        return tables


def test_migrations_only_add_what_older_programs_can_ignore(bare_url: str) -> None:
    upgrade_to(bare_url, oldest_program())
    before, rules_before = read_tables(bare_url), read_rules(bare_url)
    upgrade_to(bare_url, "head")
    after, rules_after = read_tables(bare_url), read_rules(bare_url)
    for name, table in before.tables.items():
        for column in table.columns:
            now = after.tables[name].columns[column.name]
            assert repr(now.type) == repr(column.type), f"{name}.{column.name} has another type"
            assert now.nullable or not column.nullable, f"{name}.{column.name} must not be NULL any more"
        for column in after.tables[name].columns:
            is_optional = column.nullable or column.server_default is not None or column.name in table.columns
            assert is_optional, f"{name}.{column.name} is new, and programs that do not know it cannot insert rows"
        assert rules_after[name] <= rules_before[name], f"rows of {name} must follow another rule"


def read_rules(url: str) -> dict[str, set[str | None]]:
    """Return the names of each table's rules that a row of an older program could break."""
    with closing(Database.open(url)) as database:
        found = inspect(database.engine)
        rules: dict[str, set[str | None]] = {}
        for table in found.get_table_names():
            named = (*found.get_unique_constraints(table), *found.get_check_constraints(table))
            unique_indexes = {index["name"] for index in found.get_indexes(table) if index["unique"]}
            rules[table] = unique_indexes | {rule["name"] for rule in named}
        return rules


def test_statements_of_the_oldest_program_work_after_the_last_migration(bare_url: str) -> None:
    upgrade_to(bare_url, oldest_program())
    tables = read_tables(bare_url).tables
    upgrade_to(bare_url, "head")
    now = datetime(2026, 1, 1, tzinfo=UTC)
    rows: dict[str, dict[str, Any]] = {
        "users": {"id": "usr_1", "email": ANN, "plan": "pro", "created": now},
        "tokens": {
            "id": "tok_1",
            "user_id": "usr_1",
            "digest": b"t" * 32,
            "label": "x",
            "last_four": "xxxx",
            "scopes": "",
            "created": now,
        },
        "sign_in_codes": {"digest": b"c" * 32, "user_id": "usr_1", "expires": now},
        "sessions": {"digest": b"s" * 32, "user_id": "usr_1", "expires": now},
        "attempts": {"kind": "sign-in", "address": "192.0.2.1", "ends": now, "count": 1},
        "audit": {"at": now, "user_id": "usr_1", "action": "signed in", "subject": "", "address": ""},
    }
    with closing(Database.open(bare_url)) as database, database.write() as session:
        for name, row in rows.items():
            session.execute(insert(tables[name]).values(row))
            assert session.execute(select(tables[name])).one() is not None
    with closing(Workspace.open(app, bare_url)) as workspace:  # and this program reads them
        assert workspace.find_user(ANN).tokens == 1
