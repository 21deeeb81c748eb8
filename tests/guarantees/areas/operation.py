"""Operating a workspace: migrations, logs, retention, backup, replicas."""

from __future__ import annotations

from tests.guarantees.guarantee import Guarantee, Mutant

GUARANTEES: list[Guarantee] = [
    Guarantee(
        "A PostgreSQL database is migrated by `workspace migrate` only, and a server refuses tables that its version "
        "does not work with.",
        ("workspace/server/test_migrations.py",),
        ("PostgreSQL migrated by any command", "newer tables of any version"),
    ),
    Guarantee(
        "A workspace's log and metrics have no token, code, path or header: a request is recorded by its route, and "
        "its id is hexadecimal.",
        ("workspace/server/test_observation.py",),
        ("paths in the access log", "any text as a request id"),
    ),
    Guarantee(
        "After a backup of a workspace was restored, the tokens that were revoked since are revoked again from the "
        "exported audit log, and a line that cannot be read stops that.",
        ("workspace/server/test_audit_export.py",),
        ("reported tokens revived by a restore", "an unreadable line is skipped", "late entries are not exported"),
    ),
    Guarantee(
        "A workspace's audit log names the token that an action was done with, and is deleted, as expired tokens are, "
        "only after the time that the operator set.",
        (
            "workspace/server/test_records.py::test_audit_log_names_the_acting_token",
            "workspace/server/test_cleanup.py",
        ),
        ("a revocation without its acting token", "tokens deleted as soon as they expire", "two servers clean up"),
    ),
    Guarantee(
        "With two replicas behind nginx, a kill, a restart and a migration to the next version fail no request, except "
        "one that changes something and was being answered by the killed process.",
        ("deploy/test_replicas.py",),
    ),
]

MUTANTS: list[Mutant] = [
    Mutant(
        "PostgreSQL migrated by any command",
        "workspace/server/migrations/__init__.py",
        "if database.is_sqlite:\n        migrate",
        "if database:\n        migrate",
        "tests/workspace/server/test_migrations.py::test_only_sqlite_is_migrated_when_it_is_opened[postgresql-0001]",
        error="DID NOT RAISE OutdatedSchema",
    ),
    Mutant(
        "newer tables of any version",
        "workspace/server/migrations/__init__.py",
        '"" < self.oldest_program <= head()',
        "True",
        "tests/workspace/server/test_migrations.py::test_schema_is_compatible_only_with_the_programs_that_it_names",
        'not Schema("9999", "").is_compatible',
    ),
    Mutant(
        "paths in the access log",
        "workspace/server/request_observer.py",
        "route[0] if route else _plain_route(scope)",
        'scope["path"]',
        "tests/workspace/server/test_observation.py::test_access_log_has_routes_and_no_secrets",
        "f\"{method.replace(SECRET, 'other')} {route} \" in line",
    ),
    Mutant(
        "any text as a request id",
        "workspace/server/request_observer.py",
        "[0-9A-Fa-f-]{16,64}",
        "(?s:.){1,64}",
        "tests/workspace/server/test_observation.py::test_invalid_request_id_is_replaced",
        "len(chosen) == 32",
    ),
    Mutant(
        "reported tokens revived by a restore",
        "workspace/server/audit_export.py",
        "entry.action in records.REVOCATIONS",
        "entry.action == records.TOKEN_REVOKED",
        "tests/workspace/server/test_audit_export.py::test_every_kind_of_revocation_is_replayed",
        "done.tokens == len(issued)",
    ),
    Mutant(
        "an unreadable line is skipped",
        "workspace/server/audit_export.py",
        '    raise ConfigError(f"{place} {reason}"',
        '    return {}\n    raise ConfigError(f"{place} {reason}"',
        "tests/workspace/server/test_audit_export.py::test_line_that_cannot_be_read_stops_the_replay",
        error="DID NOT RAISE ConfigError",
    ),
    Mutant(
        "late entries are not exported",
        "workspace/server/audit_export.py",
        "last - _OVERLAP",
        "last",
        "tests/workspace/server/test_audit_export.py::test_export_finds_an_entry_that_was_committed_late[sqlite]",
        "audit_export.export(opened.database, str(path)) == 1",
    ),
    Mutant(
        "a revocation without its acting token",
        "workspace/server/api/routes.py",
        "            target,\n            address=caller.address,\n            acting_token=caller.token.id,",
        "            target,\n            address=caller.address,",
        "tests/workspace/server/test_records.py::test_audit_log_names_the_acting_token[sqlite]",
        'acted["token revoked", own] == manager',
    ),
    Mutant(
        "tokens deleted as soon as they expire",
        "workspace/server/cleanup.py",
        "Token.expires <= now - retention.expired",
        "Token.expires <= now",
        "tests/workspace/server/test_cleanup.py::test_tokens_are_deleted_only_if_expired_for_longer[sqlite]",
        "clean_up(opened.database, Retention(expired=30 * DAY))",
    ),
    Mutant(
        "two servers clean up",
        "workspace/server/cleanup.py",
        "where=Job.started <= now - every",
        "where=Job.started <= now",
        "tests/workspace/server/test_cleanup.py::test_one_of_several_servers_claims_the_hour[sqlite]",
        "sorted(pool.map(claim, databases))",
    ),
]
