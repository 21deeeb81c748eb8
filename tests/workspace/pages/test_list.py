"""The list of tokens: its order, its pages if it is long, and what a row shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.workspace.pages.visitor import ANN, TOKENS

if TYPE_CHECKING:
    from arka_config.workspace.server.serving import RunningWorkspace
    from tests.workspace.pages.visitor import Visitor

pytestmark = pytest.mark.peer("chromium")


def test_older_tokens_are_on_the_next_page_and_cancel_returns_to_it(ann: Visitor, workspace: RunningWorkspace) -> None:
    for number in range(53):
        workspace.issue(ANN, f"number {number}")
    ann.page.goto(TOKENS)
    assert ann.token_names() == [f"number {number}" for number in range(52, 2, -1)]
    ann.page.get_by_role("link", name="Older tokens").click()
    ann.wait_for(ann.page.get_by_role("link", name="Newest tokens"))
    assert ann.token_names() == ["number 2", "number 1", "number 0"]
    assert not ann.page.get_by_role("link", name="Older tokens").is_visible()

    ann.open_revoke_dialog("number 1")
    ann.page.keyboard.press("Escape")
    ann.page.get_by_role("dialog").wait_for(state="detached")
    assert ann.token_names() == ["number 2", "number 1", "number 0"]
    ann.revoke("number 1")
    ann.page.goto(f"{TOKENS}?after=made-up")
    assert len(ann.token_names()) == 50  # an invalid cursor is ignored


def test_row_shows_last_use_and_manage_scope(ann: Visitor, workspace: RunningWorkspace) -> None:
    from arka_config.workspace import scopes

    issued = workspace.issue(ANN, "CI/CD Pipeline", [scopes.MANAGE])
    assert workspace.workspace.verifier.verify_now(issued.secret.reveal()) is not None
    workspace.workspace.verifier.last_uses.flush()
    ann.page.goto(TOKENS)
    header = ann.page.get_by_role("columnheader").all_inner_texts()
    assert header == ["Name", "Token", "Created", "Expires", "Last used", "Revoke"]
    row = ann.page.get_by_role("row").nth(1)
    assert row.get_by_role("rowheader").inner_text().split("\n")[0].split() == [
        *("CI/CD", "Pipeline", "may", "manage", "tokens")
    ]
    cells = row.get_by_role("cell").all_inner_texts()
    assert (cells[0], cells[2:4]) == (f"arka_…{issued.secret.reveal()[-4:]}", ["Never", "Now"])
