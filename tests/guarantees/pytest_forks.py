"""Run pytest in forks of a process that has imported pytest and the libraries, and neither the package nor its tests.

A test of the guarantees takes a fraction of a second, and starting Python with all of this takes two. As a program,
this reads lines of JSON, each with the file for the output and the arguments of pytest, and prints each exit code.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import traceback
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

LIBRARIES = (
    *("authlib", "click.testing", "cryptography.x509", "fastapi.openapi.utils", "httpx", "jinja2", "joserfc.jwt"),
    *("cryptography.hazmat.primitives.ciphers.aead", "cryptography.hazmat.primitives.kdf.scrypt"),
    *("hypothesis.stateful", "opentelemetry.trace", "pexpect", "pydantic_settings", "python_multipart", "rich.table"),
    *("alembic.command", "sqlalchemy.dialects.postgresql.psycopg", "sqlalchemy.dialects.sqlite.pysqlite"),
    *("sqlalchemy.orm", "starlette.testclient", "uvicorn.protocols.http.httptools_impl", "yaml"),
)


class PytestForks(NamedTuple):
    """The program, running in a folder."""

    process: subprocess.Popen[str]
    folder: Path

    def run(self, *arguments: str) -> tuple[int, str]:
        """Run pytest with arguments. Return its exit code and output."""
        output = self.folder / "output"
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([str(output), *arguments]) + "\n")
        self.process.stdin.flush()
        code = self.process.stdout.readline()
        assert code, f"the process ended: {self.process.wait()}"
        return int(code), output.read_text("utf-8", "replace")


@contextmanager
def start(folder: Path, environ: dict[str, str]) -> Iterator[PytestForks]:
    """Start the program in a folder, where `import` finds the package and its tests."""
    with subprocess.Popen(
        [sys.executable, __file__],
        cwd=folder,
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield PytestForks(process, folder)
        assert process.stdin is not None
        process.stdin.close()


def main(lines: IO[str]) -> None:
    """Fork once for each line."""
    sys.path[0] = os.getcwd()
    import pytest

    for library in LIBRARIES:
        importlib.import_module(library)
    for line in lines:
        output, *arguments = json.loads(line)
        child = os.fork()
        if child == 0:
            _run_and_exit(pytest.main, output, arguments)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _run_and_exit(run: object, output: str, arguments: list[str]) -> None:
    code = 70
    try:
        assert callable(run)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        written = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(written, 1)
        os.dup2(written, 2)
        code = int(run(arguments))
    except BaseException:  # noqa: BLE001  # it is printed, and the parent's code must not run on in the fork
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main(sys.stdin)
