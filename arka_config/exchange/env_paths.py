"""The path of a Node CLI's file: the rules of npm `env-paths`, as pure functions. Standard library only.

platformdirs uses other folders on macOS and Windows, and ignores a relative XDG_CONFIG_HOME.
"""

from __future__ import annotations

import ntpath
import os
import posixpath
import sys
from typing import TYPE_CHECKING

from arka_config.errors import ConfigError
from arka_config.store.folders import check_full_path
from arka_config.text import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

SUFFIX = "-nodejs"

_FILE = "config.json"


def legacy_path(
    project: str,
    environ: Mapping[str, str],
    *,
    platform: str = sys.platform,
    home: str | None = None,
    cwd: str | None = None,
) -> str:
    """The absolute path of the Node CLI's file, `new Conf({projectName: project}).path`, on any `sys.platform`.

    `home` is the home folder if no variable names it, and `cwd` the base of a relative variable; both default to what
    the system says. Raises ConfigError if there is no home folder.
    """
    folder, _ = _folder(project, environ, platform, home)
    if not _is_absolute(folder, platform):
        cwd = os.getcwd() if cwd is None else cwd
        folder = ntpath.join(cwd, folder) if platform == "win32" else posixpath.join(cwd, folder)
    if platform == "win32":
        return ntpath.normpath(ntpath.join(folder, _FILE))
    # POSIX and Python keep two leading slashes, which have a special meaning there; Node does not.
    return "/" + posixpath.normpath(posixpath.join(folder, _FILE)).lstrip("/")


def trusted_legacy_path(project: str, environ: Mapping[str, str], *, platform: str = sys.platform) -> str:
    """The same path, for reading or writing a token.

    Raises ConfigError if it depends on the current directory: with a relative XDG_CONFIG_HOME, which `conf` accepts,
    every folder in which a command is run would get a file with a token, or could provide one.
    """
    folder, variable = _folder(project, environ, platform, None)
    if not _is_absolute(folder, platform):
        value = visible(environ.get(variable, ""))
        raise ConfigError(
            f"{variable} is {value!r} and not an absolute path: the token's file would be in the current directory",
            hint=f"Remove-Item Env:{variable}" if platform == "win32" else f"unset {variable}",
        )
    if platform != "win32" and sys.platform != "win32":
        check_full_path(variable, folder)
    return legacy_path(project, environ, platform=platform)


def _folder(project: str, environ: Mapping[str, str], platform: str, home: str | None) -> tuple[str, str]:
    """The config folder of env-paths, which may be relative, and the variable that determines it."""
    name = project + SUFFIX
    if platform == "win32":
        if appdata := environ.get("APPDATA"):
            return ntpath.join(appdata, name, "Config"), "APPDATA"
        return ntpath.join(_home("USERPROFILE", environ, home), "AppData", "Roaming", name, "Config"), "USERPROFILE"
    if platform == "darwin":
        return posixpath.join(_home("HOME", environ, home), "Library", "Preferences", name), "HOME"
    if xdg := environ.get("XDG_CONFIG_HOME"):
        return posixpath.join(xdg, name), "XDG_CONFIG_HOME"
    return posixpath.join(_home("HOME", environ, home), ".config", name), "HOME"


def _home(variable: str, environ: Mapping[str, str], home: str | None) -> str:
    """The result of Node's `os.homedir()`: an empty variable counts as set; if it is unset, the system is asked."""
    folder = environ.get(variable, home)
    if folder is None and variable == "HOME":
        try:
            import pwd

            folder = pwd.getpwuid(os.geteuid()).pw_dir
        except (ImportError, KeyError):  # Windows has no such database, and a container may have no such user
            pass
    if folder is None:
        raise ConfigError(f"{variable} is not set, and the system knows no home folder", hint=f"set {variable}")
    return folder


def _is_absolute(path: str, platform: str) -> bool:
    if platform != "win32":
        return path.startswith("/")
    drive, rest = ntpath.splitdrive(path)
    return bool(drive) and rest.startswith(("\\", "/"))  # `\folder` depends on the current drive
