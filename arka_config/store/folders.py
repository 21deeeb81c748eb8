"""The folders of an app's files: one for what users edit, one for tokens, one for state."""

from __future__ import annotations

import os
import sys

from arka_config.errors import ConfigError
from arka_config.store.system import SYSTEM, system_of
from arka_config.text import quote_path, visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from arka_config.app_identity import AppIdentity

_PROCESS_FOLDERS = ("/proc", "/dev/fd")
_MAX_LINKS = 40  # as in Linux


class Folders:
    """An app's config, data and state folder, as absolute paths, and the app's HOME variable, which contains them."""

    __slots__ = ("config", "data", "home", "state")

    def __init__(self, config: str, data: str, state: str, *, home: str = "") -> None:
        self.config = config
        self.data = data
        self.state = state
        self.home = home

    def __repr__(self) -> str:
        return f"Folders({self.config!r}, {self.data!r}, {self.state!r})"

    def enclosing(self, *paths: str) -> tuple[str, ...]:
        """Return the paths of folders after that of the app's HOME variable, if it is set, for a check of them all."""
        return (self.home, *paths) if self.home else paths

    @classmethod
    def of(cls, app: AppIdentity, environ: Mapping[str, str], platform: str = sys.platform) -> Folders:
        """Return the folders for an environment: below the app's HOME variable if set, else the system's defaults.

        Raises ConfigError for a home folder that depends on the working directory.
        """
        system = system_of(platform)
        if environ.get("HOME") and system.has_xdg:  # `~` in a path means it, whatever the app's variable says
            check_full_path("HOME", environ["HOME"])
        variable = app.variable("HOME")
        home = environ.get(variable)
        if home:
            check_full_path(variable, home)
            home = os.path.abspath(home)
            return cls(*(os.path.join(home, kind) for kind in ("config", "data", "state")), home=home)
        if not system.has_xdg:
            return cls(*(os.path.join(folder, app.folder) for folder in system.base_folders("")))
        config, data, state = system.base_folders(_home(app, environ))
        return cls(
            _xdg(environ, "XDG_CONFIG_HOME", config, app.folder),
            _xdg(environ, "XDG_DATA_HOME", data, app.folder),
            _xdg(environ, "XDG_STATE_HOME", state, app.folder),
        )


def _home(app: AppIdentity, environ: Mapping[str, str]) -> str:
    """Return the user's home folder. Raises ConfigError if there is none.

    An empty HOME counts as unset, as in platformdirs.
    """
    home = environ["HOME"] if "HOME" in environ else os.path.expanduser("~")
    if os.path.isabs(home):
        return home
    if found := SYSTEM.account_home():
        return found
    raise ConfigError(
        "there is no home folder to keep profiles in", hint=f"set HOME or {app.variable('HOME')} to a full path"
    )


def _xdg(environ: Mapping[str, str], variable: str, default: str, name: str) -> str:
    """Return the XDG base directory, as platformdirs does on Linux, and on macOS if the variable is set.

    Importing platformdirs would take longer than the rest of `token`; tests compare the two. A relative path is
    ignored, as the specification says, and as platformdirs does since 4.14.
    """
    base = environ.get(variable, "")
    if not os.path.isabs(base):
        return os.path.join(default, name)
    check_full_path(variable, base)
    return os.path.join(base, name)


def check_full_path(variable: str, path: str) -> str:
    """Return a path from the environment. Raises ConfigError if it means another file in each directory or process.

    A variable can come from a repository, such as from its `.env`. Its author knows where the repository's files are
    relative to the working directory, but not their full path.
    """
    if not os.path.isabs(path):
        fault = "is not a full path"
    elif leads_through_process(path):
        fault = "leads through the folder of a process"
    else:
        return path
    raise ConfigError(
        f"{variable}={visible(path)} {fault}, so it means something else in each directory",
        hint=f"set {variable} to a full path such as {quote_path(os.path.realpath(path))}, or: unset {variable}",
    )


def leads_through_process(path: str) -> bool:
    """Return whether a path is below /proc or /dev/fd, or a symbolic link in it leads there: /proc/self/cwd, say."""
    parts = path.split(os.sep)[::-1]
    at, links = os.sep, 0
    while parts:
        part = parts.pop()
        if part == os.pardir:
            at = os.path.dirname(at)
        elif part not in ("", os.curdir):
            at = os.path.join(at, part)
            if at in _PROCESS_FOLDERS:
                return True
            try:
                target = os.readlink(at)
            except OSError:  # not a link
                continue
            at = os.sep if os.path.isabs(target) else os.path.dirname(at)
            parts += target.split(os.sep)[::-1]
            links += 1
            if links > _MAX_LINKS:  # a loop, which the system reports
                return False
    return False
