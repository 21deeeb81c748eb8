"""Run the code blocks of documentation pages, in a temporary home folder.

- ```` ```console ````: each line after `$ ` is run. It must exit with 0, or with N if a line `# exit N` follows.
  The lines after it are its expected output (stdout and stderr): `…` matches anything in a line, and alone any lines.
  If there are none, it is not checked. If a line ends with ` &`, it runs until the end of the page; its output is
  waited for. The port 8765 is replaced by a free one.
- ```` ```python ````: run. The comment after a `print(…)` is its expected output.
- ```` ```toml ````, ```` ```python ```` and others with the first line `# ~/PATH` or `// ~/PATH`: written to that file.

The home folder appears as `/home/you`; `$LAPTOP_TOKEN` and `$CI_TOKEN` contain test tokens.
"""

from __future__ import annotations

import contextlib
import io
import os
import random
import re
import shlex
import socket
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from unittest import mock

from arka_config.arka import app
from arka_config.cli.runtime.run import run
from arka_config.sealing.unlockers.passphrase import Passphrase
from tests import file_formats, json_output  # noqa: F401  # they check all files and JSON that commands write
from tests.sealing import argon2

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    import pytest

ROOT = Path(__file__).parents[1]
TOKENS = {"LAPTOP_TOKEN": "arka_" + "0" * 33 + "f4d1", "CI_TOKEN": "arka_" + "0" * 33 + "c1c1"}

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_EXIT = re.compile(r"# exit (\d+)")
_PRINTED = re.compile(r"^ *print\(.*\)  # (.*)$", re.MULTILINE)
_FILE = re.compile(r"(?:#|//) ~/(\S+)\n")
_FILES = frozenset({"dockerfile", "jsonc", "python", "sh", "toml", "yaml"})
_SHELL = frozenset("|&;<>$`~*\\")  # lines with these characters are run by bash


class Block(NamedTuple):
    """A fenced block, and the line number of its content."""

    kind: str
    text: str
    line: int


class Command(NamedTuple):
    """A command of a console block, with its expected exit code and output."""

    text: str
    exit_code: int
    output: tuple[str, ...]


def read_blocks(page: Path) -> list[Block]:
    """Read a page's fenced blocks that name a language."""
    text = page.read_text("utf-8")
    return [Block(match[1], match[2], text.count("\n", 0, match.start(2)) + 1) for match in _BLOCK.finditer(text)]


def parse_commands(block: Block) -> Iterator[Command]:
    """Parse the commands of a console block."""
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        first, *rest = part.rstrip("\n").split("\n")
        codes = [int(match[1]) for line in rest if (match := _EXIT.fullmatch(line))]
        output = tuple(line for line in rest if not _EXIT.fullmatch(line))
        yield Command(first, codes[0] if codes else 0, output)


