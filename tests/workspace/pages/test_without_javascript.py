"""If JavaScript is off, everything works except copying, because each dialog has its own URL."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.workspace.pages.visitor import ANN, TOKENS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.workspace.pages.visitor import Visitor

pytestmark = pytest.mark.peer("chromium")


@pytest.fixture
def ann(visit: Callable[..., Visitor]) -> Visitor:
    visitor = visit(java_script_enabled=False)
    visitor.sign_in(ANN, "free")
    return visitor


def test_tokens_are_created_shown_and_revoked_without_javascript(ann: Visitor) -> None:
    token = ann.create("MacBook Pro", "Never")
    assert re.fullmatch(r"arka_[0-9A-Za-z]{37}", token)
    ann.page.get_by_text("Copy your token now, it won't be shown again.").wait_for()
    assert not ann.page.get_by_role("button", name="Copy").is_visible()  # it needs JavaScript
    ann.page.get_by_role("link", name="Tokens", exact=True).click()
    assert ann.token_names() == ["MacBook Pro"]
    ann.revoke("MacBook Pro")
    assert ann.token_names() == []


def test_sign_in_change_plan_and_sign_out(visit: Callable[..., Visitor]) -> None:
    ann = visit(java_script_enabled=False)
    ann.sign_in_on_the_page(ANN, "free")
    ann.page.get_by_role("link", name="Upgrade to Pro").click()
    ann.page.get_by_role("button", name="Upgrade to Pro").click()
    ann.page.get_by_text("You are on the Pro plan now.").wait_for()
    ann.page.get_by_role("button", name="Sign out").click()
    ann.page.get_by_role("heading", name="Sign in to ARKA").wait_for()


def test_cancel_closes_a_dialog(ann: Visitor) -> None:
    ann.open_dialog().get_by_role("link", name="Cancel").click()
    ann.page.get_by_role("dialog").wait_for(state="detached")
    assert ann.token_names() == []


def test_invalid_form_shows_the_reason_and_keeps_the_input(ann: Visitor) -> None:
    dialog = ann.open_dialog()
    dialog.get_by_role("textbox", name="Name").fill("Fair")
    dialog.get_by_role("radio", name="On a date").check()
    dialog.get_by_role("radio", name="Manages tokens").check()
    dialog.get_by_role("button", name="Create Token").click()  # if no date is given
    ann.page.get_by_role("alert").filter(has_text="Choose when the token expires.").wait_for()
    dialog = ann.page.get_by_role("dialog", name="Create Token")
    assert dialog.get_by_role("textbox", name="Name").input_value() == "Fair"
    assert dialog.get_by_role("radio", name="On a date").is_checked()
    assert dialog.get_by_role("radio", name="Manages tokens").is_checked()


NAMES = [  # each with what the list shows if that differs
    ("<script>alert(1)</script>", None),
    ("{{ 7 * 7 }}", None),
    ("עברית (1)", None),
    ("日本語のラップトップ 💻", None),
    ("&amp; & \"quoted\" 'too'", None),
    ("  MacBook Pro  ", "MacBook Pro"),
    ("W" * 100, None),
]


def test_name_is_shown_as_typed(ann: Visitor) -> None:
    for label, _ in NAMES:
        dialog = ann.open_dialog()
        dialog.get_by_role("textbox", name="Name").fill(label)
        dialog.get_by_role("button", name="Create Token").click()
        ann.page.get_by_text("Copy your token now").wait_for()
    ann.page.goto(TOKENS)
    shown = [shown or label for label, shown in NAMES]
    assert sorted(ann.token_names()) == sorted(shown)
    for name in shown:
        ann.revoke(name)


def test_misleading_name_is_rejected_and_escaped(ann: Visitor) -> None:
    for label in ("right\u202eto left", "\x1b[31mred", "zero\u200bwidth\u2066"):
        dialog = ann.open_dialog()
        dialog.get_by_role("textbox", name="Name").fill(label)
        dialog.get_by_role("button", name="Create Token").click()
        ann.page.get_by_role("alert").wait_for()
        assert label not in ann.page.content()
        ann.page.goto(TOKENS)
        assert ann.token_names() == []
