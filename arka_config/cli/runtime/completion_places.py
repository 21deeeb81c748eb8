"""Where each shell loads a completion script from, and the line of a start-up file that does it if there is no folder.

fish loads scripts from a folder of the user, and so does bash if bash-completion is set up. zsh and PowerShell have no
such folder.
"""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from arka_config.errors import ConfigError, UnsafeFile
from arka_config.exchange.variables import quote_powershell
from arka_config.store import files
from arka_config.store.child_environment import child_environment
from arka_config.store.folders import check_full_path
from arka_config.store.programs import find_program
from arka_config.store.system import SYSTEM
from arka_config.text import check_printable, quote_path, visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from arka_config.cli.runtime.session import Session
    from arka_config.store.profile_store import ProfileStore

# The files that set up bash-completion for interactive shells, if they name it.
_BASH_START_FILES = ("~/.bashrc", "~/.bash_profile", "~/.profile", "/etc/bash.bashrc", "/etc/bashrc")
_TIMEOUT = 10  # seconds for a shell to say where its files are


class Place:
    """A script's file, and the start-up file that has to load it; None if the shell finds the script itself."""

    def __init__(self, store: ProfileStore, shell: str, program: str, path: str, start_file: str | None) -> None:
        self._store = store
        self.shell = shell
        self.program = program
        self.path = path
        self.start_file = start_file

    @property
    def _first_line(self) -> str:
        """The line that every script for this program begins with, below a `#compdef`."""
        return f"# {'PowerShell' if self.shell == 'powershell' else self.shell} completion for {self.program}"

    @property
    def _line(self) -> str:
        """The line of the start-up file; its comment marks it as ours."""
        mark = f"  # {self.program} completion"
        if self.shell == "powershell":
            quoted = quote_powershell(self.path)
            return f"if (Test-Path {quoted}) {{ . {quoted} }}{mark}"
        return f"[ -r {quote_path(self.path)} ] && . {quote_path(self.path)}{mark}"

    def check(self, *, force: bool) -> None:
        """Raise UnsafeFile if there is a file of another author, unless `force`."""
        if not force and self._is_foreign():
            raise UnsafeFile(
                f"{self.path} was not written by `completion install`", path=self.path, hint="add --force to replace it"
            )

    def _is_foreign(self) -> bool:
        text = files.read(self.path)
        return text is not None and self._first_line not in text.splitlines()[:2]

    def has_line(self) -> bool:
        """Whether the start-up file loads the script."""
        return self.start_file is not None and self._line in (files.read(self.start_file) or "").splitlines()

    def has_some_line(self) -> bool:
        """Whether the start-up file loads this script, or one that `install` wrote to another folder."""
        text = None if self.start_file is None else files.read(self.start_file)
        return text is not None and self._without_line(text) != text

    def install(self, script: str) -> bool:
        """Write the script, and the line that loads it. Return whether a file changed. Raises FileError."""
        changed = files.read(self.path) != f"{script}\n"
        if changed:
            self._store.write_outside(self.path, f"{script}\n", follow_links=True)
        if self.start_file is not None and not self.has_line():
            text = self._without_line(files.read(self.start_file) or "")
            end = "" if not text or text.endswith("\n") else "\n"
            self._write_start_file(f"{text}{end}{self._line}\n")
            changed = True
        return changed

    def uninstall(self) -> bool:
        """Remove what `install` wrote. Return whether there was anything. Raises FileError."""
        changed = not self._is_foreign() and files.remove(self.path)
        if self.start_file is not None and (text := files.read(self.start_file)) is not None:
            rest = self._without_line(text)
            if rest != text:
                self._write_start_file(rest)
                changed = True
        return changed

    def _without_line(self, text: str) -> str:
        mark = f"  # {self.program} completion"
        return "".join(line for line in text.splitlines(keepends=True) if not line.rstrip("\r\n").endswith(mark))

    def _write_start_file(self, text: str) -> None:
        """Replace the start-up file. Its mode stays: other programs of the user read it too. Raises FileError."""
        self._store.write_outside(str(self.start_file), text, follow_links=True, keep_mode=True)


