"""Lines for eval, in the shells themselves: whatever the texts are, they set our variables and do nothing else."""

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
from arka_config.sealing import operations
from arka_config.sealing.unlockers.registry import NewUnlocker
from arka_config.sealing.vault import vault_of
from arka_config.text import quoted
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
# What a shell has: every variable, function and alias, so that a line which does more than set ours is seen.
STATE = {
    "bash": "{ set; alias; declare -f; pwd; set +o; }",
    "zsh": "{ set; alias; functions; pwd; setopt; }",
    "fish": "begin; set; functions; pwd; end",
    "powershell": "& { Get-ChildItem env:,function:,alias: | Out-String; Get-Location }",
}
# What changes with every command, or with where it is sent.
MOVES = re.compile(
    r"_|BASH_|LINENO|PIPESTATUS|RANDOM|SECONDS|EPOCH|SRANDOM|TTYIDLE|pipestatus|status|[?0!#*@$-]=|ARGC|argv|CMD_DURATION|history"
)
EVALUATED = {
    "bash": 'eval "$LINES_"',
    "zsh": 'eval "$LINES_"',
    "fish": "echo $LINES_ | string collect | source",
    "powershell": "$env:LINES_ | iex",
}


def differences(shell: str, lines: str, folder: Path) -> set[str]:
    """The names at the beginning of what a shell's state has after the lines and not before."""
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
    moved = {line for line in after if line not in before} | {line for line in before if line not in after}
    return {line for line in moved if not MOVES.match(line)}


def check_assignments(shell: str, printed: Sequence[str], folder: Path) -> None:
    """Raises AssertionError where evaluating them, one after another, does more than set our variables."""
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        if path.is_file():
            path.unlink()
    changed = differences(shell, "\n".join(printed), folder)
    names = {line.replace("=", " ").replace("export ", "").strip().split(" ")[0] for line in changed if line}
    assert names <= OURS, (names, printed)


@pytest.mark.parametrize("shell", SHELLS[:3])
@pytest.mark.parametrize("line", ["touch ran", "alias x=y", "cd ..", "PATH=/evil", "x() { :; }", "echo hello"])
def test_a_line_that_does_more_is_seen(shell: str, line: str, tmp_path: Path) -> None:
    lines = (
        {"PATH=/evil": "set PATH /evil", "x() { :; }": "function x; end"}.get(line, line) if shell == "fish" else line
    )
    with pytest.raises(AssertionError):
        check_assignments(shell, [lines], tmp_path / "shell")


@pytest.mark.parametrize("shell", SHELLS)
def test_env_sets_our_variables_and_does_nothing_else(shell: str, two: Path, tmp_path: Path) -> None:
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


@pytest.mark.parametrize("shell", SHELLS)
def test_a_token_and_a_url_with_all_that_they_may_hold_stay_themselves(shell: str, home: Path, tmp_path: Path) -> None:
    """A token of the environment is not checked for its shape, so it may hold what a shell reads."""
    texts = [
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
    printed = [arka("env", "--with-token", "--shell", shell, environ={"ARKA_API_KEY": text}).out for text in texts]
    assert all(printed)
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
@pytest.mark.parametrize("kind", ["bash_complete", "zsh_complete", "fish_complete"])
def test_completion_answers_with_names_alone(two: Path, kind: str, text: str) -> None:
    """A file that is no profile, though it stands among them, is not completed; and what was typed is not repeated."""
    (two / "config" / "profiles").mkdir(parents=True)
    (two / "config" / "profiles" / f"{text}.toml").write_text("")
    kept = {"PATH": os.environ["PATH"], "ARKA_HOME": str(two), "LANG": "C.UTF-8"}
    for words, number in ((f"arka use {text}", "2"), (f"arka {text} status -p ", "4"), ("arka use ", "2")):
        environ = {**kept, "_ARKA_COMPLETE": kind, "COMP_WORDS": words, "COMP_CWORD": "" if kind[0] == "f" else number}
        done = subprocess.run([ARKA], env=environ, capture_output=True, encoding="utf-8", check=False)
        check_clean(Result(done.returncode, done.stdout, done.stderr), words)
        assert "touch" not in done.stdout
        assert "evil" not in done.stdout


@given(st.lists(ARGUMENT, min_size=10, max_size=10))
def test_a_path_in_a_hint_is_one_word_of_a_shell(paths: list[str]) -> None:
    done = subprocess.run(
        ["sh", "-c", f"printf '%s\\0' {' '.join(map(quoted, paths))}"], capture_output=True, check=True
    )
    assert os.fsdecode(done.stdout).split("\0")[:-1] == paths


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_script_holds_nothing_from_outside(two: Path, shell: str) -> None:
    plain = arka("completion", shell).out
    for variable in ("SHELL", "ARKA_PROFILE", "ARKA_API_KEY", "ARKA_API_URL", "HOME", "PATH", "COMP_WORDS"):
        assert arka("completion", shell, environ={variable: "'; touch ran; $(touch ran)"}).out == plain


def test_a_github_job_gets_our_variables_alone(two: Path, tmp_path: Path) -> None:
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


def test_a_dotenv_file_and_a_template_hold_one_line_for_each_value(two: Path) -> None:
    @given(ARGUMENT)
    def check(text: str) -> None:
        done = arka("export", "dotenv", environ={"ARKA_API_KEY": text})
        assert done.code != 0 or len(done.out.splitlines()) == 2
        made = arka("profiles", "set", "work", f"description={text}")
        if made.code == 0:
            import tomllib

            printed = arka("export", "template", "work")
            assert tomllib.loads(printed.out)["profile"]["description"] == app.redacted(text)
            shown = arka("profiles", "show", "work", "--json").json
            assert shown["description"] == app.redacted(text)
        stored = arka("login", "-p", "new", "--with-token", "--no-verify", "--label", text, stdin=OTHER)
        if stored.code == 0:
            document = json.loads((two / "data" / "tokens" / "new.json").read_text("utf-8"))
            assert (document["label"], document["token"]) == (text, OTHER)

    check()
