"""Node programs built on the real `conf`, which run during a test and answer its questions."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests import peers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

HERE = Path(__file__).parent
VERSIONS = [pytest.param(name, marks=pytest.mark.peer(name)) for name in ("conf-15", "conf-16")]


class Peer:
    """A Node program that answers each line of JSON with a line of JSON."""

    def __init__(self, name: str, script: str, *arguments: str, environ: Mapping[str, str], umask: int = 0o022) -> None:
        node, modules = peers.node_for(name)
        program = (HERE / script).read_text("utf-8")
        self.cwd = os.path.realpath(modules.parent)
        self._process = subprocess.Popen(
            [node, "--input-type=module", "--eval", program, "--", *arguments],
            cwd=self.cwd,
            env=dict(environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            umask=umask,
        )

    def __enter__(self) -> Peer:
        self._answer()  # wait until it is up
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate(timeout=30)

    def ask(self, question: object) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def get(self, key: str) -> Any:
        return self.ask(["get", key])

    def set(self, key: str, value: object) -> None:
        self.ask(["set", key, value])

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise AssertionError(self._process.communicate()[1])
        return json.loads(line)
