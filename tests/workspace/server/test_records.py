"""What the database stores: the audit log, names with markup, and no secrets."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from sqlalchemy import inspect, select

from arka_config.workspace.server.records import Limit
from arka_config.workspace.server.tables import AuditEntry
from tests.guarantees import numbers
from tests.workspace.server.clients import (
    ANN,
    BOB,
    MANAGE,
    TOKENS_PAGE,
    UNKNOWN,
    Api,
    Browser,
    read_form_key,
    read_shown_token,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from arka_config.workspace.server.serving import RunningWorkspace


def read_log(workspace: RunningWorkspace) -> list[AuditEntry]:
    with workspace.workspace.database.read() as session:
        return list(session.scalars(select(AuditEntry).order_by(AuditEntry.id)))


def test_audit_log_has_user_action_and_address(workspace: RunningWorkspace) -> None:
    user = workspace.add_user(ANN, "free").id
    workspace.workspace.allow_upgrade = True
    with Browser(workspace).sign_in() as browser:
        browser.send("/billing", {"plan": "pro"})
        page = browser.send(TOKENS_PAGE, {"label": "MacBook Pro", "expiry": "never", "access": "manage"})
        token = read_shown_token(page.text)
        with Api(workspace, token) as api:
            own = api.get("me").json()["token"]["id"]
            created = api.post("tokens", json={"label": "CI"}).json()["details"]["id"]
            first = api.post("tokens/current/rotate").json()["details"]["id"]
            second = api.post("tokens/current/rotate").json()["details"]["id"]
            api.delete(f"tokens/{created}")
        browser.send(f"{TOKENS_PAGE}/revoke", {"id": own}, page=TOKENS_PAGE)
        browser.send("/sign-out", {}, page=TOKENS_PAGE)
    here, local = "127.0.0.1", "command line"
    assert [(entry.action, entry.subject, entry.address, entry.user_id) for entry in read_log(workspace)] == [
        ("user added", "pro", local, user),
        ("sign-in link made", "", local, user),
        ("plan changed", "free", local, user),
        ("sign-in link made", "", local, user),
        ("sign-in link made", "", local, user),
        ("signed in", "", here, user),
        ("plan changed", "pro", here, user),
        ("token created", own, here, user),
        ("token created", created, here, user),
        ("token rotated", f"{own} {first}", here, user),
        ("token revoked", first, here, user),
        ("token rotated", f"{own} {second}", here, user),
        ("token revoked", created, here, user),
        ("token revoked", own, here, user),
        ("signed out", "", here, user),
    ]
    assert all(abs(entry.at - datetime.now(UTC)) < timedelta(minutes=5) for entry in read_log(workspace))


def test_audit_log_names_the_acting_token(workspace: RunningWorkspace, api: Api) -> None:
    manager = api.get("me").json()["token"]["id"]
    created = api.post("tokens", json={"label": "CI"}).json()
    successor = api.post("tokens/current/rotate", token=created["token"]).json()["details"]["id"]
    api.post("tokens/current/rotate", token=created["token"])
    api.delete(f"tokens/{created['details']['id']}")
    api.delete("tokens/current")
    own = created["details"]["id"]
    acted = {(entry.action, entry.subject.partition(" ")[0]): entry.acting_token for entry in read_log(workspace)}
    assert acted["token created", own] == manager
    assert acted["token rotated", own] == own
    assert acted["token revoked", successor] == own
    assert acted["token revoked", own] == manager
    assert acted["token revoked", manager] == manager
    assert acted["token created", manager] is None  # not done with a token


def test_audit_log_has_a_reached_limit_once_per_window(workspace: RunningWorkspace) -> None:
    workspace.workspace.bad_token_limit = Limit("bad token", 2, timedelta(minutes=1))
    with Api(workspace) as api:
        statuses = [api.get("me", token=UNKNOWN).status_code for _ in range(5)]
    workspace.workspace.bad_tokens.flush()
    assert statuses == [401, 401, 401, 429, 429]
    reached = [entry for entry in read_log(workspace) if entry.action == "limit reached"]
    assert [(entry.subject, entry.address, entry.user_id) for entry in reached] == [("bad token", "127.0.0.1", None)]


def test_rejected_requests_are_not_logged(workspace: RunningWorkspace) -> None:
    before = len(read_log(workspace))
    with Api(workspace, workspace.issue(ANN, "x").secret.reveal()) as api:
        api.post("tokens", json={"label": "denied"})
        api.delete("tokens/tok_" + "x" * 22)
    assert len(read_log(workspace)) == before + 1


MISLEADING = [
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "\x9b31m",
    "a\x00b",
    "line\nline",
    "line\u2028line",
    "evil\u202egnp.exe",
    "\u2066hidden\u2069",
    "\u200fright",
    "\ufeffmark",
    "x" * 101,
    "",
    " \t ",
    "\u3000",
]


@pytest.mark.parametrize("label", numbers.part_of(MISLEADING, 4), ids=ascii)
def test_misleading_label_is_rejected_by_api_and_page(workspace: RunningWorkspace, label: str) -> None:
    with Api(workspace, workspace.issue(ANN, "Manager", [MANAGE]).secret.reveal()) as api:
        response = api.post("tokens", json={"label": label})
        assert (response.status_code, response.json()["errors"][0]["field"]) == (422, "label")
        with Browser(workspace).sign_in() as browser:
            page = browser.send(TOKENS_PAGE, {"label": label, "expiry": "never"})
        assert page.status_code == 422
        assert (
            re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\u200f\ufeff]", page.text)
            is None
        )
        assert [token["label"] for token in api.get("tokens").json()["tokens"]] == ["Manager"]


def test_control_characters_in_a_rejected_form_are_shown_as_escapes(workspace: RunningWorkspace) -> None:
    with Browser(workspace).sign_in() as browser:
        page = browser.send(TOKENS_PAGE, {"label": "x", "expiry": "date", "date": "\x1b[31m"})
    assert (page.status_code, "\x1b" in page.text, "\\x1b[31m" in page.text) == (422, False, True)


MARKUP = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7*7 }}",
    "&amp;",
    "'; DROP TABLE tokens; --",
    "عربي",
]


@pytest.mark.parametrize("label", MARKUP)
def test_label_with_markup_is_escaped(workspace: RunningWorkspace, label: str) -> None:
    from html import escape

    with Browser(workspace).sign_in() as browser:
        created = browser.send(TOKENS_PAGE, {"label": label, "expiry": "90"})
        token_id = re.search(r"\?revoke=(tok_[\w-]{22})", created.text)
        assert token_id
        pages = [created, browser.open(TOKENS_PAGE), browser.open(f"{TOKENS_PAGE}?revoke={token_id[1]}")]
        pages.append(browser.send(TOKENS_PAGE, {"label": label, "expiry": "no such"}))
    for page in pages:
        text = page.text.replace("&#34;", "&quot;").replace("&#39;", "&#x27;")
        assert escape(label) in text
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert "49" not in re.findall(r"<bdi>(.*?)</bdi>", text)
    with Api(workspace, workspace.issue(ANN, "Manager", [MANAGE]).secret.reveal()) as api:
        assert api.get("tokens").json()["tokens"][1]["label"] == label


def test_email_with_markup_is_escaped(workspace: RunningWorkspace) -> None:
    with Browser(workspace).sign_in('o\'brien&"x"@example.com') as browser:
        assert "o&#39;brien&amp;&#34;x&#34;@example.com" in browser.open(TOKENS_PAGE).text


def read_files(workspace: RunningWorkspace) -> Iterator[tuple[str, bytes]]:
    """Return the content of all files of the database, including the write-ahead log."""
    database = workspace.workspace.database
    if database.is_sqlite:
        file = Path(database.engine.url.database or "")
        paths = list(file.parent.glob(f"{file.name}*"))
        assert file.with_name(f"{file.name}-wal") in paths
    else:
        with psycopg.connect(workspace.database_url, autocommit=True) as connection:
            connection.execute("CHECKPOINT")
            row = connection.execute("SHOW data_directory").fetchone()
        assert row
        paths = [path for path in Path(row[0]).rglob("*") if path.is_file()]
    for path in paths:
        yield str(path), path.read_bytes()


def test_database_files_contain_no_secret(workspace: RunningWorkspace) -> None:
    unused = workspace.add_user(BOB).link.rpartition("#")[2]
    used = workspace.add_user(ANN).link
    secrets = [unused, used.rpartition("#")[2], workspace.issue(ANN, "find this label").secret.reveal()]
    with Browser(workspace) as browser:
        browser.use_link(used)
        secrets += [browser.cookie, read_form_key(browser.open(TOKENS_PAGE).text)]
        secrets.append(
            read_shown_token(browser.send(TOKENS_PAGE, {"label": "page", "expiry": "never", "access": "manage"}).text)
        )
        with Api(workspace, secrets[-1]) as api:
            secrets.append(api.post("tokens", json={"label": "x"}).json()["token"])
            secrets.append(api.post("tokens/current/rotate").json()["token"])
            api.get("me", token=UNKNOWN)
            api.delete("tokens/current")
    is_found = False
    for name, content in read_files(workspace):
        is_found |= b"find this label" in content
        for secret in [*secrets, UNKNOWN]:
            for form in (
                secret.encode(),
                secret.encode("utf-16-le"),
                base64.b64encode(secret.encode()),
                secret[5:].encode(),
            ):
                assert form not in content, name
    assert is_found, "the search does not work"
    assert len(set(secrets)) == 8


def test_tables_match_the_documentation(workspace: RunningWorkspace) -> None:
    inspector = inspect(workspace.workspace.database.engine)
    columns = {
        table: {column["name"] for column in inspector.get_columns(table)} for table in inspector.get_table_names()
    }
    text = (Path(__file__).parents[3] / "docs" / "guides" / "workspace-operation.md").read_text("utf-8")
    for table, names in columns.items():
        if table != "alembic_version":
            row = re.search(rf"^\| `{table}` \|(.*)$", text, re.MULTILINE)
            assert row, table
            assert set(re.findall(r"`(\w+)`", row[1])) == names, table
