"""The fast path has the same output, exit code and child process as click."""

from __future__ import annotations

import io
import itertools
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from unittest import mock

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from arka_config import Credential, Origin, ProfileStore, Secret, open_store
from arka_config.arka import app
from arka_config.cli.runtime import fast_path
from arka_config.cli.runtime.run import run
from arka_config.sealing import operations
from arka_config.sealing.unlockers.registry import NewUnlocker
from arka_config.sealing.vault import vault_of
from arka_config.testing import Stream, set_variables
from tests.cli.program import OTHER, TOKEN
from tests.guarantees import numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import NoReturn


class Exec(BaseException):
    """Raised by `execute`, with the program, its arguments and its environment."""


class Outcome(NamedTuple):
    """What a run shows and does."""

    code: int
    out: str
    err: str
    child: object


def execute(*child: object) -> NoReturn:
    """Stand in for `os.execve`."""
    raise Exec(child)


def handle_no_signal(*_: object) -> None:
    """Stand in for `signal.signal`. A plain function is created in a thousandth of a mock's time."""


def outcome(arguments: Sequence[str], environ: Mapping[str, str], *, use_fast_path: bool) -> Outcome:
    data = io.BytesIO()  # click writes the bytes of a completion
    out, err = io.TextIOWrapper(data, "utf-8", newline=""), Stream()
    with (
        set_variables(environ),
        mock.patch.multiple(sys, stdin=io.StringIO(), stdout=out, stderr=err),
        mock.patch("os.execve", execute),
        mock.patch("signal.signal", handle_no_signal),
        warnings.catch_warnings(),
    ):
        code, child = -1, None
        try:
            code = run(app, arguments, use_fast_path=use_fast_path)
        except Exec as execve:
            child = execve.args
        except SystemExit as ended:  # click exits when it has printed a completion
            code = int(str(ended.code or 0))
    out.flush()
    return Outcome(code, data.getvalue().decode(), err.getvalue(), child)


def create_store(home: Path) -> ProfileStore:
    """Create a store with two profiles: `work`, which is active and has settings, and `ci`."""
    store = open_store(app, {"ARKA_HOME": str(home)})
    store.log_in("work", Credential(Secret(TOKEN), Origin.of("https://arka-ai.com"), label="Work Laptop"))
    store.log_in("ci", Credential(Secret(OTHER), Origin.of("https://eu.arka-ai.com"), expires="2020-01-31T00:00:00Z"))
    store.edit("work", {("settings", "timeout"): 3})
    return store


def write(home: Path, name: str, text: str) -> None:
    path = home / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def seal(store: ProfileStore) -> object:
    return operations.enable(vault_of(store), [NewUnlocker("key-file")])


def damage(path: Path) -> object:
    return path.write_text(path.read_text().replace('"nonce": "', '"nonce": "00'))


