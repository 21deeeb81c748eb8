"""What the tests of the workspace's client share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.workspace.fake import Fake, running

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def fake() -> Iterator[Fake]:
    """A workspace that runs."""
    with running() as fake:
        yield fake
