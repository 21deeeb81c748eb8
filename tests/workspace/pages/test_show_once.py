"""Each token is shown once and each form acts once, even if the user reloads, goes back, clicks twice or opens tabs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.workspace.pages.visitor import ANN, BILLING, TOKENS

if TYPE_CHECKING:
    from collections.abc import Callable

    from arka_config.workspace.server.serving import RunningWorkspace
    from tests.workspace.pages.visitor import Visitor

pytestmark = pytest.mark.peer("chromium")


def test_reload_neither_shows_nor_creates_a_token(ann: Visitor) -> None:
    token = ann.create("Laptop")
    for _ in range(2):
        ann.page.reload()
        assert ann.token_names() == ["Laptop"]
        assert token not in ann.page.content()


def test_back_and_forward_do_not_show_the_token(ann: Visitor) -> None:
    token = ann.create("Laptop")
    ann.page.get_by_role("link", name="Billing").click()
    ann.page.get_by_role("heading", name="Billing").wait_for()
    for step in (ann.page.go_back, ann.page.go_back, ann.page.go_forward, ann.page.go_forward):
        step()
        ann.page.get_by_role("heading", level=1).wait_for()
        assert token not in ann.page.content()
    ann.page.goto(TOKENS)
    assert ann.token_names() == ["Laptop"]


def test_double_click_creates_one_token(ann: Visitor, workspace: RunningWorkspace) -> None:
    dialog = ann.open_dialog()
    dialog.get_by_role("textbox", name="Name").fill("Laptop")
    dialog.get_by_role("button", name="Create Token").dblclick()
    assert ann.page.get_by_role("textbox", name="Your new token").input_value().startswith("arka_")
    assert ann.token_names() == ["Laptop"]


def test_resubmitted_form_creates_one_token_with_a_note(visit: Callable[..., Visitor]) -> None:
    """The script would prevent it, so it is off: the server recognizes the form."""
    ann = visit(java_script_enabled=False)
    ann.sign_in(ANN, "pro")
    token = ann.create("Laptop")
    ann.page.reload()  # submits the form again
    ann.page.get_by_text("This form was already submitted").wait_for()
    assert token not in ann.page.content()
    assert ann.token_names() == ["Laptop"]
    ann.page.reload()
    assert ann.token_names() == ["Laptop"]


def test_token_can_be_revoked_in_two_tabs(ann: Visitor, workspace: RunningWorkspace) -> None:
    workspace.issue(ANN, "Laptop")
    ann.page.goto(TOKENS)
    other = ann.new_tab()
    other.goto(TOKENS)
    dialog = ann.open_revoke_dialog("Laptop")
    other.get_by_role("link", name="Revoke Laptop").click()
    other.get_by_role("button", name="Revoke token").click()
    other.get_by_text("The token was revoked.").first.wait_for()
    dialog.get_by_role("button", name="Revoke token").click()  # already revoked
    ann.page.get_by_text("The token was revoked.").first.wait_for()
    assert ann.token_names() == []


def test_revoking_from_a_stale_list_says_that_the_token_is_gone(ann: Visitor, workspace: RunningWorkspace) -> None:
    workspace.issue(ANN, "Laptop")
    ann.page.goto(TOKENS)
    old = ann.new_tab()
    old.goto(TOKENS)
    ann.revoke("Laptop")
    old.get_by_role("link", name="Revoke Laptop").click()
    old.get_by_text("That token no longer exists.").first.wait_for()
    old.wait_for_url(f"**{TOKENS}")  # the note is removed from the address


def test_sign_in_link_works_once(visit: Callable[..., Visitor], workspace: RunningWorkspace) -> None:
    link = workspace.add_user(ANN).link
    first, second = visit(), visit()
    for visitor in (first, second):
        visitor.page.goto(link)
        visitor.page.get_by_text("Your link is ready.").wait_for()
        assert visitor.page.url == f"{workspace.url}/sign-in"  # the code is removed from the address
        visitor.page.get_by_role("button", name="Sign in").click()
    assert first.token_names() == []
    second.page.get_by_text("That code does not work.").first.wait_for()
    assert ANN not in second.page.content()


def test_double_click_signs_in(visit: Callable[..., Visitor], workspace: RunningWorkspace) -> None:
    ann = visit()
    ann.page.goto(workspace.add_user(ANN).link)
    ann.page.get_by_role("button", name="Sign in").dblclick()
    assert ann.token_names() == []


def test_link_opened_on_the_sign_in_page_is_used(visit: Callable[..., Visitor], workspace: RunningWorkspace) -> None:
    ann = visit()
    ann.page.goto("/sign-in")
    ann.page.get_by_role("textbox", name="Sign-in link or code").fill("nonsense")
    ann.page.get_by_role("button", name="Sign in").click()
    ann.page.get_by_text("That code does not work.").first.wait_for()
    ann.page.goto(workspace.add_user(ANN).link)  # only the fragment differs, so nothing is loaded
    ann.page.get_by_text("Your link is ready.").wait_for()
    assert not ann.page.get_by_role("alert").is_visible()
    ann.page.get_by_role("button", name="Sign in").click()
    assert ann.token_names() == []


def test_link_for_another_user_signs_in_again(ann: Visitor, workspace: RunningWorkspace) -> None:
    ann.page.goto(workspace.add_user("bob@example.com").link)
    ann.page.get_by_text(f"As {ANN}.").wait_for()
    assert ann.page.url == f"{workspace.url}/sign-in"
    ann.page.get_by_role("link", name="Sign in again").click()
    ann.page.get_by_text("Your link is ready.").wait_for()
    ann.page.get_by_role("button", name="Sign in").click()
    ann.page.get_by_text("bob@example.com").wait_for()
    assert ann.token_names() == []


def test_rate_limit_page_says_how_long_to_wait(visit: Callable[..., Visitor]) -> None:
    eve = visit()
    eve.page.goto("/sign-in")
    for _ in range(eve.workspace.workspace.sign_in_limit.most):
        eve.page.get_by_role("textbox", name="Sign-in link or code").fill("nonsense")
        eve.page.get_by_role("button", name="Sign in").click()
        eve.wait_for(eve.page.get_by_text("That code does not work.").first)
    eve.page.get_by_role("textbox", name="Sign-in link or code").fill("nonsense")
    eve.page.get_by_role("button", name="Sign in").click()
    eve.page.get_by_role("heading", name="Too many requests").wait_for()
    eve.page.get_by_text("Try again in 10 minutes.").wait_for()


def test_form_from_before_sign_out_is_rejected_with_a_page(ann: Visitor) -> None:
    other = ann.new_tab()
    other.goto(BILLING)
    ann.page.get_by_role("button", name="Sign out").click()
    ann.page.get_by_role("heading", name="Sign in to ARKA").wait_for()
    other.get_by_role("button", name="Downgrade to Free").click()
    other.get_by_role("heading", name="The form came from another site").wait_for()
    other.get_by_role("link", name="Go to the sign-in page").click()
    other.get_by_role("heading", name="Sign in to ARKA").wait_for()


def test_back_after_sign_out_shows_nothing(ann: Visitor, workspace: RunningWorkspace) -> None:
    workspace.issue(ANN, "Laptop")
    ann.page.goto(TOKENS)
    ann.page.get_by_role("button", name="Sign out").click()
    ann.page.get_by_role("heading", name="Sign in to ARKA").wait_for()
    ann.page.go_back()
    ann.page.get_by_role("heading", name="Sign in to ARKA").wait_for()
    assert "Laptop" not in ann.page.content()
