"""The folders of an app's files: one for what users edit, one for tokens, one for state."""

from __future__ import annotations

import os
import sys

from arka_config.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from arka_config.app_identity import AppIdentity


class Folders:
    """An app's config, data and state folder, as absolute paths."""

    __slots__ = ("config", "data", "state")

    def __init__(self, config: str, data: str, state: str) -> None:
        self.config = config
        self.data = data
        self.state = state

    def __repr__(self) -> str:
        return f"Folders({self.config!r}, {self.data!r}, {self.state!r})"

    @classmethod
    def of(cls, app: AppIdentity, environ: Mapping[str, str], platform: str = sys.platform) -> Folders:
        """Return the folders for an environment: below the app's HOME variable if set, else the system's defaults."""
        home = environ.get(app.variable("HOME"))
        if home:
            home = os.path.abspath(home)
            return cls(*(os.path.join(home, kind) for kind in ("config", "data", "state")))
        if platform == "win32":
            return _on_windows(app.folder)
        user = _home(app, environ)
        if platform == "darwin":
            config = data = state = os.path.join(user, "Library", "Application Support")
        else:
            config = os.path.join(user, ".config")
            data, state = os.path.join(user, ".local", "share"), os.path.join(user, ".local", "state")
        return cls(
            _xdg(environ, "XDG_CONFIG_HOME", config, app.folder),
            _xdg(environ, "XDG_DATA_HOME", data, app.folder),
            _xdg(environ, "XDG_STATE_HOME", state, app.folder),
        )


def _home(app: AppIdentity, environ: Mapping[str, str]) -> str:
    """Return the user's home folder. Raises ConfigError if there is none.

    An empty or relative HOME counts as unset, as in platformdirs: a token must not be stored below the folder that the
    program happens to be started in.
    """
    home = environ["HOME"] if "HOME" in environ else os.path.expanduser("~")
    if os.path.isabs(home):
        return home
    import pwd  # rarely needed: HOME is nearly always set

    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:  # a container that runs with an unknown uid
        raise ConfigError(
            "there is no home folder to keep profiles in", hint=f"set HOME or {app.variable('HOME')} to a full path"
        ) from None


def _xdg(environ: Mapping[str, str], variable: str, default: str, name: str) -> str:
    """Return the XDG base directory, as platformdirs does on Linux, and on macOS if the variable is set.

    Importing platformdirs would take longer than the rest of `token`; tests compare the two. A relative path is
    ignored, as the specification says, and as platformdirs does since 4.14.
    """
    base = environ.get(variable, "")
    return os.path.join(base if os.path.isabs(base) else default, name)


def _on_windows(name: str) -> Folders:
    from platformdirs.windows import Windows

    places = Windows(name, appauthor=False)
    return Folders(places.user_config_dir, places.user_data_dir, places.user_state_dir)
