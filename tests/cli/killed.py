"""Run `arka` and kill it at one step: before or after it sends a request or renames a file."""

from __future__ import annotations

import os
import subprocess
import sys

KILLED = 9

_SCRIPT = """
import os, sys
from arka_config.store.system import SYSTEM
from arka_config.workspace.client import transport

left = int(sys.argv.pop(1))

def counted(function):
    def step(*rest):
        count(); found = function(*rest); count()
        return found
    return step

def count():
    global left
    left -= 1
    if left == 0:
        os._exit(9)

SYSTEM.replace = counted(SYSTEM.replace)
transport._send_once = counted(transport._send_once)
from arka_config.__main__ import main
main()
"""


def run_and_kill_at(step: int, *arguments: str) -> int:
    """Run `arka` and return KILLED, or its own exit code if it ends before that step."""
    line = [sys.executable, "-c", _SCRIPT, str(step), *arguments]
    return subprocess.run(line, check=False, capture_output=True, env=dict(os.environ)).returncode
