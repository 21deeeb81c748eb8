"""Where a Node CLI built on npm `conf` keeps its file: the rules of `env-paths`, as pure functions. Standard library.

platformdirs gives other folders on macOS and Windows, and does not follow a relative XDG_CONFIG_HOME.
"""

from __future__ import annotations

import ntpath
import os
import posixpath
import sys

from arka_config.errors import ConfigError
from arka_config.text import visible

TYPE_CHECKING = False
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
    """Where the Node CLI looks: `new Conf({projectName: project}).path`, absolute, for any `sys.platform`.

    `home` is where the system says home is, for when no variable does; `cwd` what a relative variable starts from. Both
    are asked of the system when needed and not given. Raises ConfigError where there is no home.
    """
    folder, _ = _folder(project, environ, platform, home)
    if not _is_absolute(folder, platform):
        cwd = os.getcwd() if cwd is None else cwd
        folder = ntpath.join(cwd, folder) if platform == "win32" else posixpath.join(cwd, folder)
    if platform == "win32":
        return ntpath.normpath(ntpath.join(folder, _FILE))
    # POSIX gives two leading slashes a meaning of their own, and so does Python; Node does not.
    return "/" + posixpath.normpath(posixpath.join(folder, _FILE)).lstrip("/")


def legacy_path_to_write(
    project: str, environ: Mapping[str, str], *, platform: str = sys.platform, home: str | None = None
) -> str:
    """The same path, to put a token there.

    Raises ConfigError where it depends on the current directory: a relative XDG_CONFIG_HOME, which `conf` follows,
    would leave a file of secrets in every folder that a command was run in.
    """
    folder, variable = _folder(project, environ, platform, home)
    if not _is_absolute(folder, platform):
        value = visible(environ.get(variable, ""))
        raise ConfigError(
            f"{variable} is {value!r} and not an absolute path: the token's file would be in the current directory",
            hint=f"Remove-Item Env:{variable}" if platform == "win32" else f"unset {variable}",
        )
    return legacy_path(project, environ, platform=platform, home=home)


def _folder(project: str, environ: Mapping[str, str], platform: str, home: str | None) -> tuple[str, str]:
    """The config folder of env-paths, which may be relative, and the variable that it follows from."""
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
    """What Node's `os.homedir()` gives: an empty variable counts, an unset one leaves it to the system."""
    found = environ.get(variable, home)
    if found is None and variable == "HOME":
        found = _home_of_user()
    if found is None:
        raise ConfigError(f"{variable} is not set, and the system knows no home folder", hint=f"set {variable}")
    return found


def _home_of_user() -> str | None:
    try:
        import pwd

        return pwd.getpwuid(os.geteuid()).pw_dir
    except (ImportError, KeyError):  # no such database on Windows; no such user in many a container
        return None


def _is_absolute(path: str, platform: str) -> bool:
    if platform != "win32":
        return path.startswith("/")
    drive, rest = ntpath.splitdrive(path)
    return bool(drive) and rest.startswith(("\\", "/"))  # `\folder` is on whichever drive is the current one
