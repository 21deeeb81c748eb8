"""References: a profile's token that lives elsewhere, in a variable, a file, or what a helper command prints."""

from __future__ import annotations

import os

from arka_config import debug
from arka_config.errors import FileError, TokenUnavailable
from arka_config.precedence.layers import token_from
from arka_config.secret import Secret
from arka_config.store import files
from arka_config.text import did_you_mean, visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from arka_config.app import App
    from arka_config.store.preferences import Preferences
    from arka_config.store.profiles import Profile

HELPER_PATIENCE = 60.0  # seconds: a person may have to touch a key or type a password


def referred(
    app: App, profile: Profile, environ: Mapping[str, str], preferences: Callable[[], Preferences]
) -> Secret | None:
    """The token that a profile refers to, fetched only when it is revealed; None where it refers to none.

    Revealing raises TokenUnavailable where it is not there: what a profile names is never replaced by another token.
    """
    if profile.reference is None:
        return None
    kind, target = profile.reference
    said = f"profile '{profile.name}' takes its token from {described(kind, target)}"

    def fetch() -> str:
        if kind == "env":
            token = token_from(environ.get(target, ""), target)
            missing = f"set {target}"
        elif kind == "file":
            token = token_from(_content(target, said), target)
            missing = f"put the token into {target}"
        else:
            token = token_from(_printed(app, target, said, environ, preferences()), f"the output of helper '{target}'")
            missing = f"run the helper's command by hand; it is in {preferences().path}"
        if token is None:
            raise TokenUnavailable(
                f"{said}, which is empty or not set",
                hint=f"{missing}, or: {app.name} profiles unset {profile.name} token",
            )
        return token.reveal()

    return Secret(fetch)


def described(kind: str, target: str) -> str:
    """A reference in words: `$WORK_TOKEN`, `file /run/secrets/token`, `helper op`."""
    return f"${visible(target)}" if kind == "env" else f"{kind} {visible(target)}"


def _content(target: str, said: str) -> str:
    path = os.path.expanduser(target)
    if not os.path.isabs(path):
        raise TokenUnavailable(f"{said}, which is not a full path", hint="write it from / or ~")
    try:
        text = files.read(path, secret=True)
    except FileError as error:
        raise TokenUnavailable(f"{said}: {error.message}", hint=error.hint) from None
    if text is None:
        raise TokenUnavailable(f"{said}, which does not exist", hint=f"put the token into {path}")
    return text


def _printed(app: App, target: str, said: str, environ: Mapping[str, str], preferences: Preferences) -> str:
    """What the helper prints on stdout. It may talk to the user on stderr and read from the terminal."""
    import subprocess

    if target not in preferences.helpers:
        raise TokenUnavailable(
            f"{said}, which {preferences.path} does not define",
            hint=did_you_mean(target, preferences.helpers)
            or f'add to it: [helpers] {target} = ["program", "argument"]',
        )
    command = preferences.helpers[target]
    inherited = {name: value for name, value in environ.items() if name not in app.secret_variables}
    try:
        done = subprocess.run(  # noqa: S603  # the user's own config.toml names the command
            command, stdout=subprocess.PIPE, env=inherited, timeout=HELPER_PATIENCE, check=False
        )
        debug.log(f"helper '{target}' ended with exit code {done.returncode}")
        if done.returncode == 0:
            return done.stdout.decode("utf-8")
        why = f"ended with {done.returncode}"
    except subprocess.TimeoutExpired:
        why = "did not answer in time"
    except OSError:
        why = "cannot be run"
    except UnicodeDecodeError:
        why = "printed something that is no text"
    # Outside of the handlers: those errors hold what the helper has printed.
    raise TokenUnavailable(f"{said}, which {why}", hint=f"run it by hand: {command[0]}")
