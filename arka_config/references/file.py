"""A token in a file: `token.file = "/run/secrets/token"`."""

from __future__ import annotations

import os

from arka_config.errors import FileError, TokenUnavailable
from arka_config.precedence.layers import token_from
from arka_config.references.protocol import Fault, ReferenceKind
from arka_config.store import files
from arka_config.store.system import SYSTEM
from arka_config.text import quote_path, visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from arka_config.app_identity import AppIdentity
    from arka_config.references.protocol import Context
    from arka_config.secret import Secret
    from arka_config.store.preferences import Preferences

DEFAULT_ROOTS = ("/run/secrets", "/var/run/secrets")  # where templates may read if config.toml has no `file_roots`


class FileReference(ReferenceKind):
    """The file at `target`, a path from / or ~."""

    help = "a file below the roots that config.toml allows: /run/secrets/…"

    def describe(self, target: str) -> str:
        return f"file {visible(target)}"

    def fetch(self, target: str, subject: str, context: Context) -> Secret | None:
        path = os.path.expanduser(target)
        if not os.path.isabs(path):
            raise TokenUnavailable(f"{subject}, which is not a full path", hint="write it from / or ~")
        try:
            text = files.read(path, secret=True, check=lambda real: _check_link(path, real, subject, context))
        except FileError as error:
            raise TokenUnavailable(f"{subject}: {error.message}", hint=error.hint) from None
        if text is None:
            raise TokenUnavailable(f"{subject}, which does not exist", hint=f"put the token into {path}")
        return token_from(text, target)

    def remedy(self, target: str, context: Context) -> str:
        return f"put the token into {target}"

    def command_to_set(self, target: str) -> str:
        import shlex

        path = os.path.expanduser(target)
        return f"(umask 077 && cat > {shlex.quote(path)})" if os.path.isabs(path) else ""

    def why_missing(self, target: str, context: Context) -> str:
        try:
            return "" if files.exists(os.path.expanduser(target)) else f"{visible(target)} does not exist"
        except FileError as error:
            return error.message

    def check(self, target: str, subject: str, context: Context) -> Iterator[Fault]:
        path = os.path.expanduser(target)
        mode = 0 if not SYSTEM.has_modes else os.stat(path).st_mode & 0o7777
        if mode & 0o077:
            message = f"{subject}, which others can read (mode {mode:04o})"
            yield Fault(message, path, command=("chmod", "600", path))

    def describe_malformed(self, target: str, app: AppIdentity) -> str:
        return "" if os.path.isabs(os.path.expanduser(target)) else "it must be an absolute path, or start with ~"

    def spellings(self, target: str) -> tuple[str, ...]:
        path = os.path.expanduser(target)
        return _normal(path), _real(path)

    def policy(self, target: str, app: AppIdentity, preferences: Preferences) -> str:
        path, roots = os.path.expanduser(target), _roots(preferences)
        if _is_below(_normal(path), roots) and _is_below(_real(path), roots):
            return ""
        named = preferences.file_roots or DEFAULT_ROOTS[:1]
        return (
            f"{visible(target)} is not below {' or '.join(named)}, the only folders that templates may read; "
            f'allow its folder in {preferences.path}: file_roots = ["{visible(os.path.dirname(path))}"]'
        )


def _check_link(path: str, real: str, subject: str, context: Context) -> None:
    """Raise TokenUnavailable if a path below a root leads out of all roots by a link: it may be newer than the plan."""
    if real == _normal(path):
        return
    roots = _roots(context.preferences)
    if _is_below(_normal(path), roots) and not _is_below(real, roots):
        raise TokenUnavailable(
            f"{subject}, which is a link to {visible(real)}, outside of the folders that templates may read",
            hint=f"look at it: ls -l {quote_path(path)}",
        )


def _roots(preferences: Preferences) -> set[str]:
    """The folders that templates may read, each as it is written and with links resolved."""
    roots = [os.path.expanduser(root) for root in preferences.file_roots or DEFAULT_ROOTS]
    return {one for root in roots if os.path.isabs(root) for one in (_normal(root), _real(root))}


def _normal(path: str) -> str:
    """The path as written, without `.`, `..` and repeated slashes. Python keeps two slashes at the start, as POSIX."""
    path = os.path.normpath(path)
    return path[1:] if path.startswith("//") and os.sep == "/" else path


def _real(path: str) -> str:
    return _normal(os.path.realpath(path))


def _is_below(path: str, folders: set[str]) -> bool:
    return any(path.startswith(folder.rstrip(os.sep) + os.sep) for folder in folders)
