"""The home with two profiles of the commands' tests."""

from tests.cli.conftest import two_profiles

__all__ = ["two_profiles"]
