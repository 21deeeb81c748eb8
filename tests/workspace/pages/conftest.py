"""A workspace, and a Chromium with somebody before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from arka_config.arka import app
from arka_config.workspace.server.serving import RunningWorkspace, serve_in_thread
from tests import peers
from tests.workspace.pages.visitor import ANN, FLAGS, Visitor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser


@pytest.fixture
def workspace() -> Iterator[RunningWorkspace]:
    """A workspace without users."""
    with serve_in_thread(app) as served:
        yield served


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser. It is a module's, since no other event loop can run in the meantime."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=peers.executable("chromium"), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser, workspace: RunningWorkspace) -> Iterator[Callable[..., Visitor]]:
    """Opens a browser profile of its own for somebody who visits the workspace; its options are Playwright's.

    Afterwards no page may have run into an error of its script or its Content-Security-Policy.
    """
    visitors: list[Visitor] = []

    def start(**options: object) -> Visitor:
        visitors.append(Visitor(chromium, workspace, **options))
        return visitors[-1]

    yield start
    for visitor in visitors:
        visitor.context.close()
    assert [each.complaints for each in visitors if each.complaints] == []


@pytest.fixture
def ann(visit: Callable[..., Visitor]) -> Visitor:
    """Somebody on the Pro plan, who has signed in."""
    visitor = visit()
    visitor.sign_in(ANN, "pro")
    return visitor
