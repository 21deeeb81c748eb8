"""`arka activity`: the user's part of the workspace's audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.program import TOKEN, arka
from tests.workspace.fake import MANAGE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.workspace.fake import FakeWorkspace


@pytest.fixture
def work(home: Path, fake: FakeWorkspace) -> FakeWorkspace:
    """A profile with a token that may manage tokens, and 150 entries."""
    details = fake.add(TOKEN, scopes=(MANAGE,))
    assert arka("login", "-p", "work", "--with-token", "--api-url", fake.url, stdin=TOKEN).code == 0
    fake.activity = [
        {
            "id": 1000 - number,
            "at": f"2026-11-{24 - number // 10:02}T12:00:0{number % 10}Z",
            "action": "token rotated",
            "subject": f"{details['id']} tok_{number}",
            "address": "192.0.2.1",
            "acting_token": details["id"] if number else None,
        }
        for number in range(150)
    ]
    fake.requests.clear()
    return fake


def test_activity_shows_the_newest_entries_with_labels(work: FakeWorkspace) -> None:
    done = arka("activity", "--limit", "2")
    assert done.code == 0
    header, first, second = (" ".join(line.split()) for line in done.out.splitlines())
    assert header == "TIME (UTC) ACTION ON ADDRESS WITH"
    assert first == "2026-11-24 12:00:00 token rotated MacBook Pro → tok_0 192.0.2.1 no token"
    assert second == "2026-11-24 12:00:01 token rotated MacBook Pro → tok_1 192.0.2.1 MacBook Pro"
    assert done.err == "note: there may be older entries: arka activity --limit 20\n"


def test_activity_json_has_every_page(work: FakeWorkspace) -> None:
    entries = arka("activity", "--limit", "130", "--json").json["activity"]
    assert len(entries) == 130
    assert entries[129] == {
        "at": "2026-11-12T12:00:09Z",
        "action": "token rotated",
        "subject": f"{work.tokens[TOKEN]['details']['id']} tok_129",
        "address": "192.0.2.1",
        "acting_token": work.tokens[TOKEN]["details"]["id"],
    }
    assert [request.path.partition("&")[0] for request in work.requests] == [
        "/api/v1/activity?limit=100",
        "/api/v1/activity?limit=30",
    ]


def test_activity_since_a_day_leaves_out_older_entries(work: FakeWorkspace) -> None:
    assert len(arka("activity", "--since", "2026-11-23", "--json").json["activity"]) == 20
    done = arka("activity", "--since", "2030-01-01")
    assert (done.code, "is in the future" in done.err) == (2, True)
    work.activity = []
    assert arka("activity").err == "No activity\n"


def test_activity_needs_a_token_that_may_manage_tokens(work: FakeWorkspace) -> None:
    work.tokens[TOKEN]["details"]["scopes"] = []
    done = arka("activity")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error: this token may not manage tokens\n")


@pytest.mark.parametrize("entry", [{"at": "x", "action": "y"}, {"at": "2026-11-24T12:00:00Z", "action": "\x1b[31m"}])
def test_activity_refuses_a_malformed_entry(work: FakeWorkspace, entry: dict[str, object]) -> None:
    work.activity = [entry]
    done = arka("activity")
    assert (done.code, "sent an invalid response" in done.err) == (1, True)
