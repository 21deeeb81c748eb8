"""Visit every page in each of its states, in the order in which a new user sees them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from arka_config import timestamps
from tests.workspace.pages.visitor import BILLING, TOKENS
from tests.workspace.server.sign_in.program import Program

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.workspace.pages.visitor import Visitor

EMAIL = "a.rather.long.name.for.an.address@engineering.example.com"
LONGEST_LABEL = "W" * 100  # without a space to wrap at


def tour(visitor: Visitor) -> Iterator[str]:
    """Lead a visitor through the pages, and yield the name of each state once it is visible."""
    for state in _visit_all(visitor):
        visitor.page.wait_for_load_state()  # including the style sheet and the script
        yield state


def _visit_all(visitor: Visitor) -> Iterator[str]:
    yield from _visit_sign_in(visitor)
    page = visitor.page
    page.goto(start_device_login(visitor))
    yield "approve a sign-in, free"
    page.goto(BILLING)
    yield "billing, free"
    page.get_by_role("button", name="Upgrade to Pro").click()
    page.get_by_text("You are on the Pro plan now.").first.wait_for()
    yield "billing, pro"
    yield from _visit_tokens(visitor)
    yield from _visit_leaks(visitor)
    yield from _visit_approval(visitor)
    page.goto("/nowhere")
    yield "not found"
    page.goto("/problems/too-many-requests")
    yield "a problem explained"
    page.goto("/sign-in")
    yield "signed in already"


def _visit_sign_in(visitor: Visitor) -> Iterator[str]:
    page = visitor.page
    page.goto("/sign-in")
    yield "sign-in"
    page.get_by_role("textbox", name="Sign-in link or code").fill("nonsense")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_text("That code does not work.").first.wait_for()
    yield "sign-in, refused"
    page.goto(visitor.workspace.add_user(EMAIL, "free").link)
    page.get_by_text("Your link is ready.").wait_for()
    yield "sign-in, by link"
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="No tokens yet").wait_for()
    yield "no tokens"


def _visit_tokens(visitor: Visitor) -> Iterator[str]:
    page = visitor.page
    page.goto(TOKENS)
    dialog = visitor.open_dialog()
    yield "create"
    dialog.get_by_role("radio", name="On a date").check()
    yield "create, on a date"
    dialog.get_by_role("radio", name="Never").check()
    yield "create, never"
    dialog.get_by_role("textbox", name="Name").fill("   ")
    dialog.get_by_role("button", name="Create Token").click()
    page.get_by_text("A token needs a name.").first.wait_for()
    yield "create, refused"
    page.goto(TOKENS)
    in_a_week = timestamps.now() + timedelta(days=7)
    visitor.workspace.issue(EMAIL, LONGEST_LABEL, ["tokens:manage"], in_a_week)
    old = visitor.workspace.issue(EMAIL, "Old phone", [], in_a_week).token.id
    _expire(visitor, old)
    _use(visitor, old)
    visitor.create("MacBook Pro")
    yield "shown once"
    page.get_by_role("button", name="Copy").click()
    page.get_by_text("Copied to the clipboard.").wait_for()
    yield "copied"
    page.goto(TOKENS)
    yield "tokens"
    visitor.open_revoke_dialog("MacBook Pro")
    yield "revoke"
    page.get_by_role("button", name="Revoke token").click()
    page.get_by_text("The token was revoked.").first.wait_for()
    yield "revoked"


def _visit_leaks(visitor: Visitor) -> Iterator[str]:
    page = visitor.page
    token = visitor.workspace.issue(EMAIL, LONGEST_LABEL).secret.reveal()
    page.goto("/revoke")
    yield "found"
    page.get_by_role("textbox", name="Token").fill(token)
    page.get_by_role("button", name="Revoke token").click()
    page.get_by_text("it no longer works").first.wait_for()
    yield "found, revoked"
    page.goto(TOKENS)
    page.get_by_role("button", name="Dismiss").wait_for()
    yield "leaked"
    page.get_by_role("link", name="activity", exact=True).click()
    page.get_by_role("heading", name="Activity").wait_for()
    yield "activity"


def _visit_approval(visitor: Visitor) -> Iterator[str]:
    page = visitor.page
    page.goto("/device")
    yield "enter the code"
    page.get_by_role("textbox", name="Code").fill("BCDF-GHJK")
    page.get_by_role("button", name="Continue").click()
    page.get_by_text("That code is not valid.").first.wait_for()
    yield "enter the code, refused"
    page.goto(start_device_login(visitor))
    yield "approve a sign-in"
    page.get_by_role("radio", name="On a date").check()
    page.get_by_role("textbox", name="Name").fill("   ")
    page.get_by_role("textbox", name="Last day, in UTC").fill("2099-12-31")
    page.get_by_role("button", name="Approve").click()
    page.get_by_text("A token needs a name.").first.wait_for()
    yield "approve a sign-in, refused"
    page.get_by_role("button", name="Deny").click()
    page.get_by_role("heading", name="Denied").wait_for()
    yield "a sign-in denied"


def start_device_login(visitor: Visitor) -> str:
    """Request a device code for a machine with a long name, and return the path of its approval page."""
    with Program(visitor.workspace) as program:
        return program.start_device_login(machine=LONGEST_LABEL, profile="work")


def _use(visitor: Visitor, token_id: str) -> None:
    """Record a use from a long address, by a program with a long name."""
    from arka_config.workspace.server.tables import MAX_CLIENT_LENGTH, Token

    with visitor.workspace.workspace.database.write() as session:
        token = session.get(Token, token_id)
        assert token is not None
        token.last_used = timestamps.now()
        token.last_used_address = "2001:db8:1111:2222:3333:4444:5555:6666"
        token.last_used_client = "W" * MAX_CLIENT_LENGTH


def _expire(visitor: Visitor, token_id: str) -> None:
    """Set a token's expiry to the past. No form can do that."""
    from arka_config.workspace.server.tables import Token

    with visitor.workspace.workspace.database.write() as session:
        token = session.get(Token, token_id)
        assert token is not None
        token.expires = timestamps.now() - timedelta(days=1)
