"""What the kinds of unlocker are given, and what they ask for."""

from __future__ import annotations

from arka_config.errors import VaultLocked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from arka_config.app_identity import AppIdentity
    from arka_config.store.folders import Folders


class Context:
    """What a kind may use of the store. `path` is the data key's file; `ask` asks for a secret, and returns None if
    there is no terminal."""

    __slots__ = ("app", "ask", "environ", "folders", "path")

    def __init__(
        self,
        app: AppIdentity,
        environ: Mapping[str, str],
        folders: Folders,
        path: str,
        ask: Callable[[str], str | None],
    ) -> None:
        self.app = app
        self.environ = environ
        self.folders = folders
        self.path = path
        self.ask = ask


class Option:
    """A command-line option that is only for one kind. `name` is its key in the values that `create` gets."""

    __slots__ = ("flag", "help", "metavar", "name")

    def __init__(self, name: str, flag: str, metavar: str, text: str) -> None:
        self.name = name
        self.flag = flag
        self.metavar = metavar
        self.help = text


class Prompt:
    """A secret that the user chooses: from VARIABLE, VARIABLE_FILE or VARIABLE_COMMAND, otherwise typed.

    `name` is its key in the values that `create` gets, and `noun` the word for it in questions. `variable` has no
    prefix, and must be one of the app's `secret_variables`.
    """

    __slots__ = ("name", "noun", "variable")

    def __init__(self, name: str, noun: str, variable: str) -> None:
        self.name = name
        self.noun = noun
        self.variable = variable


class NoAnswer(VaultLocked):
    """An unlocker needs an answer that is not in the environment, and there is no terminal to ask on."""
