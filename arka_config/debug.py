"""The debug log, for `--debug`: each step of a run.

Lines name files, places and origins, never a secret. The standard library's `logging` is not used: importing it takes
as long as reading a token.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

listener: Callable[[str], None] | None = None


def log(line: str) -> None:
    """Log a step that was done, if there is a listener."""
    if listener is not None:
        listener(line)
