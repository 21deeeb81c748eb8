"""One process that changes the vault, and dies at the n-th of its writes, renames, syncs and removals.

python -m tests.sealing.killed HOME CHANGE N
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from arka_config import ProfileStore
from arka_config.arka import app
from arka_config.sealing import changes
from arka_config.sealing.unlockers import NewUnlocker


def mortal(left: int) -> None:
    """Has this process killed at the n-th step from now: before it, or, for a write, in the middle of it."""

    def doomed(step: Callable[..., Any], *, is_write: bool = False) -> Callable[..., Any]:
        def stepping(*arguments: Any) -> Any:
            nonlocal left
            left -= 1
            if not left:
                if is_write:
                    step(arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            return step(*arguments)

        return stepping

    os.write = doomed(os.write, is_write=True)
    for name in ("replace", "unlink", "fsync", "open", "mkdir"):
        setattr(os, name, doomed(getattr(os, name)))


def main() -> None:
    home, change, step = sys.argv[1:]
    vault = ProfileStore.open(app, {"ARKA_HOME": home}).vault
    mortal(int(step))
    if change == "enable":
        changes.enable(vault, [NewUnlocker("key-file")])
    elif change == "rekey":
        changes.rekey(vault)
    elif change == "disable":
        changes.disable(vault)
    elif change == "add":
        changes.add_unlocker(vault, NewUnlocker("key-file", path=os.path.join(home, "state", "c.key")))
    else:
        changes.remove_unlocker(vault, change)


if __name__ == "__main__":
    main()
