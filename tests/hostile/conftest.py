"""The home with two profiles of the commands' tests."""

from tests.cli.conftest import two

__all__ = ["two"]
