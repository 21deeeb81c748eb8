"""What the tests of hostile text share: the home with two profiles that the tests of the commands have."""

from tests.cli.conftest import two

__all__ = ["two"]
