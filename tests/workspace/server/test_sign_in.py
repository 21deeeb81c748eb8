"""Signing in: one-time links, sessions, rate limits, and no user enumeration."""

from __future__ import annotations

import re
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event, func, select, update

from arka_config.errors import UsageError
from arka_config.workspace.server import accounts
from arka_config.workspace.server.records import Limit
from arka_config.workspace.server.tables import AuditEntry, BrowserSession, SignInCode, User, digest, new_secret
from tests.workspace.server.clients import ANN, BOB, TOKENS_PAGE, UNKNOWN, Api, Browser, read_form_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from arka_config.workspace.server.database import Database
    from arka_config.workspace.server.serving import RunningWorkspace

KEY = re.compile(r"[A-Za-z0-9_-]{43}")


def count_rows(workspace: RunningWorkspace, table: type) -> int:
    with workspace.workspace.database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def expire_all(workspace: RunningWorkspace, table: type[SignInCode | BrowserSession]) -> None:
    with workspace.workspace.database.write() as session:
        session.execute(update(table).values(expires=datetime.now(UTC)))


@contextmanager
def record_statements(database: Database) -> Iterator[list[str]]:
    """Record the statements that are sent to the database."""
    recorded: list[str] = []

    def record(_: object, __: object, statement: str, *___: object) -> None:
        recorded.append(" ".join(statement.split()))

    event.listen(database.engine, "before_cursor_execute", record)
    yield recorded
    event.remove(database.engine, "before_cursor_execute", record)


def test_link_signs_in_its_user(workspace: RunningWorkspace) -> None:
    link = workspace.add_user(ANN).link
    url, _, code = link.partition("#")  # browsers do not send the fragment
    assert (url, bool(KEY.fullmatch(code))) == (f"{workspace.url}/sign-in", True)
    with Browser(workspace) as browser:
        response = browser.use_link(link)
        assert (response.status_code, response.headers["location"]) == (303, TOKENS_PAGE)
        assert ANN in browser.open(TOKENS_PAGE).text


def test_link_works_once(workspace: RunningWorkspace) -> None:
    link = workspace.add_user(ANN).link
    with Browser(workspace) as browser, Browser(workspace) as other:
        browser.open(link.partition("#")[0])  # if the link is only opened, as by a preview, it is not used
        assert browser.use_link(link).status_code == 303
        assert other.use_link(link).status_code == 403
        assert browser.open(TOKENS_PAGE).status_code == 200


def test_link_works_for_15_minutes(workspace: RunningWorkspace) -> None:
    invitation = workspace.add_user(ANN)
    end = datetime.fromisoformat(invitation.expires)
    assert abs(end - datetime.now(UTC) - timedelta(minutes=15)) < timedelta(seconds=30)
    expire_all(workspace, SignInCode)
    with Browser(workspace) as browser:
        assert browser.use_link(invitation.link).status_code == 403
        workspace.add_user(BOB)
        assert count_rows(workspace, SignInCode) == 1  # expired codes are deleted


def test_session_lasts_12_hours_despite_activity(workspace: RunningWorkspace) -> None:
    with Browser(workspace).sign_in() as browser:
        with workspace.workspace.database.read() as session:
            ends = session.scalars(select(BrowserSession.expires)).one()
        assert abs(ends - datetime.now(UTC) - timedelta(hours=12)) < timedelta(seconds=30)
        browser.open(TOKENS_PAGE)
        expire_all(workspace, BrowserSession)
        assert browser.open(TOKENS_PAGE).status_code == 303


def test_sign_in_and_sign_out_change_the_session_key(workspace: RunningWorkspace) -> None:
    """Prevents session fixation: if a key was planted before, it is useless after sign-in."""
    with Browser(workspace) as browser:
        browser.open("/sign-in")
        keys = [browser.cookie]
        browser.sign_in()
        keys.append(browser.cookie)
        assert browser.send("/sign-out", {}, page=TOKENS_PAGE).status_code == 303
        keys.append(browser.cookie)
    assert len(set(keys)) == 3
    assert all(KEY.fullmatch(key) for key in keys)


def test_planted_session_key_is_not_accepted(workspace: RunningWorkspace) -> None:
    fixed = new_secret()
    with Browser(workspace) as browser, Browser(workspace) as attacker:
        for client in (browser.http, attacker.http):
            client.cookies.set("arka_workspace", fixed)
        code = workspace.add_user(ANN).link
        page = browser.http.get("/sign-in")
        response = browser.http.post("/sign-in", data={"form_key": read_form_key(page.text), "code": code})
        assert response.status_code == 303
        assert attacker.open(TOKENS_PAGE).status_code == 303


def test_sign_out_ends_the_session_on_the_server(workspace: RunningWorkspace) -> None:
    with Browser(workspace).sign_in() as browser, Browser(workspace) as thief:
        thief.http.cookies.set("arka_workspace", browser.cookie)
        assert thief.open(TOKENS_PAGE).status_code == 200
        browser.send("/sign-out", {}, page=TOKENS_PAGE)
        thief.http.cookies.clear()
        thief.http.cookies.set("arka_workspace", browser.cookie)
        assert thief.open(TOKENS_PAGE).status_code == 303
    assert count_rows(workspace, BrowserSession) == 0


def test_sign_in_ends_the_previous_session(workspace: RunningWorkspace) -> None:
    with Browser(workspace).sign_in(ANN) as browser:
        browser.sign_in(BOB)
        assert BOB in browser.open(TOKENS_PAGE).text
    assert count_rows(workspace, BrowserSession) == 1


