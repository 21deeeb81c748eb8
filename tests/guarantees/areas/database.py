"""The workspace server's database: outages, and how the limits of one address affect others."""

from __future__ import annotations

from tests.guarantees.guarantee import Guarantee, Mutant

GUARANTEES: list[Guarantee] = [
    Guarantee(
        "A frozen, stopped, read-only or full database gives 503 within 3 seconds, refuses no valid token that it can "
        "still read, and is logged once when that begins and once when it ends.",
        ("workspace/server/test_outages.py",),
        (
            "no time limit for a statement",
            "each request tries a silent database",
            "read-only is an internal error",
            "connections to a read-only server stay",
            "a line for each failed request",
            "log deleted with the last connection",
        ),
    ),
    Guarantee(
        "A client that sends invalid tokens is limited, and no other client behind the same address is: a valid token "
        "works, and an invalid one is reported as invalid.",
        (
            "workspace/server/test_auth.py::test_bad_tokens_of_one_client_reject_no_other_client_behind_the_address",
            "workspace/server/test_auth.py::test_bad_token_that_cannot_be_counted_in_the_database_is_invalid_and_limited",
            "workspace/client/test_client.py::test_429_with_a_challenge_for_the_token_is_an_invalid_token",
        ),
        ("limit for every bad token of an address", "uncounted bad token is not limited", "429 hides an invalid token"),
    ),
]

_OUTAGE_TESTS = "tests/workspace/server/test_outages.py"

MUTANTS: list[Mutant] = [
    Mutant(
        "no time limit for a statement",
        "workspace/server/postgresql.py",
        "poll.poll(1000 * max(deadline - time.monotonic(), 0))",
        "poll.poll(1000 * max(deadline + 4 - time.monotonic(), 0))",
        f"{_OUTAGE_TESTS}::test_request_does_not_wait_if_the_server_freezes_between_two_statements",
        "time.monotonic() - started < LONGEST",
    ),
    Mutant(
        "each request tries a silent database",
        "workspace/server/outages.py",
        "        self._silent_until = time.monotonic() + _PAUSE",
        "        pass",
        f"{_OUTAGE_TESTS}::test_frozen_server_gives_503_within_3_seconds_and_hangs_nothing",
        "max(each.elapsed.total_seconds() for each in responses) < LONGEST",
    ),
    Mutant(
        "read-only is an internal error",
        "workspace/server/postgresql.py",
        "        if isinstance(original, ReadOnlySqlTransaction):",
        "        if isinstance(original, ReadOnlySqlTransaction) and not context:",
        f"{_OUTAGE_TESTS}::test_read_only_server_gives_503_for_writes_and_reads_go_on",
        error="httpx.ReadError: ",
    ),
    Mutant(
        "connections to a read-only server stay",
        "workspace/server/postgresql.py",
        "            on_read_only()\n",
        "",
        f"{_OUTAGE_TESTS}::test_connections_to_a_read_only_server_are_replaced",
        "running.workspace.database._lookup_connection is not lookup",
    ),
    Mutant(
        "a line for each failed request",
        "workspace/server/outages.py",
        "        if is_new and self.is_worker:",
        "        if self.is_worker:",
        f"{_OUTAGE_TESTS}::test_stopped_server_logs_one_line_when_it_stops_and_one_when_it_is_back",
        "begin, end = messages(log)",
    ),
    Mutant(
        "log deleted with the last connection",
        "workspace/server/database.py",
        "            if self.is_sqlite:\n                last.enter_context(self._keep_log())\n",
        "",
        f"{_OUTAGE_TESTS}::test_full_disk_of_a_sqlite_file_refuses_no_valid_token",
        "done.code == 0, done.value",
    ),
    Mutant(
        "limit for every bad token of an address",
        "workspace/server/api/auth.py",
        "    if seconds and workspace.blocked.is_repeated(limit, address, digest(text)):",
        "    if seconds:",
        "tests/workspace/server/test_auth.py::"
        "test_bad_tokens_of_one_client_reject_no_other_client_behind_the_address[sqlite]",
        '[api.get("me", token=UNKNOWN).status_code for _ in range(4)] ==',
    ),
    Mutant(
        "uncounted bad token is not limited",
        "workspace/server/bad_tokens.py",
        "            if count >= limit.most:",
        "            if not count:",
        "tests/workspace/server/test_auth.py::"
        "test_bad_token_that_cannot_be_counted_in_the_database_is_invalid_and_limited[sqlite]",
        '[api.get("me", token=UNKNOWN).status_code for _ in range(5)] ==',
    ),
    Mutant(
        "429 hides an invalid token",
        "workspace/client/api_errors.py",
        "status == HTTPStatus.TOO_MANY_REQUESTS and response.rejects_token",
        "not status",
        "tests/workspace/client/test_client.py::test_429_with_a_challenge_for_the_token_is_an_invalid_token",
        "InvalidToken",
    ),
]
