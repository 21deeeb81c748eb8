"""Keyboard use of the pages: focus order, focus in dialogs, and focus after closing them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.workspace.pages.visitor import ANN, TOKENS

if TYPE_CHECKING:
    from collections.abc import Callable

    from arka_config.workspace.server.serving import RunningWorkspace
    from tests.workspace.pages.visitor import Visitor

pytestmark = pytest.mark.peer("chromium")

# The focused element: its text or label, and whether its focus is visible.
FOCUSED = """() => {
  const element = document.activeElement;
  const outline = getComputedStyle(element.type === "radio" ? element.nextElementSibling : element);
  const text = element.ariaLabel || element.labels?.[0]?.innerText || element.innerText;
  return {text: text.trim(), isVisible: outline.outlineStyle !== "none" && parseFloat(outline.outlineWidth) >= 2,
          isInDialog: !!element.closest("dialog"), isNone: element === document.body};
}"""


def get_focus(visitor: Visitor) -> dict[str, Any]:
    focus: dict[str, Any] = visitor.page.evaluate(FOCUSED)
    return focus


def press_tab(visitor: Visitor, count: int, key: str = "Tab") -> list[str]:
    """Press Tab repeatedly. Return the elements that get the focus, and check that it is visible on each."""
    visited = []
    for _ in range(count):
        visitor.page.keyboard.press(key)
        focus = get_focus(visitor)
        assert focus["isNone"] or focus["isVisible"], f"the focus on {focus['text']} is not visible"
        visited.append("" if focus["isNone"] else focus["text"])
    return visited


def test_create_copy_and_revoke_by_keyboard(visit: Callable[..., Visitor], workspace: RunningWorkspace) -> None:
    ann = visit()
    press = ann.page.keyboard.press
    ann.page.goto(workspace.add_user(ANN, "pro").link)
    press("Enter")  # if the link contains the code, the button has the focus
    ann.wait_for(ann.page.get_by_role("heading", name="No tokens yet"))
    order = press_tab(ann, 7)
    assert order == ["Skip to the content", "ARKA", "Tokens", "Activity", "Billing", "Sign out", "Create Token"]

    press("Enter")
    ann.wait_for(ann.page.get_by_role("dialog", name="Create Token"))
    assert get_focus(ann)["text"] == "Name"
    ann.page.keyboard.type("Laptop")
    assert press_tab(ann, 1) == ["90 days"]
    press("ArrowLeft")
    assert get_focus(ann)["text"] == "60 days"
    assert press_tab(ann, 3) == ["Full", "Cancel", "Create Token"]
    press("Enter")
    ann.wait_for(ann.page.get_by_text("Copy your token now"))
    assert get_focus(ann)["text"] == "Copy"
    press("Enter")
    ann.page.get_by_text("Copied to the clipboard.").wait_for()
    assert ann.clipboard() == ann.page.get_by_role("textbox", name="Your new token").input_value()

    assert press_tab(ann, 1) == ["Revoke Laptop"]
    press("Enter")
    ann.wait_for(ann.page.get_by_role("dialog", name="Revoke “Laptop”?"))
    assert get_focus(ann)["text"] == "Cancel"  # the irreversible action does not have the focus
    assert press_tab(ann, 1) == ["Revoke token"]
    press("Space")
    ann.page.get_by_text("The token was revoked.").first.wait_for()
    assert ann.token_names() == []


@pytest.mark.parametrize("key", ["Tab", "Shift+Tab"])
@pytest.mark.parametrize("script", [True, False])
def test_focus_stays_in_a_dialog(visit: Callable[..., Visitor], key: str, script: bool) -> None:
    """Between the last control and the first, the browser's own controls may have the focus."""
    ann = visit(java_script_enabled=script)
    ann.sign_in(ANN, "pro")
    ann.open_dialog()
    for _ in range(14):
        ann.page.keyboard.press(key)
        focus = get_focus(ann)
        assert focus["isInDialog"] or focus["isNone"], focus["text"]


def test_escape_closes_a_dialog_and_restores_the_focus(ann: Visitor, workspace: RunningWorkspace) -> None:
    workspace.issue(ANN, "Phone")
    ann.open_dialog()
    ann.page.keyboard.type("discarded")
    ann.page.keyboard.press("Escape")
    ann.page.get_by_role("dialog").wait_for(state="detached")
    ann.page.wait_for_load_state()
    assert get_focus(ann)["text"] == "Create Token"

    ann.create("Laptop")
    ann.open_revoke_dialog("Phone")
    ann.page.keyboard.press("Escape")
    ann.page.get_by_role("dialog").wait_for(state="detached")
    ann.page.wait_for_load_state()
    assert get_focus(ann)["text"] == "Revoke Phone"
    assert ann.token_names() == ["Laptop", "Phone"]


def test_cancel_closes_a_dialog_and_restores_the_focus(ann: Visitor) -> None:
    ann.open_dialog().get_by_role("link", name="Cancel").click()
    ann.page.get_by_role("dialog").wait_for(state="detached")
    ann.page.wait_for_load_state()
    assert get_focus(ann)["text"] == "Create Token"
    assert ann.token_names() == []


def test_skip_link_leads_to_the_content(ann: Visitor) -> None:
    ann.page.goto(TOKENS)
    ann.page.keyboard.press("Tab")
    assert ann.page.get_by_role("link", name="Skip to the content").is_visible()
    ann.page.keyboard.press("Enter")
    assert press_tab(ann, 1) == ["Create Token"]
