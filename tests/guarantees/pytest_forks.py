"""Run tests on a changed package, in forks of processes that have imported what the tests need.

A test of the guarantees takes a fraction of a second, and starting Python with everything that it imports takes two. As
a program, this keeps two processes that fork:

- In the first, pytest has collected the tests. A fork of it gives the changed functions their new code.
- The second has imported pytest and the libraries, but neither the package nor its tests. A fork of it imports the
  changed package. It runs the tests that do not fail in a fork of the first: the change may be outside of functions, or
  in a function that ran at import.
"""

from __future__ import annotations

import importlib
import inspect
import json
import os
import pkgutil
import subprocess
import sys
import traceback
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import pytest

    from tests.guarantees import new_code

RESULT = Path("result").absolute()  # of the program: tests change the working directory
OPTIONS = ("-x", "-vv", "-p", "no:cacheprovider", "--color=no")
LIBRARIES = (
    *("alembic.command", "alembic.config", "anyio._backends._asyncio", "click.shell_completion", "email.policy"),
    *("authlib.oauth2.rfc9101", "authlib.oidc.core", "oauthlib.oauth2", "oauthlib.openid"),
    *("cryptography.hazmat.backends.openssl", "cryptography.hazmat.primitives.ciphers.aead"),
    *("cryptography.hazmat.primitives.kdf.argon2", "cryptography.hazmat.primitives.kdf.scrypt", "cryptography.x509"),
    *("encodings.idna", "fastapi.openapi.utils", "httpcore", "httpx", "jinja2", "joserfc.jwt", "jsonschema_rs"),
    *("hypothesis.stateful", "http.server", "keyring", "opentelemetry.trace", "pexpect", "psycopg", "psycopg.pq"),
    *("pydantic_settings", "pydantic.v1", "pyrage", "python_multipart", "rich.table", "sqlalchemy.orm"),
    *("sqlalchemy.dialects.postgresql.psycopg", "sqlalchemy.dialects.sqlite.pysqlite", "sqlite3"),
    *("starlette.testclient", "tomli_w", "unittest.mock", "uvicorn.lifespan.off", "uvicorn.loops.uvloop"),
    *("uvicorn.protocols.http.httptools_impl", "webbrowser", "yaml"),
    *("_pytest.faulthandler", "_pytest.helpconfig", "_pytest.junitxml", "_pytest.pastebin", "_pytest.setuponly"),
    *("_pytest.setupplan", "_pytest.skipping", "_pytest.threadexception", "_pytest.tracemalloc", "_pytest.unittest"),
    *("_pytest.unraisableexception", "_pytest.warnings"),
)


class Failure(NamedTuple):
    """A test that failed, and its traceback."""

    test: str
    text: str


