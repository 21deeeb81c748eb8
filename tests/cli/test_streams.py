"""One canary token through every command: it is found nowhere but where it was asked for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from arka_config.cli import program
from arka_config.cli.group import LazyGroup
from tests.cli.program import TOKEN, Done, arka

if TYPE_CHECKING:
    from collections.abc import Iterator

# Every command, with arguments that make it do its work, and whether stdout is to hold the token.
LINES: dict[str, list[tuple[str, bool]]] = {
    "login": [("login -p new --with-token", False), ("login -p new --with-token --json", False)],
    "logout": [("logout", False), ("logout --json", False)],
    "status": [("status", False), ("status --json", False), ("status --show-token", True)],
    "use": [("use ci", False), ("use ci --json", False), ("use ci --here --json", False)],
    "prompt": [("prompt", False), ("prompt --json", False)],
    "token": [("token", True), ("token --json", True), ("token --for https://elsewhere.example", False)],
    "exec": [("exec -- no-such-program", False)],
    "env": [("env", False), ("env --json", False), ("env --with-token", True), ("env --github", True)],
    "export legacy": [("export legacy", False), ("export legacy --json", False)],
    "export dotenv": [("export dotenv", True), ("export dotenv -o x.env", False), ("export dotenv --json", True)],
    "import legacy": [("import legacy -p old --input legacy.json", False), ("import legacy -p old --json", False)],
    "profiles list": [("profiles list", False), ("profiles list --json", False)],
    "profiles show": [("profiles show", False), ("profiles show --json", False)],
    "profiles create": [
        ("profiles create other timeout=3", False),
        (f"profiles create other description={TOKEN}x", False),
    ],
    "profiles set": [(f"profiles set work timeout={TOKEN}", False), (f"profiles set work {TOKEN}", False)],
    "profiles unset": [("profiles unset work timeout", False), (f"profiles unset work {TOKEN}", False)],
    "profiles rename": [("profiles rename work other --json", False)],
    "profiles copy": [("profiles copy work other --with-token --json", False)],
    "profiles remove": [("profiles remove work --yes --json", False)],
    "config show": [
        ("config show --sources", False),
        ("config show --json", False),
        ("config show --show-token", True),
    ],
    "config get": [("config get token", False), ("config get token --json", False), (f"config get {TOKEN}", False)],
    "config path": [("config path", False), ("config path --json", False)],
    "completion": [("completion bash", False)],
}

SHOWS = [line for lines in LINES.values() for line, _ in lines if line.endswith("--json")]


def commands(group: LazyGroup, within: str = "") -> Iterator[str]:
    for name, (target, _) in group.table.items():
        module, _, attribute = target.partition(":")
        inner = getattr(program, attribute, None) if module == program.__name__ else None
        if isinstance(inner, LazyGroup):
            yield from commands(inner, f"{within}{name} ")
        else:
            yield f"{within}{name}"


def run(line: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> Done:
    (home.parent / "legacy.json").write_text(json.dumps({"token": TOKEN}))
    monkeypatch.setenv("GITHUB_ENV", str(home.parent / "github"))
    return arka(*line.split(), stdin=TOKEN)


def test_every_command_is_on_the_list() -> None:
    from arka_config.arka import app

    assert set(commands(program.program(app))) == set(LINES)


@pytest.mark.parametrize(("line", "shows"), [row for lines in LINES.values() for row in lines])
def test_the_token_is_shown_only_where_it_was_asked_for(
    two: Path, line: str, shows: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = run(line, two, monkeypatch)
    assert (TOKEN in done.out) is shows, done.code
    assert TOKEN not in done.err
    assert "w" * 8 not in done.err


@pytest.mark.parametrize("line", SHOWS)
def test_json_is_one_object_and_nothing_else(two: Path, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if line.startswith("import"):
        assert arka("export", "legacy").code == 0
    done = run(line, two, monkeypatch)
    assert done.code == 0, done.err
    assert isinstance(done.json, dict)


@pytest.mark.parametrize(
    ("line", "environ"),
    [
        (f"login {TOKEN}", {}),
        (f"--profile {TOKEN} token", {}),
        (f"use {TOKEN}", {}),
        (f"tokn {TOKEN}", {}),
        (f"token --for {TOKEN}", {}),
        ("config show", {"ARKA_TIMEOUT": TOKEN}),
        ("config show", {"ARKA_PROXY": f"https://user:{TOKEN}@proxy.example"}),
        ("token", {"ARKA_API_KEY": f"{TOKEN}\nX"}),
        ("status", {"ARKA_API_URL": f"https://user:{TOKEN}@elsewhere.example"}),
        (f"--api-key {TOKEN} status", {}),
        (f"--api-key {TOKEN} status --json", {}),
    ],
)
@pytest.mark.usefixtures("two")
def test_an_error_masks_a_token_in_the_wrong_place(line: str, environ: dict[str, str]) -> None:
    done = arka(*line.split(), environ=environ)
    if "ARKA_TIMEOUT" not in environ:  # a table shows the value of a setting, which is no secret
        assert TOKEN not in done.out
    assert TOKEN not in done.err


@pytest.mark.parametrize("content", ["{", '{"version": 1, "token": "%s"', '["%s"]', '{"version": 9, "token": "%s"}'])
def test_a_broken_credential_file_is_named_and_not_quoted(two: Path, content: str) -> None:
    path = two / "data" / "tokens" / "work.json"
    path.write_text(content.replace("%s", TOKEN))
    for line in ("token", "status", "profiles list", "config show", "logout -p ci"):
        done = arka(*line.split())
        assert TOKEN not in done.out + done.err
        assert (str(path) in done.err) is (line != "logout -p ci")
    assert path.read_text() == content.replace("%s", TOKEN)


def test_a_token_file_that_others_can_write_is_refused_and_one_they_can_read_is_told(two: Path) -> None:
    path = two / "data" / "tokens" / "work.json"
    path.chmod(0o644)
    done = arka("token")
    assert (done.code, done.out) == (0, TOKEN + "\n")
    assert f"hint: chmod 600 '{path}'" in done.err
    path.chmod(0o622)
    done = arka("token")
    assert (done.code, done.out) == (1, "")
    assert "can be written by others" in done.err


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(("line", "code"), [("status -p work", 0), ("status -p bare", 4), ("profiles list", 0)])
def test_words_and_exit_code_stay_when_nobody_reads_the_data(two: Path, line: str, code: int, unbuffered: str) -> None:
    assert arka("profiles", "create", "bare").code == 0
    reader, writer = os.pipe()
    os.close(reader)
    environ = {"PATH": os.environ["PATH"], "ARKA_HOME": str(two), "PYTHONUNBUFFERED": unbuffered}
    program = str(Path(sys.executable).with_name("arka"))
    done = subprocess.run(
        [program, *line.split()], stdout=writer, stderr=subprocess.PIPE, encoding="utf-8", env=environ, check=False
    )
    os.close(writer)
    assert done.returncode == code
    assert ("profile 'bare' has no token" in done.stderr) is (code == 4)
    assert "Broken" not in done.stderr
