"""Configure the fixtures of arka_config.testing for this app, and serve two fake hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import octo
import pytest
from fake_github import FakeGitHub

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import NoReturn

    from arka_config import App

pytest_plugins = ["arka_config.testing"]


@pytest.fixture
def cli_app() -> App:
    return octo.app


@pytest.fixture
def cli_main() -> Callable[[], NoReturn]:
    return octo.main


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    """The public API: paths start at the root."""
    with FakeGitHub("").serve() as served:
        yield served


@pytest.fixture
def enterprise() -> Iterator[FakeGitHub]:
    """A company's own server: paths start with /api/v3."""
    with FakeGitHub("/api/v3").serve() as served:
        yield served
