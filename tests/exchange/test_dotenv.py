"""Shells, python-dotenv, Node and docker read our dotenv files alike. If they would not, the value is rejected."""

from __future__ import annotations

import json
import os
import string
import subprocess
import sys
from io import StringIO
from itertools import product
from typing import TYPE_CHECKING

import dotenv as python_dotenv
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arka_config.errors import InvalidValue
from arka_config.exchange.variables import dotenv_lines
from tests import peers

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "arka_0123456789012345678901234567890123456"
SPECIAL = "%+,-./:=?@[]^_"


def is_accepted(value: str) -> bool:
    try:
        dotenv_lines({"V": value})
    except InvalidValue:
        return False
    return True


WORDS = ["", TOKEN, "https://arka-ai.com/api?page=1", "http://[::1]:8080/", "work-laptop", "a@b.c", "YWI=", "50%"]
VALUES = [
    value
    for value in [
        *WORDS,
        *SPECIAL,
        *map("".join, product("a=:", SPECIAL, SPECIAL)),
        *map("".join, product(SPECIAL, "a")),
    ]
    if is_accepted(value)
]
VARIABLES = {f"V{number}": value for number, value in enumerate(VALUES)}
PROGRAM = "import json, os; print(json.dumps(dict(os.environ)))"


def docker(text: str) -> dict[str, str]:
    """Parse as `docker run --env-file` does: a line is split at its first `=`, and the rest is the value.

    Checked manually with the client of docker 28.2 and a fake daemon.
    """
    return dict(line.split("=", 1) for line in text.split("\n") if line and not line.startswith("#"))


def only_arka_variables(environ: dict[str, str]) -> dict[str, str]:
    return {name: environ[name] for name in VARIABLES if name in environ}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "arka.env"
    path.write_text(dotenv_lines(VARIABLES), "utf-8")
    return path


def test_dotenv_has_a_line_per_variable() -> None:
    text = dotenv_lines({"ARKA_API_KEY": TOKEN, "ARKA_API_URL": "https://arka-ai.com", "ARKA_PROFILE": ""})
    assert text == f"ARKA_API_KEY={TOKEN}\nARKA_API_URL=https://arka-ai.com\nARKA_PROFILE=\n"


def test_python_dotenv_reads_back_the_values() -> None:
    assert python_dotenv.dotenv_values(stream=StringIO(dotenv_lines(VARIABLES))) == VARIABLES


def test_docker_reads_back_the_values() -> None:
    assert docker(dotenv_lines(VARIABLES)) == VARIABLES


@pytest.mark.parametrize(
    "shell",
    [
        pytest.param("sh", marks=pytest.mark.skipif(os.name == "nt", reason="no sh")),
        pytest.param("bash", marks=pytest.mark.peer("bash")),
        pytest.param("zsh", marks=pytest.mark.peer("zsh")),
    ],
)
def test_shell_reads_back_the_values(shell: str, file: Path) -> None:
    script = f"set -a; . '{file}'; exec '{sys.executable}' -c '{PROGRAM}'"
    done = subprocess.run([shell, "-c", script], check=True, capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    assert only_arka_variables(json.loads(done.stdout)) == VARIABLES


@pytest.mark.peer("node")
def test_node_reads_back_the_values(file: Path) -> None:
    command = [peers.executable("node"), f"--env-file={file}", "--print", "JSON.stringify(process.env)"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    assert only_arka_variables(json.loads(done.stdout)) == VARIABLES


@given(st.text(st.sampled_from(string.printable) | st.characters(), max_size=12))
def test_docker_and_python_dotenv_read_back_any_accepted_value(value: str) -> None:
    if is_accepted(value):
        text = dotenv_lines({"V": value, "LAST": "x"})
        assert docker(text) == {"V": value, "LAST": "x"}
        assert python_dotenv.dotenv_values(stream=StringIO(text)) == {"V": value, "LAST": "x"}


@pytest.mark.parametrize(
    ("value", "position"),
    [
        ("arka canary", 5),  # ends the value in a shell
        (" canary", 1),
        ("canary#1", 7),  # ends it in npm's dotenv
        ("canary$HOME", 7),
        ("can\nary", 4),
        ("'canary'", 1),  # docker keeps the quotes
        ("~/canary", 1),
        ("canary&a=1", 7),
        ("canary\\", 7),
        ("canáry", 4),
        ("=canary", 1),  # zsh looks up a command
        ("x:=canary", 3),
    ],
)
def test_dotenv_rejects_an_ambiguous_value_without_showing_it(value: str, position: int) -> None:
    with pytest.raises(InvalidValue, match=f"^ARKA_API_KEY .* at position {position} of its value") as caught:
        dotenv_lines({"ARKA_PROFILE": "work", "ARKA_API_KEY": value})
    assert value not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize("name", ["", "1A", "A B", "A-B", "export A", "Ä", "A\n"])
def test_dotenv_rejects_an_invalid_name(name: str) -> None:
    with pytest.raises(InvalidValue, match="is not a variable's name"):
        dotenv_lines({name: "x"})
