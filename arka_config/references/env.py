"""A token in an environment variable: `token.env = "WORK_TOKEN"`."""

from __future__ import annotations

from arka_config.errors import TokenUnavailable
from arka_config.precedence.layers import token_from
from arka_config.references.protocol import ReferenceKind, refuse_token
from arka_config.text import did_you_mean, visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from arka_config.app_identity import AppIdentity
    from arka_config.references.protocol import Context
    from arka_config.secret import Secret
    from arka_config.store.preferences import Preferences

_SUFFIXES = ("_TOKEN", "_API_KEY")  # of the app's variables that a template may read
_CONNECTION = ("TIMEOUT", "PROXY", "CA_BUNDLE")  # settings; the settings class is too expensive to import here


class EnvReference(ReferenceKind):
    """The variable `target`."""

    help = "an environment variable: one of this program that ends in _TOKEN, or one that config.toml allows"

    def describe(self, target: str) -> str:
        return f"${visible(target)}"

    def variable(self, target: str) -> str:
        return target

    def fetch(self, target: str, subject: str, context: Context) -> Secret | None:
        if _controls(target, context.app):
            raise TokenUnavailable(
                f"{subject}, which is {context.app.name}'s own variable", hint=f"use {_example(context.app)}"
            )
        return token_from(context.environ.get(target, ""), target)

    def remedy(self, target: str, context: Context) -> str:
        return f"set {target}"

    def policy(self, target: str, app: AppIdentity, preferences: Preferences) -> str:
        is_for_token = target.startswith(app.prefix) and target.endswith(_SUFFIXES)
        if is_for_token or target in preferences.allow_env:
            return ""
        return f"{target} may not be read by a template; " + (
            did_you_mean(target, preferences.allow_env)
            or f"use one that begins with {app.prefix} and ends in {' or '.join(_SUFFIXES)}, such as {_example(app)}, "
            f'or allow it in {preferences.path}: allow_env = ["{target}"]'
        )

    def command_to_set(self, target: str) -> str:
        return f"read -rs {target} && export {target}" if _is_variable(target) else ""

    def why_missing(self, target: str, context: Context) -> str:
        return "" if context.environ.get(target, "").strip() else f"${target} is not set"

    def describe_malformed(self, target: str, app: AppIdentity) -> str:
        if _controls(target, app) or target.upper() in app.settings_variables():
            return f"{target} is {app.name}'s own variable: use another one, such as {_example(app)}"
        return refuse_token(target, "variable") or (
            "" if _is_variable(target) else "it is not a variable's name: use letters, digits and '_'"
        )


def _controls(name: str, app: AppIdentity) -> bool:
    """Whether a variable controls the program, so that it holds no token of a profile. Windows ignores case."""
    return name.upper() in (*app.own_variables, *map(app.variable, _CONNECTION))


def _example(app: AppIdentity) -> str:
    return app.variable("CI_TOKEN")


def _is_variable(name: str) -> bool:
    return name.isascii() and name.isidentifier()