def test_invalid_codes_are_indistinguishable(workspace: RunningWorkspace) -> None:
    """No user enumeration: neither the response nor the statements disclose whether a code was ever valid."""
    used, late = workspace.add_user(ANN).link, workspace.add_user(BOB).link
    with Browser(workspace) as browser:
        browser.use_link(used)
    with workspace.workspace.database.write() as session:
        late_digest = digest(late.rpartition("#")[2])
        session.execute(update(SignInCode).where(SignInCode.digest == late_digest).values(expires=datetime.now(UTC)))
    workspace.workspace.sign_in_limit = Limit("sign-in", 100, timedelta(minutes=10))
    responses: list[httpx.Response] = []
    work: list[list[str]] = []
    with Browser(workspace) as browser:
        key = read_form_key(browser.open("/sign-in").text)
        for code in (used, late, new_secret(), "x", "", ANN, BOB, "nobody@example.com", "\x00", "x" * 400):
            with record_statements(workspace.workspace.database) as sent:
                responses.append(browser.http.post("/sign-in", data={"form_key": key, "code": code}))
            work.append(sent)
    assert {response.status_code for response in responses} == {403}
    assert len({response.content for response in responses}) == 1
    assert len({tuple(sent) for sent in work[1:]}) == 1  # the first one also creates the counter
    assert len(work[0]) == len(work[1])


def test_invalid_tokens_run_the_same_statements(workspace: RunningWorkspace) -> None:
    issued = [
        workspace.issue(ANN, label, [], datetime.now(UTC) + timedelta(days=1)) for label in ("expired", "revoked")
    ]
    expired, revoked = (each.secret.reveal() for each in issued)
    database = workspace.workspace.database
    with database.write() as session:
        session.merge(issued[0].token).expires = datetime.now(UTC)
    with Api(workspace) as api:
        api.delete("tokens/current", token=revoked)
        api.get("me", token=UNKNOWN)
        workspace.workspace.bad_tokens.flush()
        work = []
        for token in (expired, revoked, UNKNOWN):
            with record_statements(database) as sent:
                assert api.get("me", token=token).status_code == 401
                workspace.workspace.bad_tokens.flush()  # they are counted in the background
            work.append(tuple(sent))
    assert len(set(work)) == 1


def test_sign_in_page_names_no_user(workspace: RunningWorkspace) -> None:
    with Browser(workspace) as browser:
        assert ANN not in browser.open("/sign-in").text


def test_rate_limit_on_invalid_codes(workspace: RunningWorkspace) -> None:
    workspace.workspace.sign_in_limit = Limit("sign-in", 3, timedelta(minutes=10))
    with Browser(workspace) as browser:
        attempts = [browser.send("/sign-in", {"code": new_secret()}) for _ in range(5)]
        assert [response.status_code for response in attempts] == [403, 403, 403, 429, 429]
        assert 0 < int(attempts[-1].headers["retry-after"]) <= 600
        assert "Too many requests" in attempts[-1].text
        assert browser.use_link(workspace.add_user(ANN).link).status_code == 303  # a valid link still works


def test_concurrent_use_of_a_link_creates_one_session(workspace: RunningWorkspace) -> None:
    from concurrent.futures import ThreadPoolExecutor

    database = workspace.workspace.database
    for _ in range(5):
        code = accounts.extract_code(workspace.add_user(ANN).link)

        def use(code: str = code) -> str | None:
            with database.write() as session:
                return accounts.sign_in(session, code, address="127.0.0.1")

        with ThreadPoolExecutor(4) as pool:
            keys = [future.result(30) for future in [pool.submit(use) for _ in range(4)]]
        assert sum(key is not None for key in keys) == 1


@pytest.mark.parametrize(
    "email",
    [
        "",
        "x",
        "@",
        "a@",
        "@b",
        "a b@c",
        "a@b@c",
        "<a@b>",
        "a@b\x1b[31m",
        "a@b\x00",
        "a\u202e@b",
        "a@b\udc80",
        "İ" * 127 + "@b",
        "x" * 253 + "@b",
    ],
    ids=ascii,
)
def test_invalid_email_creates_no_user(workspace: RunningWorkspace, email: str) -> None:
    with pytest.raises(UsageError, match="not an e-mail address"):
        workspace.add_user(email)
    assert count_rows(workspace, User) == 1


def test_email_is_normalized(workspace: RunningWorkspace) -> None:
    first = workspace.add_user("Bob@Example.COM", "pro")
    again = workspace.add_user(" bob@example.com ")
    assert (first.is_new, again.is_new, first.id, again.plan) == (True, False, again.id, "pro")
    with pytest.raises(UsageError, match="no such plan"):
        workspace.add_user("carol@example.com", "gold")


def test_concurrent_add_user_creates_one(workspace: RunningWorkspace) -> None:
    from concurrent.futures import ThreadPoolExecutor

    for number in range(5):
        with ThreadPoolExecutor(4) as pool:
            invitations = list(
                pool.map(lambda _, number=number: workspace.add_user(f"new{number}@example.com"), range(4))
            )
        assert len({invitation.id for invitation in invitations}) == 1
        assert sum(invitation.is_new for invitation in invitations) == 1
    with workspace.workspace.database.read() as session:
        added = select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "user added")
        assert session.scalar(added) == 6


def test_plans_are_free_and_pro() -> None:
    assert accounts.PLANS == ("free", "pro")
