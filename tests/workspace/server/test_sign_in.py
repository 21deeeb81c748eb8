"""Signing in: links that work once and not for long, the session after them, and what a stranger can learn."""

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
from tests.workspace.server.calling import ANN, BOB, TOKENS_PAGE, UNKNOWN, Api, Person, form_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from arka_config.workspace.server.database import Database
    from arka_config.workspace.server.serving import RunningWorkspace

KEY = re.compile(r"[A-Za-z0-9_-]{43}")


def count(workspace: RunningWorkspace, table: type) -> int:
    with workspace.workspace.database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def expire(workspace: RunningWorkspace, table: type[SignInCode | BrowserSession]) -> None:
    with workspace.workspace.database.write() as session:
        session.execute(update(table).values(expires=datetime.now(UTC)))


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """The statements that are sent to the database, in their order."""
    sent: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        sent.append(" ".join(statement.split()))

    event.listen(database.engine, "before_cursor_execute", note)
    yield sent
    event.remove(database.engine, "before_cursor_execute", note)


def test_a_link_signs_in_its_user(workspace: RunningWorkspace) -> None:
    link = workspace.add_user(ANN).link
    url, _, code = link.partition("#")  # behind the #, no server, proxy or log sees it
    assert (url, bool(KEY.fullmatch(code))) == (f"{workspace.url}/sign-in", True)
    with Person(workspace) as person:
        answer = person.sign_in(link)
        assert (answer.status_code, answer.headers["location"]) == (303, TOKENS_PAGE)
        assert ANN in person.open(TOKENS_PAGE).text


def test_a_link_works_once(workspace: RunningWorkspace) -> None:
    link = workspace.add_user(ANN).link
    with Person(workspace) as person, Person(workspace) as other:
        person.open(link.partition("#")[0])  # what previews links opens them, and uses nothing up
        assert person.sign_in(link).status_code == 303
        assert other.sign_in(link).status_code == 403
        assert person.open(TOKENS_PAGE).status_code == 200


def test_a_link_works_for_15_minutes(workspace: RunningWorkspace) -> None:
    invitation = workspace.add_user(ANN)
    end = datetime.fromisoformat(invitation.expires)
    assert abs(end - datetime.now(UTC) - timedelta(minutes=15)) < timedelta(seconds=30)
    expire(workspace, SignInCode)
    with Person(workspace) as person:
        assert person.sign_in(invitation.link).status_code == 403
        workspace.add_user(BOB)
        assert count(workspace, SignInCode) == 1  # the one that is past was swept away


def test_a_session_lasts_12_hours_however_busy_it_is(workspace: RunningWorkspace) -> None:
    with Person(workspace).signed_in() as person:
        with workspace.workspace.database.read() as session:
            ends = session.scalars(select(BrowserSession.expires)).one()
        assert abs(ends - datetime.now(UTC) - timedelta(hours=12)) < timedelta(seconds=30)
        person.open(TOKENS_PAGE)
        expire(workspace, BrowserSession)
        assert person.open(TOKENS_PAGE).status_code == 303


def test_signing_in_and_out_changes_the_key(workspace: RunningWorkspace) -> None:
    """Session fixation: whoever set the key before knows nothing of the one after."""
    with Person(workspace) as person:
        person.open("/sign-in")
        keys = [person.cookie]
        person.signed_in()
        keys.append(person.cookie)
        assert person.send("/sign-out", {}, page=TOKENS_PAGE).status_code == 303
        keys.append(person.cookie)
    assert len(set(keys)) == 3
    assert all(KEY.fullmatch(key) for key in keys)


def test_a_key_that_somebody_else_set_opens_nothing(workspace: RunningWorkspace) -> None:
    fixed = new_secret()
    with Person(workspace) as person, Person(workspace) as attacker:
        for browser in (person.browser, attacker.browser):
            browser.cookies.set("arka_workspace", fixed)
        code = workspace.add_user(ANN).link
        page = person.browser.get("/sign-in")
        answer = person.browser.post("/sign-in", data={"form_key": form_key(page.text), "code": code})
        assert answer.status_code == 303
        assert attacker.open(TOKENS_PAGE).status_code == 303


def test_signing_out_ends_the_session_and_not_only_the_cookie(workspace: RunningWorkspace) -> None:
    with Person(workspace).signed_in() as person, Person(workspace) as thief:
        thief.browser.cookies.set("arka_workspace", person.cookie)
        assert thief.open(TOKENS_PAGE).status_code == 200
        person.send("/sign-out", {}, page=TOKENS_PAGE)
        thief.browser.cookies.clear()
        thief.browser.cookies.set("arka_workspace", person.cookie)
        assert thief.open(TOKENS_PAGE).status_code == 303
    assert count(workspace, BrowserSession) == 0


