"""`completion install` and `uninstall`: where they put the script, and what they change in start-up files."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pexpect
import pytest

from arka_config.cli.runtime import completion_places
from tests import peers
from tests.cli.program import Result, arka, on_terminal
from tests.cli.test_completion_shells import BASH, BIN, ZSH, Shell

if TYPE_CHECKING:
    pass


@pytest.fixture
def folder(two_profiles: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """HOME, without any start-up file of this machine."""
    monkeypatch.setattr(completion_places, "_BASH_START_FILES", ("~/.bashrc",))
    monkeypatch.setattr(completion_places, "_zsh_folder", lambda _: None)
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "BASH_COMPLETION_USER_DIR", "ZDOTDIR"):
        monkeypatch.delenv(name, raising=False)
    return two_profiles.parent


def install(*words: str) -> Result:
    done = arka("completion", "install", *words)
    assert done.code == 0, done.err
    return done


def content(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in folder.rglob("*")
        if path.is_file() and "arka/" not in str(path.relative_to(folder))
    }


def test_fish_needs_no_start_file(folder: Path) -> None:
    done = install("fish")
    assert "✓ Installed ~/.config/fish/completions/arka.fish" in done.err
    assert content(folder) == {".config/fish/completions/arka.fish": arka("completion", "fish").out}
    assert "is up to date" in install("fish").err


def test_bash_with_bash_completion_needs_no_start_file(folder: Path) -> None:
    (folder / ".bashrc").write_text("# comment\n. /usr/share/bash-completion/bash_completion\n")
    before = (folder / ".bashrc").read_text()
    assert install("bash", "--json", "--no-input").json["start_file"] is None
    assert (folder / ".bashrc").read_text() == before
    script = folder / ".local/share/bash-completion/completions/arka"
    assert script.read_text() == arka("completion", "bash").out


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_a_start_file_is_edited_once_and_restored(folder: Path, shell: str) -> None:
    start_file = folder / f".{shell}rc"
    start_file.write_text("# bash_completion is off\nalias ll='ls -l'")
    start_file.chmod(0o644)
    assert f"~/.{shell}rc loads it" in install(shell, "--yes").err
    edited = start_file.read_text()
    assert edited.startswith("# bash_completion is off\nalias ll='ls -l'\n[ -r ")
    assert edited.count("\n") == 3
    assert stat.S_IMODE(start_file.stat().st_mode) == 0o644
    assert install(shell, "--json").json["changed"] is False  # nothing to ask about
    assert start_file.read_text() == edited
    assert arka("completion", "uninstall", shell, "--yes").code == 0
    assert content(folder) == {f".{shell}rc": "# bash_completion is off\nalias ll='ls -l'\n"}
    assert "No completion is installed" in arka("completion", "uninstall", shell).err


def test_a_start_file_is_not_edited_without_a_yes(folder: Path) -> None:
    done = arka("completion", "install", "zsh", "--no-input")
    assert (done.code, "hint: add --yes" in done.err) == (2, True)
    assert content(folder) == {}


@pytest.mark.parametrize(("answer", "code"), [("n", 1), ("y", 0)])
def test_install_asks_before_it_edits_a_start_file(folder: Path, answer: str, code: int) -> None:
    process = on_terminal(folder / "arka", folder, "completion", "install", "zsh")
    process.expect("Add a line to ~/.zshrc that loads the script")
    process.sendline(answer)
    process.expect(pexpect.EOF)
    process.close()
    assert (process.exitstatus, (folder / ".zshrc").exists()) == (code, answer == "y")


def test_a_linked_start_file_stays_a_link(folder: Path) -> None:
    (folder / "dotfiles").mkdir()
    (folder / "dotfiles" / "zshrc").write_text("")
    (folder / ".zshrc").symlink_to("dotfiles/zshrc")
    install("zsh", "--yes")
    assert (folder / ".zshrc").is_symlink()
    assert "# arka completion" in (folder / "dotfiles" / "zshrc").read_text()


def test_a_file_of_another_author_is_neither_replaced_nor_removed(folder: Path) -> None:
    file = folder / ".config/fish/completions/arka.fish"
    file.parent.mkdir(parents=True)
    file.write_text("# mine\n")
    done = arka("completion", "install", "fish")
    assert (done.code, "add --force to replace it" in done.err) == (1, True)
    assert arka("completion", "uninstall", "fish").code == 0
    assert file.read_text() == "# mine\n"
    install("fish", "--force")
    assert file.read_text() == arka("completion", "fish").out


def test_powershell_is_asked_for_its_profile(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = arka("completion", "install", "powershell", "--yes", environ={"PATH": str(folder)})
    assert (done.code, "PowerShell was not found on PATH" in done.err) == (1, True)
    profile = folder / "it's" / "profile.ps1"
    monkeypatch.setattr(completion_places, "_powershell_profile", lambda _: str(profile))
    install("powershell", "--yes")
    script = str(profile.with_name("arka.completion.ps1")).replace("'", "''")
    assert profile.read_text() == f"if (Test-Path '{script}') {{ . '{script}' }}  # arka completion\n"


def test_homebrew_s_folder_of_zsh_is_used_if_the_user_may_write_to_it(
    two_profiles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brew = two_profiles.parent / "homebrew/share/zsh/site-functions"
    brew.mkdir(parents=True)
    monkeypatch.setattr(os, "geteuid", lambda: 501)
    monkeypatch.setattr(completion_places, "_output_of", lambda *_: f"/usr/share/zsh/functions\n{brew}\n")
    monkeypatch.setattr(os, "access", lambda path, _: path == str(brew))
    assert install("zsh", "--json").json["path"] == str(brew / "_arka")


def test_the_default_is_the_shell_of_the_user(folder: Path) -> None:
    done = arka("completion", "install", "--json", environ={"SHELL": "/usr/bin/fish"})
    assert done.json["shell"] == "fish"


LOADED = [
    pytest.param("bash", ["bash", "-i"], BASH, marks=pytest.mark.peer("bash")),
    pytest.param("zsh", ["zsh", "-i"], ZSH, marks=pytest.mark.peer("zsh")),
]


@pytest.mark.parametrize(("shell", "words", "setup"), LOADED)
def test_a_new_shell_completes_after_install(folder: Path, shell: str, words: list[str], setup: str) -> None:
    install(shell, "--yes")
    environ = {"PATH": f"{BIN}:{os.environ['PATH']}", "ARKA_HOME": str(folder / "arka"), "HOME": str(folder)}
    terminal = Shell(words, environ | {"TERM": "xterm", "LANG": "C.UTF-8"}, folder, setup)
    assert terminal.line_after_tab("arka use w") == "arka use work "
    terminal.end()


@pytest.mark.peer("fish")
def test_a_new_fish_completes_after_install(folder: Path) -> None:
    install("fish")
    environ = {"PATH": f"{BIN}:{os.environ['PATH']}", "ARKA_HOME": str(folder / "arka"), "HOME": str(folder)}
    done = subprocess.run(
        [peers.executable("fish"), "-c", "complete -C 'arka use w'"],
        env=environ, capture_output=True, encoding="utf-8", check=True,
    )  # fmt: skip
    assert done.stdout == "work\n"


@pytest.mark.parametrize(
    ("shell", "variable"),
    [("bash", "BASH_COMPLETION_USER_DIR"), ("bash", "XDG_DATA_HOME"), ("zsh", "ZDOTDIR"), ("fish", "XDG_CONFIG_HOME")],
)
def test_completion_folder_variable_through_proc_is_refused(folder: Path, shell: str, variable: str) -> None:
    done = arka("completion", "install", shell, "--yes", environ={variable: "/proc/self/cwd/x"})
    assert (done.code, f"{variable}=/proc/self/cwd/x leads through the folder of a process" in done.err) == (1, True)
    assert content(folder) == {}


def test_path_that_would_end_the_line_of_a_start_file_is_refused(folder: Path) -> None:
    done = arka("completion", "install", "bash", "--yes", environ={"BASH_COMPLETION_USER_DIR": "/tmp/a\ntouch /tmp/b"})
    assert (done.code, "the path of the completion script contains a forbidden character" in done.err) == (1, True)
    assert content(folder) == {}


def test_typographic_quote_does_not_end_the_path_in_a_powershell_profile(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = folder / "O’Brien; exit" / "profile.ps1"
    monkeypatch.setattr(completion_places, "_powershell_profile", lambda _: str(profile))
    install("powershell", "--yes")
    script = str(profile.with_name("arka.completion.ps1")).replace("’", "’’")
    assert f". '{script}' }}" in profile.read_text("utf-8")


def test_uninstall_asks_before_it_removes_a_line_for_another_folder(folder: Path) -> None:
    assert arka("completion", "install", "bash", "--yes", environ={"XDG_DATA_HOME": str(folder / "data")}).code == 0
    before = (folder / ".bashrc").read_text()
    done = arka("completion", "uninstall", "bash", "--no-input")
    assert (done.code, (folder / ".bashrc").read_text()) == (2, before)
    assert arka("completion", "uninstall", "bash", "--yes").code == 0
    assert (folder / ".bashrc").read_text() == ""
