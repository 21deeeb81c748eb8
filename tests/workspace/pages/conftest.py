"""Fixtures for a workspace and a Chromium that visits it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from arka_config.arka import app
from arka_config.workspace.server.serving import RunningWorkspace, serve_in_thread
from tests.chromium import run_chromium
from tests.guarantees import numbers
from tests.workspace.pages.visitor import ANN, Visitor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser

_FOLDER = Path(__file__).parent
_TOUR = "test_each_state_of_each_page_is_accessible"  # visits everything


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In a bounded run, run a third of the browser's tests, and the one that visits every page."""
    numbers.leave_out(config, items, lambda item: _FOLDER in item.path.parents and _TOUR not in item.nodeid, every=3)


@pytest.fixture
def workspace(sqlite_url: str) -> Iterator[RunningWorkspace]:
    """A workspace without users. Users can change their plan."""
    with serve_in_thread(app, sqlite_url) as running:
        running.workspace.allow_upgrade = True
        yield running


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """A browser for the tests of this folder, which ends before others run: they cannot share Playwright's loop."""
    with run_chromium() as browser:
        yield browser


@pytest.fixture
def visit(chromium: Browser, workspace: RunningWorkspace) -> Iterator[Callable[..., Visitor]]:
    """Start a visitor with a new browser profile. The options are Playwright's.

    At the end, fail if a page caused an error in its script or against its Content-Security-Policy.
    """
    visitors: list[Visitor] = []

    def start(**options: object) -> Visitor:
        visitors.append(Visitor(chromium, workspace, **options))
        return visitors[-1]

    yield start
    for visitor in visitors:
        visitor.context.close()
    assert [each.console_errors for each in visitors if each.console_errors] == []


@pytest.fixture
def ann(visit: Callable[..., Visitor]) -> Visitor:
    """A signed-in visitor on the Pro plan."""
    visitor = visit()
    visitor.sign_in(ANN, "pro")
    return visitor