class Home:
    """A temporary home folder, which is also the working directory, and the shell's variables."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self._monkeypatch = monkeypatch
        variables = {
            "HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder / ".config"),
            "XDG_DATA_HOME": str(folder / ".local/share"),
            "XDG_STATE_HOME": str(folder / ".local/state"),
            "PATH": os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]]),
            "SHELL": "/bin/bash",
            **TOKENS,
        }
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("ARKA_HOME", raising=False)
        monkeypatch.setattr(Passphrase, "parameters", argon2.USUAL)  # the pages show it
        monkeypatch.chdir(folder)
        self._port = str(free_port())
        self._background: list[subprocess.Popen[bytes]] = []

    def start(self, line: str, expected: tuple[str, ...]) -> str:
        """Start a program in the background. Return its output when that is as expected, or when the program ends."""
        log = self.folder.with_name(f"{self.folder.name}-{len(self._background)}.log")
        line = line.replace("workspace serve", f"workspace serve --port {self._port}")
        with log.open("wb") as file:
            command = ["bash", "-c", f"exec {line.rstrip(' &')}"]
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT)
        self._background.append(process)
        deadline = time.monotonic() + 60
        while True:
            ended = process.poll() is not None
            output = self._as_shown(log.read_text("utf-8"))
            if ended or matches(output, expected) or time.monotonic() > deadline:
                return output
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop the programs in the background."""
        for process in self._background:
            process.terminate()
            process.wait(30)

    def localize(self, text: str) -> str:
        """Replace the home folder and port of the page by those of this run."""
        return text.replace("8765", self._port).replace("/home/you/", f"{self.folder}/")

    def _as_shown(self, output: str) -> str:
        output = output.replace(f" --url http://127.0.0.1:{self._port}", "")  # shown only for another port
        output = output.replace(os.path.realpath(self.folder), "/home/you").replace(str(self.folder), "/home/you")
        return output.replace(self._port, "8765")

    def run(self, line: str) -> tuple[int, str]:
        """Run a line and return its exit code and output: a plain `arka …` in this process, any other line in bash."""
        line = self.localize(line)
        words = shlex.split(line, comments=True)
        if words[0] == "cd":
            self._monkeypatch.chdir(os.path.expanduser(words[1]))
            return 0, ""
        if words[0] == "export":
            self._monkeypatch.setenv(*words[1].split("=", 1))
            return 0, ""
        if words[0] == "unset":
            self._monkeypatch.delenv(words[1])
            return 0, ""
        variables = {}
        while re.match(r"[A-Z_]+=", words[0]):
            name, _, variables[name] = words.pop(0).partition("=")
        if words[0] != "arka" or "exec" in words or not _SHELL.isdisjoint(line):
            code, output = _run_in_bash(line)
        else:
            code, output = self._run_in_process(words[1:], variables)
        return code, self._as_shown(output)

    def _run_in_process(self, words: list[str], variables: dict[str, str]) -> tuple[int, str]:
        screen = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
        with (
            self._monkeypatch.context() as patched,
            warnings.catch_warnings(),
            contextlib.redirect_stdout(screen),
            contextlib.redirect_stderr(screen),
        ):
            for name, value in variables.items():
                patched.setenv(name, value)
            patched.setattr(sys, "stdin", io.StringIO())
            code = run(app, words)
            return code, screen.buffer.getvalue().decode("utf-8")


def free_port() -> int:
    """Return a free port of four digits: if it were wider than the one in the pages, their tables would not align."""
    for port in random.sample(range(2000, 10_000), 1000):
        try:
            with socket.create_server(("127.0.0.1", port)):
                return port
        except OSError:
            continue
    raise AssertionError("no port is free")


def _run_in_bash(line: str) -> tuple[int, str]:
    done = subprocess.run(
        ["bash", "-c", line],
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=60,
    )
    return done.returncode, done.stdout


def run_page(page: Path, home: Home) -> None:
    """Run all blocks of the page in order. Raises AssertionError if the output of one is not as on the page."""
    with mock.patch.dict(os.environ):  # Python blocks may change it
        try:
            _run_blocks(page, home)
        finally:
            home.stop()


def _run_blocks(page: Path, home: Home) -> None:
    globals_: dict[str, Any] = {"__name__": "page"}
    for block in read_blocks(page):
        location = f"{page.relative_to(ROOT)}:{block.line}"
        if block.kind == "console":
            for command in parse_commands(block):
                if command.text.endswith(" &"):
                    code, output = 0, home.start(command.text, command.output)
                else:
                    code, output = home.run(command.text)
                assert code == command.exit_code, f"{location}: $ {command.text}\n{output}"
                assert not command.output or matches(output, command.output), f"{location}: $ {command.text}\n{output}"
        elif block.kind in _FILES and (path := _FILE.match(block.text)):
            file = home.folder / path[1]
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            file.write_text(home.localize(block.text), "utf-8")
        elif block.kind == "python":
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(compile(block.text, location, "exec", dont_inherit=True), globals_)
            expected = _PRINTED.findall(block.text)
            assert not expected or matches(printed.getvalue(), tuple(expected)), f"{location}:\n{printed.getvalue()}"


def matches(output: str, lines: tuple[str, ...]) -> bool:
    """Tell whether the output matches the expected lines, in which `…` matches anything."""
    pattern = "".join(
        r"(?:.*\n)*" if line.strip() == "…" else ".*".join(map(re.escape, line.split("…"))) + r"\n" for line in lines
    )
    return re.fullmatch(pattern, output.rstrip("\n") + "\n") is not None
