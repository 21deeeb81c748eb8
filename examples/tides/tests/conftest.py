"""Configure the fixtures of arka_config.testing for this app."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import tides

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

    from arka_config import App

pytest_plugins = ["arka_config.testing"]


@pytest.fixture
def cli_app() -> App:
    return tides.app


@pytest.fixture
def cli_main() -> Callable[[], NoReturn]:
    return tides.main
