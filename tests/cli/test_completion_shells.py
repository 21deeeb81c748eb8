"""The completion scripts in real shells: the line after TAB, with and without the shells' own set-up."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pexpect
import pytest

from tests import peers
from tests.cli.program import arka
from tests.guarantees import numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

BIN = str(Path(sys.executable).parent)
FILES = Path(__file__).parents[2] / "arka_config" / "cli" / "runtime" / "shell"
DUMP = "\x14"  # Ctrl-T shows the line
BASH = """
PS1='READY '
bind 'set bell-style none'
bind 'set enable-bracketed-paste off'
dump() { printf '<%s>\\n' "$READLINE_LINE"; READLINE_LINE= READLINE_POINT=0; }
bind -x '"\\C-t": dump'
"""
ZSH = """
PS1='READY ' zle_bracketed_paste=()
bindkey -e
dump() { zle -I; print -r -- "<$BUFFER>"; BUFFER= }
zle -N dump && bindkey '^T' dump
"""
# The line before TAB, and after it.
LINES = [
    ("arka use w", "arka use work "),
    ("arka token --profile=w", "arka token --profile=work "),
    ("arka status -pw", "arka status -pwork "),
    ("arka profiles set ci time", "arka profiles set ci timeout="),
    ("arka config set storage=se", "arka config set storage=sealed "),
    ("arka login --api-url https://eu", "arka login --api-url https://eu.arka-ai.com "),
    ("arka tokens revoke --label Mac", "arka tokens revoke --label MacBook\\ Pro "),
    ("arka apply --identity=ke", "arka apply --identity=key.txt "),
    ("arka exec -- mkfifo", "arka exec -- mkfifo "),
    ("arka exec -- cat ke", "arka exec -- cat key.txt "),
]


class Shell:
    """An interactive shell on a terminal. It has loaded the script."""

    def __init__(self, words: list[str], environ: dict[str, str], cwd: Path, setup: str) -> None:
        self._process = pexpect.spawn(words[0], words[1:], env=environ, cwd=str(cwd), encoding="utf-8", timeout=60)
        self._process.setwinsize(40, 200)
        (cwd / "setup").write_text(setup)
        self._process.sendline(". ./setup")
        self._process.expect("READY ")

    def line_after_tab(self, typed: str) -> str:
        self._process.send(f"{typed}\t{DUMP}")
        self._process.expect("<(.*)>\r\n")
        match = self._process.match
        assert isinstance(match, re.Match)
        return str(match[1])

    def end(self) -> None:
        self._process.close(force=True)


@pytest.fixture
def environ(two_profiles: Path, tmp_path: Path) -> dict[str, str]:
    arka("login", "-p", "eu", "--with-token", "--no-verify", "--label", "MacBook Pro", "--api-url",
         "https://eu.arka-ai.com", stdin="arka_" + "e" * 37)  # fmt: skip
    (tmp_path / "key.txt").write_text("")
    return {
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "ARKA_HOME": str(two_profiles),
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "TERM": "xterm",
    }


@pytest.fixture
def bash(environ: dict[str, str], tmp_path: Path) -> Iterator[Shell]:
    words = [peers.executable("bash"), "--norc", "--noprofile"]
    shell = Shell(words, environ, tmp_path, BASH + arka("completion", "bash").out)
    yield shell
    shell.end()


@pytest.mark.peer("bash")
def test_tab_in_bash_completes(bash: Shell) -> None:
    assert [bash.line_after_tab(typed) for typed, _ in LINES] == [line for _, line in LINES]
    assert bash.line_after_tab("arka tokens revoke --label 'Mac") == "arka tokens revoke --label 'MacBook Pro' "


# A label comes from the workspace.
HOSTILE = ["Va$(touch ran)", "Vb`touch ran`", 'Vc"; touch ran; "', "Vd\\", "Ve!!", "Vf'; touch ran; '"]


@pytest.mark.peer("bash")
@pytest.mark.parametrize("option", ["--label ", "--label="])
def test_tab_in_bash_completes_no_label_that_would_run_in_the_typed_quotes(
    option: str, two_profiles: Path, bash: Shell
) -> None:
    for label in HOSTILE:
        login = ("login", "-p", label[:2].lower(), "--with-token", "--no-verify", "--label", label)
        assert arka(*login, stdin="arka_" + label[1] * 37).code == 0
    for label in HOSTILE:
        typed = f'arka tokens revoke {option}"{label[:2]}'
        assert bash.line_after_tab(typed) == (typed if label[1] != "f" else f'{typed[:-2]}{label}" ')
        typed = f"arka tokens revoke {option}'{label[:2]}"
        assert bash.line_after_tab(typed) == (typed if label[1] == "f" else f"{typed[:-2]}{label}' ")


@pytest.mark.peer("zsh")
@pytest.mark.parametrize("compinit", ["before", "after", "never"])
def test_tab_in_zsh_completes(compinit: str, environ: dict[str, str], tmp_path: Path) -> None:
    """The script works before compinit, after it, and in a shell that never runs it."""
    script = arka("completion", "zsh").out
    run = "autoload -U compinit && compinit -u -D\n"
    setup = ZSH + {"before": run + script, "after": script + run, "never": script}[compinit]
    shell = Shell([peers.executable("zsh"), "-f"], environ, tmp_path, setup)
    lines = numbers.part_of(LINES, 2, first=1) if compinit == "before" else LINES[:1]
    assert [shell.line_after_tab(typed) for typed, _ in lines] == [line for _, line in lines]
    shell.end()


@pytest.mark.peer("fish")
def test_fish_completes(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "arka.fish").write_text(arka("completion", "fish").out)
    lines = [typed for typed, _ in LINES]
    script = "source arka.fish\n" + "".join(f'complete -C "{line}"\necho ==\n' for line in lines)
    done = subprocess.run(
        [peers.executable("fish"), "--no-config", "-c", script],
        env=environ, cwd=tmp_path, capture_output=True, encoding="utf-8", check=True,
    )  # fmt: skip
    found = [text.split() for text in done.stdout.split("==\n")[:-1]]
    assert done.stderr == ""
    for (typed, line), answers in zip(LINES, found, strict=True):
        expected = line.removesuffix(" ").replace("\\ ", " ").removeprefix(typed[: typed.rindex(" ") + 1]).split()[0]
        assert expected in answers, typed


@pytest.mark.parametrize(
    ("shell", "words"),
    [
        pytest.param("bash", ["bash", "-n"], marks=pytest.mark.peer("bash")),
        pytest.param("zsh", ["zsh", "-fn"], marks=pytest.mark.peer("zsh")),
        pytest.param("fish", ["fish", "--no-execute"], marks=pytest.mark.peer("fish")),
    ],
)
def test_the_shell_accepts_the_script_s_syntax(shell: str, words: list[str]) -> None:
    done = subprocess.run([*words, str(FILES / f"completion.{shell}")], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.peer("pwsh")
def test_powershell_completes(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "arka.ps1").write_text(arka("completion", "powershell").out)
    script = ". ./arka.ps1\n" + "".join(
        f"(TabExpansion2 -inputScript '{typed}' -cursorColumn {len(typed)}).CompletionMatches.CompletionText; '--'\n"
        for typed, _ in LINES[:6]
    )
    done = subprocess.run(
        [peers.executable("pwsh"), "-NoProfile", "-Command", script],
        env=environ, cwd=tmp_path, capture_output=True, encoding="utf-8", check=True,
    )  # fmt: skip
    for (typed, line), answers in zip(LINES, done.stdout.split("--\n"), strict=False):
        assert line.strip().rpartition(" ")[2] in answers.split(), typed
