"""A token that a command of the user's config.toml prints: `token.helper = "op"`."""

from __future__ import annotations

import os

from arka_config.errors import TokenUnavailable
from arka_config.precedence.layers import token_from
from arka_config.references.protocol import Fault, ReferenceKind, refuse_token
from arka_config.store.programs import ProgramError, find_program, read_output
from arka_config.text import did_you_mean, quote_path, visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from arka_config.app_identity import AppIdentity
    from arka_config.references.protocol import Context
    from arka_config.secret import Secret
    from arka_config.store.preferences import Preferences


class HelperReference(ReferenceKind):
    """The command that config.toml names `target`. It may talk to the user on the terminal."""

    help = "a command, by its name in config.toml"
    runs_program = True

    def describe(self, target: str) -> str:
        return f"helper {visible(target)}"

    def fetch(self, target: str, subject: str, context: Context) -> Secret | None:
        preferences = context.preferences
        if target not in preferences.helpers:
            raise TokenUnavailable(
                f"{subject}, which {preferences.path} does not define",
                hint=_correction(target, context.app, preferences),
            )
        command = preferences.helpers[target]
        try:
            text = read_output(command, context.app, context.environ, f"helper '{target}'")
        except ProgramError as error:
            raise TokenUnavailable(f"{subject}, which {error}", hint=f"run it yourself: {command[0]}") from None
        return token_from(text, f"the output of helper '{target}'")

    def remedy(self, target: str, context: Context) -> str:
        return f"run the helper's command yourself; it is in {context.preferences.path}"

    def policy(self, target: str, app: AppIdentity, preferences: Preferences) -> str:
        if target in preferences.helpers:
            return ""
        return f"'{visible(target)}' is not in {preferences.path}; {_correction(target, app, preferences)}"

    def check(self, target: str, subject: str, context: Context) -> Iterator[Fault]:
        preferences = context.preferences
        path = preferences.path
        if target not in preferences.helpers:
            yield Fault(
                f"{subject}, which {path} does not define; {_correction(target, context.app, preferences)}", edit=path
            )
            return
        program = preferences.helpers[target][0]
        found = find_program(program, context.environ)
        if found is None or not os.access(found, os.X_OK):
            yield Fault(
                f"{subject}, and its program '{visible(program)}' cannot be found",
                path,
                edit=path,
                advice="or install it, or add its folder to PATH",
            )

    def describe_malformed(self, target: str, app: AppIdentity) -> str:
        return refuse_token(target, "helper")


def _correction(name: str, app: AppIdentity, preferences: Preferences) -> str:
    """Return what to write instead of an unknown name, or the command that defines it. A template may name anything."""
    if not name.replace("-", "").replace("_", "").isalnum():
        return f"define it under [helpers] in {preferences.path}"
    return did_you_mean(name, preferences.helpers) or (
        f"{app.name} config set " + quote_path(f'helpers.{name}=["program", "argument"]')
    )