class PytestForks(NamedTuple):
    """The program, as it runs in a folder with a copy of the package and its tests."""

    process: subprocess.Popen[str]
    folder: Path

    def run(self, guard: str, file: Path, before: str) -> Failure | None:
        """Run a test on the package with a changed file, whose text was `before`. Return the first failure."""
        result = self.folder / RESULT.name
        result.unlink(missing_ok=True)
        self.send([guard, str(file), before])
        return Failure(*json.loads(result.read_text("utf-8"))) if result.exists() else None

    def send(self, request: list[str]) -> None:
        """Send a request, and wait for the answer."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        _write_line(self.process.stdin, json.dumps(request))
        if not self.process.stdout.readline():
            raise AssertionError("\n".join(path.read_text("utf-8") for path in self.folder.glob("*.output")))


@contextmanager
def start(folder: Path, environ: dict[str, str], tests: Iterable[str]) -> Iterator[PytestForks]:
    """Start the program in a folder, where `import` finds the package and its tests, and collect the tests to run."""
    with subprocess.Popen(
        [sys.executable, __file__],
        cwd=folder,
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        forks = PytestForks(process, folder.resolve())
        forks.send(sorted(set(tests)))
        yield forks
        assert process.stdin is not None
        process.stdin.close()


def _write_line(file: IO[str], line: str = "") -> None:
    file.write(f"{line.rstrip()}\n")
    file.flush()


# The program


def main() -> None:
    """Read the tests to collect, then requests, each in a line. Answer each line with an empty one."""
    sys.path[0] = os.getcwd()
    for library in LIBRARIES:
        importlib.import_module(library)
    requests, answers = _start_collection(json.loads(sys.stdin.readline()))
    if not answers.readline():
        return
    _write_line(sys.stdout)
    for line in sys.stdin:
        _write_line(requests, line)
        if not answers.readline():
            return
        if not RESULT.exists():
            in_fork(partial(run_pytest, [json.loads(line)[0]], FirstFailure()))
        _write_line(sys.stdout)
    requests.close()
    os.wait()


def _start_collection(tests: list[str]) -> tuple[IO[str], IO[str]]:
    """Collect the tests in a fork. Return the files for requests to it, and with its answers."""
    to_read, to_write = os.pipe()
    its_answers, its_end = os.pipe()
    if os.fork() == 0:
        os.close(to_write)
        collection = Collection(tests, os.fdopen(to_read), os.fdopen(its_end, "w"))
        run_and_exit(lambda: run_pytest(tests, collection), "collection.output")
    os.close(to_read)
    os.close(its_end)
    return os.fdopen(to_write, "w"), os.fdopen(its_answers)


def run_pytest(tests: list[str], plugin: object) -> None:
    import pytest

    pytest.main([*OPTIONS, *tests], plugins=[plugin])


def in_fork(run: Callable[[], object]) -> None:
    """Run a function in a fork, and wait for its end."""
    child = os.fork()
    if child == 0:
        run_and_exit(run, "fork.output")
    os.waitpid(child, 0)


def run_and_exit(run: Callable[[], object], output: str) -> None:
    """Run a function in a fork, with its output in a file, and end the fork."""
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        written = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(written, 1)
        os.dup2(written, 2)
        run()
    except BaseException:  # noqa: BLE001  # it is printed, and the parent's code must not run on in the fork
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


class FirstFailure:
    """A plugin of pytest that saves the first failure."""

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._save(report)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._save(report)

    def _save(self, report: pytest.CollectReport | pytest.TestReport) -> None:
        if report.failed and not RESULT.exists():
            RESULT.write_text(json.dumps(Failure(report.nodeid, report.longreprtext)), "utf-8")


class Collection:
    """A plugin of pytest that collects tests, and then runs some in a fork for each request."""

    def __init__(self, tests: list[str], requests: IO[str], answers: IO[str]) -> None:
        self._names = {test.partition("[")[0] for test in tests}
        self._requests = requests
        self._answers = answers

    def pytest_pycollect_makeitem(self, collector: pytest.Collector, name: str) -> list[pytest.Item] | None:
        """Leave out a file's other tests."""
        is_other = name.startswith("test_") and f"{collector.nodeid}::{name}" not in self._names
        return [] if is_other else None

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Answer requests instead of running every test."""
        _import_package()
        functions = new_code.functions_of(os.path.join(os.getcwd(), "arka_config"))
        inspect.getmodule(main.__code__)  # fills a cache of every module's path, which each traceback needs
        _write_line(self._answers)
        for line in self._requests:
            in_fork(partial(_run_changed, session, functions, *json.loads(line)))
            _write_line(self._answers)
        return True


def _import_package() -> None:
    """Import what commands would import in each fork."""
    import arka_config

    for module in pkgutil.walk_packages(arka_config.__path__, "arka_config."):
        if not module.name.endswith("__main__") and ".migrations." not in module.name:
            importlib.import_module(module.name)


def _run_changed(session: pytest.Session, functions: new_code.Functions, test: str, file: str, before: str) -> None:
    """Run a test after a file was changed, with all of its parameters until one fails."""
    if file.endswith(".py"):
        new_code.replace_code(functions, file, before, Path(file).read_text("utf-8"))
    session.config.pluginmanager.register(FirstFailure())
    items = [item for item in session.items if item.nodeid == test or item.nodeid.startswith(f"{test}[")]
    for item, following in zip(items, [*items[1:], None], strict=True):
        item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
        if RESULT.exists():
            return


if __name__ == "__main__":
    from tests.guarantees import new_code

    main()
