"""The pages by keyboard alone: what the focus reaches, where it is kept, and where it goes back to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.workspace.pages.visitor import ANN, TOKENS

if TYPE_CHECKING:
    from collections.abc import Callable

    from arka_config.workspace.server.serving import RunningWorkspace
    from tests.workspace.pages.visitor import ANN, Visitor

pytestmark = pytest.mark.peer("chromium")

# What has the focus: its text or its label, and whether it shows that it has it.
FOCUSED = """() => {
  const it = document.activeElement;
  const outline = getComputedStyle(it.type === "radio" ? it.nextElementSibling : it);
  const words = it.ariaLabel || it.labels?.[0]?.innerText || it.innerText;
  return {words: words.trim(), shown: outline.outlineStyle !== "none" && parseFloat(outline.outlineWidth) >= 2,
          inside: !!it.closest("dialog"), nothing: it === document.body};
}"""


def focused(visitor: Visitor) -> dict[str, Any]:
    found: dict[str, Any] = visitor.page.evaluate(FOCUSED)
    return found


def tabs(visitor: Visitor, count: int, key: str = "Tab") -> list[str]:
    """What the focus visits, one after the other; all of it has to show that it has the focus."""
    visited = []
    for _ in range(count):
        visitor.page.keyboard.press(key)
        found = focused(visitor)
        assert found["nothing"] or found["shown"], f"{found['words']} shows no focus"
        visited.append("" if found["nothing"] else found["words"])
    return visited


def test_a_token_is_made_copied_and_revoked_without_a_mouse(
    visit: Callable[..., Visitor], workspace: RunningWorkspace
) -> None:
    ann = visit()
    press = ann.page.keyboard.press
    ann.page.goto(workspace.add_user(ANN, "pro").link)
    press("Enter")  # the button has the focus where the link has brought its code
    ann.loaded(ann.page.get_by_role("heading", name="No tokens yet"))
    order = tabs(ann, 6)
    assert order == ["Skip to the content", "ARKA", "Tokens", "Billing", "Sign out", "Create Token"]

    press("Enter")
    ann.loaded(ann.page.get_by_role("dialog", name="Create Token"))
    assert focused(ann)["words"] == "Name"
    ann.page.keyboard.type("Laptop")
    assert tabs(ann, 1) == ["90 days"]
    press("ArrowLeft")
    assert focused(ann)["words"] == "60 days"
    assert tabs(ann, 3) == ["May manage tokens", "Cancel", "Create Token"]
    press("Enter")
    ann.loaded(ann.page.get_by_text("Copy your token now"))
    assert focused(ann)["words"] == "Copy"
    press("Enter")
    ann.page.get_by_text("Copied to the clipboard.").wait_for()
    assert ann.clipboard() == ann.page.get_by_role("textbox", name="Your new token").input_value()

    assert tabs(ann, 1) == ["Revoke Laptop"]
    press("Enter")
    ann.loaded(ann.page.get_by_role("dialog", name="Revoke “Laptop”?"))
    assert focused(ann)["words"] == "Cancel"  # what cannot be undone takes one step more
    assert tabs(ann, 1) == ["Revoke token"]
    press("Space")
    ann.page.get_by_text("The token was revoked.").first.wait_for()
    assert ann.listed() == []


@pytest.mark.parametrize("key", ["Tab", "Shift+Tab"])
@pytest.mark.parametrize("script", [True, False])
def test_the_focus_stays_in_a_dialog(visit: Callable[..., Visitor], key: str, script: bool) -> None:
    """Between its last control and its first one, the browser's own have their turn: then it is on none of the page."""
    ann = visit(java_script_enabled=script)
    ann.sign_in(ANN, "pro")
    ann.open_dialog()
    for _ in range(14):
        ann.page.keyboard.press(key)
        found = focused(ann)
        assert found["inside"] or found["nothing"], found["words"]


def test_escape_leaves_a_dialog_for_where_it_was_opened(ann: Visitor) -> None:
    ann.open_dialog()
    ann.page.keyboard.type("not this one")
    ann.page.keyboard.press("Escape")
    ann.page.get_by_role("dialog").wait_for(state="detached")
    ann.page.wait_for_load_state()
    assert focused(ann)["words"] == "Create Token"

    ann.create("Phone")
    ann.create("Laptop")
    ann.ask_to_revoke("Phone")
    ann.page.keyboard.press("Escape")
    ann.page.get_by_role("dialog").wait_for(state="detached")
    ann.page.wait_for_load_state()
    assert focused(ann)["words"] == "Revoke Phone"
    assert ann.listed() == ["Laptop", "Phone"]


def test_cancel_leaves_a_dialog_too(ann: Visitor) -> None:
    ann.open_dialog().get_by_role("link", name="Cancel").click()
    ann.page.get_by_role("dialog").wait_for(state="detached")
    ann.page.wait_for_load_state()
    assert focused(ann)["words"] == "Create Token"
    assert ann.listed() == []


def test_what_is_skipped_to_is_the_content(ann: Visitor) -> None:
    ann.page.goto(TOKENS)
    ann.page.keyboard.press("Tab")
    assert ann.page.get_by_role("link", name="Skip to the content").is_visible()
    ann.page.keyboard.press("Enter")
    assert tabs(ann, 1) == ["Create Token"]