# States of a store, intact and broken.
STORES: dict[str, Callable[[Path, ProfileStore], object]] = {
    "whole": lambda home, store: None,
    "none active": lambda home, store: store.selection.activate(None, previous=None),
    "pinned": lambda home, store: store.pin(os.path.realpath(os.getcwd()), "ci"),
    "pins damaged": lambda home, store: write(home, "state/pins.json", "{"),
    "active damaged": lambda home, store: write(home, "state/active", "../work"),
    "active gone": lambda home, store: write(home, "state/active", "nosuch -\n"),
    "token damaged": lambda home, store: write(home, "data/tokens/work.json", '{"token": "arka_'),
    "token of another version": lambda home, store: write(home, "data/tokens/work.json", '{\n  "version": 9\n}\n'),
    "token readable": lambda home, store: os.chmod(home / "data/tokens/work.json", 0o644),
    "token writable": lambda home, store: os.chmod(home / "data/tokens/work.json", 0o622),
    "profile damaged": lambda home, store: write(home, "config/profiles/work.toml", "timeout ="),
    "profile with lists": lambda home, store: write(home, "config/profiles/work.toml", "[settings]\na = [1]\n"),
    "profile with an unknown key": lambda home, store: write(home, "config/profiles/work.toml", "tokn = 1\n"),
    "another origin": lambda home, store: store.edit("work", {("api_url",): "https://us.arka-ai.com"}),
    "in a variable": lambda home, store: store.edit("work", {("token", "env"): "ELSEWHERE"}),
    "in a file": lambda home, store: store.edit("work", {("token", "file"): "/nowhere"}),
    "sealed": lambda home, store: seal(store),
    "sealed, the key file gone": lambda home, store: (seal(store), (home / "state/vault.key").rename(home / "k")),
    "sealed, the token damaged": lambda home, store: (seal(store), damage(home / "data/tokens/work.json")),
    "sealed, the data key damaged": lambda home, store: (seal(store), damage(home / "data/data-key.json")),
    "a folder for a file": lambda home, store: write(home, "config/profiles/x.toml/y", ""),
}
ENVIRONMENTS: list[dict[str, str]] = [
    {},
    {"ARKA_API_KEY": "***"},
    {"ARKA_API_KEY": f" {OTHER}\n", "ARKA_API_URL": "https://us.arka-ai.com/v2"},
    {"ARKA_API_KEY": ""},
    {"ARKA_API_KEY": "é\x1b", "FORCE_COLOR": "1"},
    {"ARKA_PROFILE": "ci"},
    {"ARKA_PROFILE": "wrok"},
    {"ARKA_PROFILE": "Not A Name", "FORCE_COLOR": "1"},
    {"ARKA_API_URL": "https://us.arka-ai.com"},
    {"ARKA_API_URL": "http://plain.example"},
    {"ELSEWHERE": f"{OTHER[:-1]}x", "ARKA_PROFILE": "work", "ARKA_API_KEY": OTHER, "FORCE_COLOR": "1"},
    {"PATH": ""},
]
FAST = [
    "token",
    "token -p ci",
    "token --profile work",
    "-p ci token",
    "prompt",
    "--profile ci prompt",
    "prompt -p nosuch",
    "exec -- true",
    "exec -p ci -- true --json -p x",
    "-p work exec -- no-such-program",
    "exec -- /no/such/program",
]
NOT_FAST = [
    "token --json",
    f"token --token {OTHER}",
    f"prompt --token {OTHER}",
    f"--api-key {OTHER} token --api-url https://us.arka-ai.com",
    f"exec --token {OTHER} -- true --token x",
    f"exec --api-url https://us.arka-ai.com -p ci --api-key {OTHER} -- true",
    "token --api-url https://us.arka-ai.com",
    "token -p",
    "token token",
    "-p ci token -p work",
    "-p ci token -p ci",
    "exec true",
    "exec --",
]
NOT_FAST += [
    "exec",
    "token --profile=ci",
    "-pci token",
    "token -p Bad",
    "prompt --json",
    "token -- -p",
    "exec -p ci",
    "",
]


