"""Fixtures of the guarantees: the two profiles of the commands' tests, and a process that is ready to fork."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import arka_config
from tests.cli.conftest import two_profiles

__all__ = ["two_profiles"]


@pytest.fixture(scope="session")
def import_everything() -> None:
    """Import the package and its HTTP client, so that no fork has to."""
    for module in pkgutil.walk_packages(arka_config.__path__, "arka_config."):
        if not module.name.startswith(("arka_config.workspace.server", "arka_config.__main__")):
            importlib.import_module(module.name)
    importlib.import_module("httpx")
