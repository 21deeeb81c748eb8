"""What the tests of the guarantees share: the two profiles that the commands' own tests have."""

from __future__ import annotations

from tests.cli.conftest import two

__all__ = ["two"]