def place_of(session: Session, shell: str, program: str) -> Place:
    """Return where a program's script belongs. Raises ConfigError if that cannot be known.

    Every new shell runs what is there, so a path that means something else in each directory is refused, and so is one
    with a control character, which would end the line of a start-up file.
    """
    place = _find_place(session, shell, program)
    check_printable(place.path, "the path of the completion script")
    return place


def _find_place(session: Session, shell: str, program: str) -> Place:
    environ, store = session.environ, session.store
    home = _home(environ)
    if shell == "fish":
        config = _base(environ, "XDG_CONFIG_HOME", os.path.join(home, ".config"))
        return Place(store, shell, program, os.path.join(config, "fish", "completions", f"{program}.fish"), None)
    data = _base(environ, "XDG_DATA_HOME", os.path.join(home, ".local", "share"))
    if shell == "bash":
        folder = _base(environ, "BASH_COMPLETION_USER_DIR", os.path.join(data, "bash-completion"))
        bashrc = None if _has_bash_completion(home) else os.path.join(home, ".bashrc")
        return Place(store, shell, program, os.path.join(folder, "completions", program), bashrc)
    if shell == "zsh":
        if (site_functions := _zsh_folder(session)) is not None:
            return Place(store, shell, program, os.path.join(site_functions, f"_{program}"), None)
        start_file = os.path.join(_base(environ, "ZDOTDIR", home), ".zshrc")
        return Place(store, shell, program, os.path.join(data, "zsh", "site-functions", f"_{program}"), start_file)
    profile = _powershell_profile(session)
    return Place(store, shell, program, os.path.join(os.path.dirname(profile), f"{program}.completion.ps1"), profile)


def _home(environ: Mapping[str, str]) -> str:
    home = environ.get("HOME") or os.path.expanduser("~")
    if not os.path.isabs(home):
        raise ConfigError(f"HOME={visible(home)} is not a full path", hint="set HOME to the full path of your folder")
    return home


def _base(environ: Mapping[str, str], variable: str, default: str) -> str:
    """A folder that a variable names; the default if it is unset, or not a full path. Raises ConfigError."""
    found = environ.get(variable, "")
    return check_full_path(variable, found) if os.path.isabs(found) else default


def _has_bash_completion(home: str) -> bool:
    """Whether a start-up file sets up bash-completion: a line that is not a comment names it."""
    for name in _BASH_START_FILES:
        try:
            text = files.read(os.path.join(home, name[2:]) if name.startswith("~/") else name) or ""
        except ConfigError:
            continue
        if any("bash_completion" in line.partition("#")[0] for line in text.splitlines()):
            return True
    return False


def _zsh_folder(session: Session) -> str | None:
    """A folder of zsh's default `fpath` for local completions that this user may write to, as Homebrew's is.

    root's completions are not installed for all users.
    """
    if not SYSTEM.has_modes or SYSTEM.user_id() == 0:
        return None
    folders = (_output_of(session, "zsh", "-fc", "print -rl -- $fpath") or "").splitlines()
    return next((each for each in folders if each.endswith("site-functions") and os.access(each, os.W_OK)), None)


def _powershell_profile(session: Session) -> str:
    for name in ("pwsh", "powershell"):
        if path := (_output_of(session, name, "-NoProfile", "-NonInteractive", "-Command", "$PROFILE") or "").strip():
            return path
    raise ConfigError(
        "PowerShell was not found on PATH", hint=f"{session.app.name} completion powershell, and add it to $PROFILE"
    )


def _output_of(session: Session, *words: str) -> str | None:
    """The output of a shell that runs none of the user's start-up files; None if it fails, or is not installed."""
    program = find_program(words[0], session.environ)
    if program is None:
        return None
    try:
        environ = child_environment(session.app, session.environ, session.store)
        done = subprocess.run(  # noqa: S603  # one of the shells above, with constant arguments
            [program, *words[1:]], env=environ, capture_output=True, encoding="utf-8", timeout=_TIMEOUT, check=True
        )
    except (OSError, subprocess.SubprocessError, UnicodeError):
        return None
    return done.stdout
