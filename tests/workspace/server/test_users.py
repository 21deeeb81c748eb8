"""Users: what the pages say about plans and the login command, and what is removed with a user."""

from __future__ import annotations

import httpx
import pytest
from sqlalchemy import func, select

from arka_config.arka import app
from arka_config.workspace.server import accounts, records
from arka_config.workspace.server.serving import RunningWorkspace, serve_in_thread
from arka_config.workspace.server.tables import AuditEntry, BrowserSession, SignInCode, Token
from tests.workspace.server.clients import ANN, BOB, TOKENS_PAGE, Api, Browser, read_form_key


def read_plan(workspace: RunningWorkspace, email: str) -> str:
    return next(each.plan for each in workspace.workspace.list_users() if each.email == email)


def test_pages_print_the_login_command_with_the_workspace_url(workspace: RunningWorkspace) -> None:
    command = f"<code>arka login --api-url {workspace.url}</code>"
    with Browser(workspace).sign_in() as browser:
        assert command in browser.open(TOKENS_PAGE).text
        assert command in browser.send(TOKENS_PAGE, {"label": "x", "expiry": "never"}).text


@pytest.mark.parametrize("url", ["https://arka-ai.com", "https://ARKA-ai.com:443/"])
def test_default_workspace_needs_no_url(url: str) -> None:
    with serve_in_thread(app, public_url=url) as workspace, Browser(workspace, "arka-ai.com") as browser:
        page = browser.open("/sign-in")
        fields = {"form_key": read_form_key(page.text), "code": workspace.add_user(ANN).link}
        signed_in = browser.http.post("/sign-in", data=fields, headers=read_cookie(page))  # httpx keeps it for https
        assert "<code>arka login</code>" in browser.open(TOKENS_PAGE, headers=read_cookie(signed_in)).text


def read_cookie(response: httpx.Response) -> dict[str, str]:
    return {"Cookie": response.headers["set-cookie"].partition(";")[0]}


@pytest.mark.parametrize("plan", ["free", "pro"])
def test_free_user_learns_before_creating_a_token_that_it_will_not_work(workspace: RunningWorkspace, plan: str) -> None:
    with Browser(workspace).sign_in(ANN, plan) as browser:
        dialog = browser.open(f"{TOKENS_PAGE}?create").text.partition("<dialog")[2]
    assert dialog
    assert ("This token will not work until you are on the Pro plan" in dialog) is (plan == "free")


def test_upgrade_is_off_unless_the_operator_allows_it(workspace: RunningWorkspace) -> None:
    with Browser(workspace).sign_in(ANN, "free") as browser:
        assert "Upgrade to Pro" not in browser.open("/billing").text
        assert "ask them to change yours" in browser.open("/billing").text
        refused = browser.send("/billing", {"plan": "pro"})
        assert (refused.status_code, "The administrator sets plans" in refused.text) == (403, True)
        assert read_plan(workspace, ANN) == "free"
        workspace.workspace.allow_upgrade = True
        assert "Upgrade to Pro" in browser.open("/billing").text
        assert browser.send("/billing", {"plan": "pro"}).status_code == 303
        assert read_plan(workspace, ANN) == "pro"


def test_removing_a_user_revokes_and_signs_out_this_user_only(workspace: RunningWorkspace) -> None:
    workspace.add_user(BOB, "pro")
    workspace.add_user(BOB)  # an unused link
    mine, his = (workspace.issue(email, "x").secret.reveal() for email in (ANN, BOB))
    with Browser(workspace).sign_in(BOB) as browser, Api(workspace) as api:
        assert browser.open(TOKENS_PAGE).status_code == 200
        removed = workspace.workspace.remove_user(BOB)
        assert browser.open(TOKENS_PAGE).status_code == 303
        assert (api.accepts(mine), api.accepts(his)) == (True, False)
    assert (removed.email, removed.tokens) == (BOB, 1)
    assert [each.email for each in workspace.workspace.list_users()] == [ANN]
    with workspace.workspace.database.read() as session:
        for table in (Token, SignInCode, BrowserSession):
            query = select(func.count()).select_from(table).where(table.user_id == removed.id)
            assert session.scalar(query) == 0
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == records.USER_REMOVED)).one()
    assert (entry.user_id, entry.subject, entry.address) == (removed.id, "1 tokens revoked", "command line")


@pytest.mark.parametrize("email", ["nobody@example.com", "ann@example.co"])
def test_unknown_user_is_an_error(workspace: RunningWorkspace, email: str) -> None:
    held = workspace.workspace
    for change in (held.find_user, held.remove_user, held.create_link, lambda email: held.set_plan(email, "free")):
        with pytest.raises(accounts.UnknownUser, match=f"no user {email}"):
            change(email)
    assert [each.email for each in held.list_users()] == [ANN]
