"""Output for eval, run in real shells: whatever the texts are, it sets our variables and does nothing else."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arka_config import Credential, Origin, Secret, open_store
from arka_config.arka import app
from arka_config.exchange.variables import shell_lines
from arka_config.sealing import operations
from arka_config.sealing.unlockers.registry import NewUnlocker
from arka_config.sealing.vault import vault_of
from arka_config.text import quote_path
from tests import peers
from tests.cli.program import OTHER, TOKEN, Result, arka
from tests.hostile.texts import ARGUMENT, check_clean

if TYPE_CHECKING:
    from collections.abc import Sequence

ARKA = str(Path(sys.executable).with_name("arka"))
OURS = {"ARKA_API_KEY", "ARKA_API_URL", "ARKA_PROFILE", "ARKA_SESSION"}
SHELLS = [
    pytest.param("bash", marks=pytest.mark.peer("bash")),
    pytest.param("zsh", marks=pytest.mark.peer("zsh")),
    pytest.param("fish", marks=pytest.mark.peer("fish")),
    pytest.param("powershell", marks=pytest.mark.peer("pwsh")),
]
# Print the state of a shell, with every variable, function and alias, to detect a line that does more than set ours.
STATE = {
    "bash": "{ set; alias; declare -f; pwd; set +o; }",
    "zsh": "{ set; alias; functions; pwd; setopt; }",
    "fish": "begin; set; functions; pwd; end",
    "powershell": "& { Get-ChildItem env:,function:,alias: | Out-String; Get-Location }",
}
# Variables that change with every command, or with its output.
VOLATILE = re.compile(
    r"_|BASH_|LINENO|PIPESTATUS|RANDOM|SECONDS|EPOCH|SRANDOM|TTYIDLE|pipestatus|status|[?0!#*@$-]=|ARGC|argv|CMD_DURATION|history"
)
EVALUATED = {
    "bash": 'eval "$LINES_"',
    "zsh": 'eval "$LINES_"',
    "fish": "echo $LINES_ | string collect | source",
    "powershell": "$env:LINES_ | iex",
}


def differences(shell: str, lines: str, folder: Path) -> set[str]:
    """Evaluate the lines in a shell and return the changed lines of its state."""
    state = STATE[shell]
    script = f"{state} >'{folder}/before'\n{EVALUATED[shell]}\n{state} >'{folder}/after'\n"
    done = subprocess.run(
        [peers.executable("pwsh" if shell == "powershell" else shell), "-c", script],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "LINES_": lines, "LANG": "C.UTF-8"},
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
        timeout=30,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), lines
    before, after = ((folder / name).read_text("utf-8", "replace").split("\n") for name in ("before", "after"))
    assert sorted(path.name for path in folder.iterdir() if path.name not in (".cache", ".config", ".local")) == [
        "after",
        "before",
    ]
    changed = {line for line in after if line not in before} | {line for line in before if line not in after}
    return {line for line in changed if not VOLATILE.match(line)}


def check_assignments(shell: str, printed: Sequence[str], folder: Path) -> None:
    """Raise AssertionError if evaluating the printed lines does more than set our variables."""
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        if path.is_file():
            path.unlink()
    changed = differences(shell, "\n".join(printed), folder)
    names = {line.replace("=", " ").replace("export ", "").strip().split(" ")[0] for line in changed if line}
    assert names <= OURS, (names, printed)


@pytest.mark.parametrize("shell", SHELLS[:3])
@pytest.mark.parametrize("line", ["touch ran", "alias x=y", "cd ..", "PATH=/evil", "x() { :; }", "echo hello"])
def test_check_detects_a_line_that_does_more_than_set_variables(shell: str, line: str, tmp_path: Path) -> None:
    lines = (
        {"PATH=/evil": "set PATH /evil", "x() { :; }": "function x; end"}.get(line, line) if shell == "fish" else line
    )
    with pytest.raises(AssertionError):
        check_assignments(shell, [lines], tmp_path / "shell")


@pytest.mark.parametrize("shell", SHELLS)
def test_env_sets_our_variables_and_does_nothing_else(shell: str, two_profiles: Path, tmp_path: Path) -> None:
    @settings(max_examples=15)
    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["ARKA_API_KEY", "ARKA_API_URL", "ARKA_PROFILE", "SHELL", "ARKA_TIMEOUT", "HOME"]),
                ARGUMENT,
                st.sampled_from(["env", "env --with-token", "env -p ci --with-token", "env -p ci"]),
            ),
            min_size=8,
            max_size=8,
        )
    )
    def check(cases: list[tuple[str, str, str]]) -> None:
        printed = []
        for variable, text, line in cases:
            done = arka(*line.split(), "--shell", shell, environ={variable: text})
            check_clean(done, (variable, text))
            assert done.code == 0 or done.out == "", (variable, text)
            printed.append(done.out)
        check_assignments(shell, printed, tmp_path / "shell")

    check()


SYNTAX = [
    "$(touch ran)",
    "`touch ran`",
    "'; touch ran; '",
    '"; touch ran; "',
    "\\'; touch ran #",
    "\u2019; touch ran",
    "!touch",
    "{a,b}",
    "*",
    "~",
    "a b",
    "%PATH%",
    "\\",
    "\\\\'",
    "''",
]


@pytest.mark.parametrize("text", SYNTAX)
def test_env_refuses_shell_syntax_in_a_token(text: str, home: Path) -> None:
    done = arka("env", "--with-token", "--shell", "bash", environ={"ARKA_API_KEY": text})
    assert (done.code, done.out) == (4, "")
    check_clean(done, text)


@pytest.mark.parametrize("shell", SHELLS)
def test_shell_lines_quote_shell_syntax(shell: str, tmp_path: Path) -> None:
    """A setting may contain what a token may not."""
    printed = [shell_lines({"ARKA_API_KEY": text}, shell) + "\n" for text in SYNTAX]
    check_assignments(shell, printed, tmp_path / "shell")


@pytest.mark.parametrize("shell", SHELLS)
def test_vault_unlock_sets_the_session_and_does_nothing_else(shell: str, home: Path, tmp_path: Path) -> None:
    store = open_store(app, {"ARKA_HOME": str(home)})
    store.log_in("work", Credential(Secret(TOKEN), Origin.of("https://arka-ai.com"), label="'; touch ran; '"))
    operations.enable(vault_of(store), [NewUnlocker("key-file", path=str(tmp_path / "'; touch ran; '"))])
    done = arka("vault", "unlock", "--shell", shell)
    assert done.out.count("\n") == 1
    check_assignments(shell, [done.out], tmp_path / "shell")


@pytest.mark.parametrize("text", ["$(touch ran)", "'; touch ran; '", "\x1b[41m\u202e\n● evil"])
@pytest.mark.parametrize("kind", ["bash_complete", "zsh_complete", "fish_complete", "powershell_complete"])
def test_completion_offers_only_valid_names(two_profiles: Path, kind: str, text: str) -> None:
    """A file in the profiles folder with an invalid name is not offered, and the typed text is not repeated."""
    (two_profiles / "config" / "profiles").mkdir(parents=True)
    (two_profiles / "config" / "profiles" / f"{text}.toml").write_text("")
    kept = {"PATH": os.environ["PATH"], "ARKA_HOME": str(two_profiles), "LANG": "C.UTF-8"}
    for words, number in ((f"arka use {text}", "2"), (f"arka {text} status -p ", "4"), ("arka use ", "2")):
        environ = {**kept, "_ARKA_COMPLETE": kind, "COMP_WORDS": words, "COMP_CWORD": "" if kind[0] == "f" else number}
        done = subprocess.run([ARKA], env=environ, capture_output=True, encoding="utf-8", check=False)
        check_clean(Result(done.returncode, done.stdout, done.stderr), words)
        assert "touch" not in done.stdout
        assert "evil" not in done.stdout


@given(st.lists(ARGUMENT, min_size=10, max_size=10))
def test_a_path_in_a_hint_is_one_shell_word(paths: list[str]) -> None:
    done = subprocess.run(
        ["sh", "-c", f"printf '%s\\0' {' '.join(map(quote_path, paths))}"], capture_output=True, check=True
    )
    assert os.fsdecode(done.stdout).split("\0")[:-1] == paths


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_the_completion_script_contains_no_input(two_profiles: Path, shell: str) -> None:
    plain = arka("completion", shell).out
    for variable in ("SHELL", "ARKA_PROFILE", "ARKA_API_KEY", "ARKA_API_URL", "HOME", "PATH", "COMP_WORDS"):
        assert arka("completion", shell, environ={variable: "/'; touch ran; $(touch ran)"}).out == plain


def test_env_github_sets_only_our_variables(two_profiles: Path, tmp_path: Path) -> None:
    @given(st.sampled_from(["ARKA_API_KEY", "ARKA_API_URL", "ARKA_PROFILE"]), ARGUMENT)
    def check(variable: str, text: str) -> None:
        file = tmp_path / "github"
        file.write_text("")
        done = arka("env", "--github", "--with-token", environ={variable: text, "GITHUB_ENV": str(file)})
        check_clean(done)
        commands = [line for line in done.out.split("\n") if line]
        assert len(commands) <= 1
        assert all(line.startswith("::add-mask::") for line in commands)
        names = [line.partition("<<")[0] for line in file.read_text("utf-8").split("\n")[::3] if line]
        assert set(names) <= OURS

    check()


def test_dotenv_and_template_have_one_line_per_value(two_profiles: Path) -> None:
    @given(ARGUMENT)
    def check(text: str) -> None:
        done = arka("export", "dotenv", environ={"ARKA_API_KEY": text})
        assert done.code != 0 or len(done.out.splitlines()) == 2
        made = arka("profiles", "set", "work", f"description={text}")
        if made.code == 0:
            import tomllib

            printed = arka("export", "template", "work")
            assert tomllib.loads(printed.out)["profile"]["description"] == app.redact(text)
            shown = arka("profiles", "show", "work", "--json").json
            assert shown["description"] == app.redact(text)
        stored = arka("login", "-p", "new", "--with-token", "--no-verify", "--label", text, stdin=OTHER)
        if stored.code == 0:
            document = json.loads((two_profiles / "data" / "tokens" / "new.json").read_text("utf-8"))
            assert (document["label"], document["token"]) == (text, OTHER)

    check()
