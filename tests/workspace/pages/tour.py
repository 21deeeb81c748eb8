"""The tour: every page and every state of one, in the order that somebody new to a workspace meets them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from arka_config import timestamps
from tests.workspace.pages.visitor import BILLING, TOKENS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.workspace.pages.visitor import Visitor

EMAIL = "a.rather.long.name.for.an.address@engineering.example.com"
LONGEST = "W" * 100  # what no blank breaks


def tour(visitor: Visitor) -> Iterator[str]:
    """Leads a visitor through the pages; the name of the state that is now to be seen."""
    for state in _states(visitor):
        visitor.page.wait_for_load_state()  # with its style and its script
        yield state


def _states(visitor: Visitor) -> Iterator[str]:
    yield from _outside(visitor)
    page = visitor.page
    page.goto(BILLING)
    yield "billing, free"
    page.get_by_role("button", name="Upgrade to Pro").click()
    page.get_by_text("You are on the Pro plan now.").first.wait_for()
    yield "billing, pro"
    yield from _tokens(visitor)
    page.goto("/nowhere")
    yield "not found"
    page.goto("/problems/too-many-requests")
    yield "a problem explained"
    page.goto("/sign-in")
    yield "signed in already"


def _outside(visitor: Visitor) -> Iterator[str]:
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


def _tokens(visitor: Visitor) -> Iterator[str]:
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
    visitor.workspace.issue(EMAIL, LONGEST, ["tokens:manage"], in_a_week)
    old = visitor.workspace.issue(EMAIL, "Old phone", [], in_a_week).token.id
    _let_expire(visitor, old)
    visitor.create("MacBook Pro")
    yield "shown once"
    page.get_by_role("button", name="Copy").click()
    page.get_by_text("Copied to the clipboard.").wait_for()
    yield "copied"
    page.goto(TOKENS)
    yield "tokens"
    visitor.ask_to_revoke("MacBook Pro")
    yield "revoke"
    page.get_by_role("button", name="Revoke token").click()
    page.get_by_text("The token was revoked.").first.wait_for()
    yield "revoked"


def _let_expire(visitor: Visitor, token_id: str) -> None:
    """Puts a token's end into the past, which no form does."""
    from arka_config.workspace.server.tables import Token

    with visitor.workspace.workspace.database.write() as session:
        token = session.get(Token, token_id)
        assert token is not None
        token.expires = timestamps.now() - timedelta(days=1)
