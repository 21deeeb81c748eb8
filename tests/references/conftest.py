"""Fixtures for the tests of references: a store and its environment."""

from __future__ import annotations

from tests.store.conftest import environ, store

__all__ = ["environ", "store"]
