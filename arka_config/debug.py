"""What is done, step by step, for who asked to be told: `--debug`.

A step names files, places and origins, and never a secret. The standard library's logging would do, and takes as long
to import as a token takes to read.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

listener: Callable[[str], None] | None = None


def log(step: str) -> None:
    """Tells a step that has been done, where somebody listens."""
    if listener is not None:
        listener(step)