@pytest.mark.parametrize("name", STORES)
def test_fast_path_equals_click_in_every_state(name: str, home: Path, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    with mock.patch("os.getcwd", return_value=str(tmp_path / "here")):
        STORES[name](home, create_store(home))
        cases = itertools.product(ENVIRONMENTS, [*FAST, *NOT_FAST])
        for environ, line in numbers.part_of(cases, 8, first=list(STORES).index(name)):
            fast = outcome(line.split(), environ, use_fast_path=True)
            assert fast == outcome(line.split(), environ, use_fast_path=False), f"{line} with {environ}"
            assert fast.child is not None or fast.code >= 0


WORDS = ["token", "prompt", "exec", "use", "--", "-p", "--profile", "work", "ci", "nosuch", "true", "--json", "-p=ci"]
WORDS += ["--profile=ci", "-pci", "Bad Name", "--no-input", "--api-key", TOKEN, "--help", "", "-", "é", "--for"]
WORDS += ["--debug", "--token", "--api-url", "https://us.arka-ai.com"]


@given(arguments=st.lists(st.sampled_from(WORDS), max_size=6), environ=st.sampled_from(ENVIRONMENTS))
@settings(
    max_examples=settings().max_examples if numbers.FULL else 15,  # in each of many states
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_fast_path_equals_click_for_any_arguments(arguments: list[str], environ: Mapping[str, str], home: Path) -> None:
    if not home.exists():
        create_store(home)
    active = home / "state" / "active"
    active.write_text("work -\n")  # some arguments activate another profile
    fast = outcome(arguments, environ, use_fast_path=True)
    active.write_text("work -\n")
    event("fast path" if fast_path._parse(arguments) else "left to click")
    assert fast == outcome(arguments, environ, use_fast_path=False)


@pytest.mark.parametrize("line", FAST)
def test_fast_path_parses_its_command_lines(line: str, home: Path) -> None:
    assert fast_path._parse(line.split()) is not None


@pytest.mark.parametrize("line", NOT_FAST)
def test_fast_path_leaves_other_command_lines_to_click(line: str, home: Path) -> None:
    assert fast_path._parse(line.split()) is None


COMPLETED = ["use ", "use w", "use nosuch", "token -p ", "-p w", "--profile c", "profiles show ", "profiles rename c"]
COMPLETED += [
    "profiles verify w",
    "exec -p ",
    "exec --profile w",
    "prompt -p ",
    "profiles copy w",
    "profiles remove ",
    "profiles unset w",
]
COMPLETED += ["token --profile=w", "--profile=", "-pw", "prompt -pc", "exec -pw"]
LEFT = [
    "status --profile=w",
    "status -pw",
    "-p=w",
    "use --profile",
    "",
    "us",
    "use -",
    "use work ",
    "profiles ",
    "profiles list ",
    "env --shell ",
    "exec -- x -p ",
    "login -p w",
]
LEFT += ["use 'w", "use $(w", "token -p ci -", "-p ci use w", "--api-key x use "]


def completion_variables(shell: str, line: str) -> dict[str, str]:
    """Return the variables that a completion script sets to complete the last word of a line."""
    *_, word = line.split(" ")
    number = word if shell == "fish" else str(len(line.split(" ")))
    return {"_ARKA_COMPLETE": f"{shell}_complete", "COMP_WORDS": f"arka {line}", "COMP_CWORD": number}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell", "nosuch"])
@pytest.mark.parametrize("name", ["whole", "a folder for a file"])
def test_fast_completion_equals_click(shell: str, name: str, home: Path) -> None:
    STORES[name](home, create_store(home))
    for line in [*COMPLETED, *LEFT]:
        environ = completion_variables(shell, line)
        fast = outcome([], environ, use_fast_path=True)
        assert fast == outcome([], environ, use_fast_path=False), line
        if shell != "nosuch":
            assert (fast_path.run(app, [], {**os.environ, **environ}) is not None) == (line in COMPLETED), line


def test_completion_with_an_unreadable_folder_offers_nothing(home: Path) -> None:
    (home / "config").mkdir(parents=True)
    (home / "config" / "profiles").symlink_to("profiles")
    fast = outcome([], completion_variables("bash", "use "), use_fast_path=True)
    assert fast == outcome([], completion_variables("bash", "use "), use_fast_path=False) == (0, "\n", "", None)


@pytest.mark.parametrize("streams", [">/dev/full", ">&-", "2>&- >&-", "<&-", "| true"])
@pytest.mark.parametrize("words", ["token", "prompt", "exec -- echo x"])
def test_fast_path_equals_click_with_full_or_closed_streams(streams: str, words: str, home: Path) -> None:
    create_store(home)
    code = "import sys; from arka_config.arka import app; from arka_config.cli.runtime.run import run; "
    results = []
    for use_fast_path in (True, False):
        script = f"{code} sys.exit(run(app, use_fast_path={use_fast_path}))"
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", f'"$0" -c "$1" {words} {streams}', sys.executable, script],
            capture_output=True,
            text=True,
            check=False,
        )
        results.append((done.returncode, done.stdout, done.stderr))
    assert results[0] == results[1]
    assert "Traceback" not in results[0][2]


@pytest.mark.parametrize("line", ["arka use w", "arka token --profile=w", "arka -pw"])
@pytest.mark.usefixtures("two_profiles")
def test_a_name_is_completed_without_click_if_the_script_joins_the_words_by_lines(line: str) -> None:
    """click's own script for bash does so. Users may have saved it to a file."""
    environ = completion_variables("bash", line.removeprefix("arka "))
    environ["COMP_WORDS"] = line.replace(" ", "\n")
    assert fast_path.run(app, [], {**os.environ, **environ}) == 0
