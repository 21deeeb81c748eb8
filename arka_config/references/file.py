"""A token in a file: `token.file = "/run/secrets/token"`."""

from __future__ import annotations

import os

from arka_config.errors import FileError, TokenUnavailable
from arka_config.precedence.layers import token_from
from arka_config.references.protocol import Fault, ReferenceKind
from arka_config.store import files
from arka_config.text import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from arka_config.app_identity import AppIdentity
    from arka_config.references.protocol import Context
    from arka_config.secret import Secret
    from arka_config.store.preferences import Preferences

DEFAULT_ROOTS = ("/run/secrets",)  # where templates may read if config.toml has no `file_roots`


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
            text = files.read(path, secret=True)
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

    def missing(self, target: str, context: Context) -> str:
        try:
            return "" if files.exists(os.path.expanduser(target)) else f"{visible(target)} does not exist"
        except FileError as error:
            return error.message

    def check(self, target: str, subject: str, context: Context) -> Iterator[Fault]:
        path = os.path.expanduser(target)
        mode = 0 if os.name == "nt" else os.stat(path).st_mode & 0o7777
        if mode & 0o077:
            message = f"{subject}, which others can read (mode {mode:04o})"
            yield Fault(message, path, command=("chmod", "600", path))

    def malformed(self, target: str, app: AppIdentity) -> str:
        return "" if os.path.isabs(os.path.expanduser(target)) else "it must be an absolute path, or start with ~"

    def policy(self, target: str, app: AppIdentity, preferences: Preferences) -> str:
        path = os.path.expanduser(target)
        roots = preferences.file_roots or DEFAULT_ROOTS
        real = os.path.realpath(path)
        for root in roots:
            folder = os.path.realpath(os.path.expanduser(root))
            if real != folder and os.path.commonpath([folder, real]) == folder:
                return ""
        return (
            f"{visible(target)} is not below {' or '.join(roots)}, the only folders that templates may read; "
            f'allow its folder in {preferences.path}: file_roots = ["{visible(os.path.dirname(path))}"]'
        )