def test_signing_in_anew_ends_the_session_before(workspace: RunningWorkspace) -> None:
    with Person(workspace).signed_in(ANN) as person:
        person.signed_in(BOB)
        assert BOB in person.open(TOKENS_PAGE).text
    assert count(workspace, BrowserSession) == 1


def test_every_code_that_does_not_work_is_answered_alike(workspace: RunningWorkspace) -> None:
    """No user enumeration: neither the answer nor the work it takes tells whether a code was ever anybody's."""
    used, late = workspace.add_user(ANN).link, workspace.add_user(BOB).link
    with Person(workspace) as person:
        person.sign_in(used)
    with workspace.workspace.database.write() as session:
        kept = digest(late.rpartition("#")[2])
        session.execute(update(SignInCode).where(SignInCode.digest == kept).values(expires=datetime.now(UTC)))
    workspace.workspace.sign_in_limit = Limit("sign-in", 100, timedelta(minutes=10))
    answers: list[httpx.Response] = []
    work: list[list[str]] = []
    with Person(workspace) as person:
        key = form_key(person.open("/sign-in").text)
        for code in (used, late, new_secret(), "x", "", ANN, BOB, "nobody@example.com", "\x00", "x" * 400):
            with statements(workspace.workspace.database) as sent:
                answers.append(person.browser.post("/sign-in", data={"form_key": key, "code": code}))
            work.append(sent)
    assert {answer.status_code for answer in answers} == {403}
    assert len({answer.content for answer in answers}) == 1
    assert len({tuple(sent) for sent in work[1:]}) == 1  # the first one sets the count up, with the same statements
    assert len(work[0]) == len(work[1])


def test_tokens_that_do_not_work_take_the_same_work_whatever_the_reason(workspace: RunningWorkspace) -> None:
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
        work = []
        for token in (expired, revoked, UNKNOWN):
            with statements(database) as sent:
                assert api.get("me", token=token).status_code == 401
            work.append(tuple(sent))
    assert len(set(work)) == 1


def test_the_page_names_nobody(workspace: RunningWorkspace) -> None:
    with Person(workspace) as person:
        assert ANN not in person.open("/sign-in").text


def test_who_tries_codes_is_turned_away_for_a_while(workspace: RunningWorkspace) -> None:
    workspace.workspace.sign_in_limit = Limit("sign-in", 3, timedelta(minutes=10))
    with Person(workspace) as person:
        tries = [person.send("/sign-in", {"code": new_secret()}) for _ in range(5)]
        assert [answer.status_code for answer in tries] == [403, 403, 403, 429, 429]
        assert 0 < int(tries[-1].headers["retry-after"]) <= 600
        assert "Too many requests" in tries[-1].text
        assert person.sign_in(workspace.add_user(ANN).link).status_code == 303  # nobody is locked out by a stranger


def test_two_who_use_a_link_at_the_same_time_get_one_session(workspace: RunningWorkspace) -> None:
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
def test_what_is_no_address_makes_no_user(workspace: RunningWorkspace, email: str) -> None:
    with pytest.raises(UsageError, match="not an e-mail address"):
        workspace.add_user(email)
    assert count(workspace, User) == 1


def test_an_address_is_one_user_however_it_is_written(workspace: RunningWorkspace) -> None:
    first = workspace.add_user("Bob@Example.COM", "pro")
    again = workspace.add_user(" bob@example.com ")
    assert (first.is_new, again.is_new, first.id, again.plan) == (True, False, again.id, "pro")
    with pytest.raises(UsageError, match="no such plan"):
        workspace.add_user("carol@example.com", "gold")


def test_two_who_add_a_user_at_the_same_time_add_one(workspace: RunningWorkspace) -> None:
    from concurrent.futures import ThreadPoolExecutor

    for number in range(5):
        with ThreadPoolExecutor(4) as pool:
            made = list(pool.map(lambda _, number=number: workspace.add_user(f"new{number}@example.com"), range(4)))
        assert len({invitation.id for invitation in made}) == 1
        assert sum(invitation.is_new for invitation in made) == 1
    with workspace.workspace.database.read() as session:
        added = select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "user added")
        assert session.scalar(added) == 6


def test_plans_are_those_that_there_are() -> None:
    assert accounts.PLANS == ("free", "pro")
