"""The workspace server."""

from __future__ import annotations

from tests.guarantees.guarantee import Guarantee, Mutant

GUARANTEES: list[Guarantee] = [
    Guarantee(
        "A workspace's token without `tokens:manage` cannot extend its own life: what it is rotated to ends in the "
        "same second, and has the same user and scopes.",
        ("workspace/server/test_tokens.py",),
        ("token extends its own life by rotating",),
    ),
    Guarantee(
        "A workspace takes a client's address only from its connection, or from a trusted proxy, and only if it is an "
        "address: a forged header does not evade a limit, and does not reach the audit log.",
        ("workspace/server/test_proxies.py",),
        ("X-Forwarded-For of any peer", "X-Forwarded-For with any text"),
    ),
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
]

MUTANTS: list[Mutant] = [
    Mutant(
        "token extends its own life by rotating",
        "workspace/server/tokens.py",
        "if expires is None or expires > old.expires:",
        "if expires is None:",
        "tests/workspace/server/test_tokens.py::test_rotations_of_an_ordinary_token_end_in_the_same_second[sqlite]",
        "201 == 422",
    ),
    Mutant(
        "X-Forwarded-For of any peer",
        "workspace/server/proxies.py",
        "if not forwarded or client is None or not _is_in(client, trusted):",
        "if not forwarded or client is None:",
        "tests/workspace/server/test_proxies.py::test_client_is_the_last_address_that_is_not_a_trusted_proxy",
        "'203.0.113.9' == '192.0.2.1'",
    ),
    Mutant(
        "X-Forwarded-For with any text",
        "workspace/server/proxies.py",
        'text.partition("%")[0]',
        "text",
        "tests/workspace/server/test_proxies.py::test_client_is_the_last_address_that_is_not_a_trusted_proxy",
        "x1b",
    ),
    Mutant(
        "PostgreSQL migrated by any command",
        "workspace/server/migrations/__init__.py",
        "if database.is_sqlite:\n        migrate",
        "if database:\n        migrate",
        "tests/workspace/server/test_migrations.py::test_only_sqlite_is_migrated_when_it_is_opened[postgresql-0001]",
        "DID NOT RAISE",
    ),
    Mutant(
        "newer tables of any version",
        "workspace/server/migrations/__init__.py",
        '"" < self.oldest_program <= head()',
        "True",
        "tests/workspace/server/test_migrations.py::test_schema_is_compatible_only_with_the_programs_that_it_names",
        "AssertionError",
    ),
    Mutant(
        "paths in the access log",
        "workspace/server/request_observer.py",
        "route[0] if route else _plain_route(scope)",
        'scope["path"]',
        "tests/workspace/server/test_observation.py::test_access_log_has_routes_and_no_secrets",
        "s3cr3t",
    ),
    Mutant(
        "any text as a request id",
        "workspace/server/request_observer.py",
        "[0-9A-Fa-f-]{16,64}",
        "(?s:.){1,64}",
        "tests/workspace/server/test_observation.py::test_invalid_request_id_is_replaced",
        "AssertionError",
    ),
]
