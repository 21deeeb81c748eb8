"""Without a script everything works but copying: each dialog has an address of its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.workspace.pages.visitor import ANN, TOKENS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.workspace.pages.visitor import ANN, Visitor

pytestmark = pytest.mark.peer("chromium")


@pytest.fixture
def ann(visit: Callable[..., Visitor]) -> Visitor:
    visitor = visit(java_script_enabled=False)
    visitor.sign_in(ANN, "free")
    return visitor


def test_a_token_is_made_shown_and_revoked(ann: Visitor) -> None:
    token = ann.create("MacBook Pro", "Never")
    assert re.fullmatch(r"arka_[0-9A-Za-z]{37}", token)
    ann.page.get_by_text("Copy your token now, it won't be shown again.").wait_for()
    assert not ann.page.get_by_role("button", name="Copy").is_visible()  # nothing that does nothing is offered
    ann.page.get_by_role("link", name="Tokens", exact=True).click()
    assert ann.listed() == ["MacBook Pro"]
    ann.revoke("MacBook Pro")
    assert ann.listed() == []


def test_the_plan_is_changed_and_the_session_ended(ann: Visitor) -> None:
    ann.page.get_by_role("link", name="Upgrade to Pro").click()
    ann.page.get_by_role("button", name="Upgrade to Pro").click()
    ann.page.get_by_text("You are on the Pro plan now.").wait_for()
    ann.page.get_by_role("button", name="Sign out").click()
    ann.page.get_by_role("heading", name="Sign in to ARKA").wait_for()


def test_a_dialog_is_cancelled(ann: Visitor) -> None:
    ann.open_dialog().get_by_role("link", name="Cancel").click()
    ann.page.get_by_role("dialog").wait_for(state="detached")
    assert ann.listed() == []


def test_what_is_wrong_with_a_form_is_said_and_what_was_entered_is_still_there(ann: Visitor) -> None:
    dialog = ann.open_dialog()
    dialog.get_by_role("textbox", name="Name").fill("Fair")
    dialog.get_by_role("radio", name="On a date").check()
    dialog.get_by_role("checkbox", name="May manage tokens").check()
    dialog.get_by_role("button", name="Create Token").click()  # and no date
    ann.page.get_by_role("alert").filter(has_text="Choose when the token expires.").wait_for()
    dialog = ann.page.get_by_role("dialog", name="Create Token")
    assert dialog.get_by_role("textbox", name="Name").input_value() == "Fair"
    assert dialog.get_by_role("radio", name="On a date").is_checked()
    assert dialog.get_by_role("checkbox", name="May manage tokens").is_checked()


@pytest.mark.parametrize(
    ("label", "shown"),
    [
        ("<script>alert(1)</script>", None),
        ("{{ 7 * 7 }}", None),
        ("עברית (1)", None),
        ("日本語のラップトップ 💻", None),
        ("&amp; & \"quoted\" 'too'", None),
        ("  MacBook Pro  ", "MacBook Pro"),
        ("W" * 100, None),
    ],
)
def test_a_name_is_shown_as_it_was_typed(ann: Visitor, label: str, shown: str | None) -> None:
    dialog = ann.open_dialog()
    dialog.get_by_role("textbox", name="Name").fill(label)
    dialog.get_by_role("button", name="Create Token").click()
    ann.page.get_by_text("Copy your token now").wait_for()
    ann.page.goto(TOKENS)
    assert ann.listed() == [shown or label]
    ann.revoke(shown or label)


@pytest.mark.parametrize("label", ["right\u202eto left", "\x1b[31mred", "zero\u200bwidth\u2066"])
def test_a_name_that_would_drive_a_screen_is_refused_and_shown_harmless(ann: Visitor, label: str) -> None:
    dialog = ann.open_dialog()
    dialog.get_by_role("textbox", name="Name").fill(label)
    dialog.get_by_role("button", name="Create Token").click()
    ann.page.get_by_role("alert").wait_for()
    assert label not in ann.page.content()
    ann.page.goto(TOKENS)
    assert ann.listed() == []
