"""The layers that need no file: flags, environment and defaults; and the order that all of them stand in."""

from __future__ import annotations

from arka_config.precedence.values import DEFAULT, ENV, FLAG, PROFILE, ResolvedValue
from arka_config.secret import Secret
from arka_config.text import check_printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from arka_config.precedence.values import Field, Layer, Ranks

TOKEN = ("token",)  # the path of the token, in every settings class


def flags(values: Mapping[str, object]) -> Layer:
    """Layer with what was passed on the command line, by field name. None is "not passed"."""

    def layer(field: Field) -> ResolvedValue | None:
        value = values.get(field.name)
        if value is None:
            return None
        if isinstance(value, str):
            value = wrapped(field, value, field.option)
        return None if value is None else ResolvedValue(field, value, FLAG, field.option)

    return layer


def environment(environ: Mapping[str, str]) -> Layer:
    """Layer with environment variables, by their exact names. An empty one is unset."""

    def layer(field: Field) -> ResolvedValue | None:
        text = environ.get(field.variable)
        value = wrapped(field, text, field.variable) if text else None
        return None if value is None else ResolvedValue(field, value, ENV, field.variable)

    return layer


def defaults(values: Mapping[str, object]) -> Layer:
    """Layer with what is built in, by field name."""

    def layer(field: Field) -> ResolvedValue | None:
        return ResolvedValue(field, values[field.name], DEFAULT) if field.name in values else None

    return layer


def value_ranks(
    flags: Layer,
    environment: Layer,
    profile: Layer | None,
    defaults: Layer,
    *,
    by_flag: bool,
    own: Sequence[tuple[str, Layer]] = (),
) -> Ranks:
    """Who wins: flag, environment, profile, default; and each of the app's `own` directly below the one it names.

    `--profile` is a flag, so the values of a profile that was chosen `by_flag` rank with the flags, above the
    environment: what aws-cli#113 and databricks/cli#1194 asked for, for years. They stand behind the flags themselves.
    """
    beside, alone = ((profile,), ()) if by_flag else ((), (profile,))
    layers = ((FLAG, (flags, *beside)), (ENV, (environment,)), (PROFILE, alone))
    ranks: list[tuple[Layer | None, ...]] = []
    for place, rank in layers:
        ranks += [rank, *((layer,) for below, layer in own if below == place)]
    return (*(kept for rank in ranks if (kept := tuple(layer for layer in rank if layer is not None))), (defaults,))


def wrapped(field: Field, text: str, source: str) -> str | Secret | None:
    """A text as the field's value: checked, and wrapped where it is a secret. None is a token that is blank."""
    if field.path == TOKEN:
        return token_from(text, source)
    check_printable(text, source)
    return Secret(text) if field.secret else text


def token_from(text: str, source: str) -> Secret | None:
    """The token in a text that a shell, a file or a program gave, or None where it is blank.

    The white space around it is not part of it: a secret store's trailing newline would otherwise be sent. Raises
    InvalidValue, naming the source only, where a control character stands inside.
    """
    token = text.strip()
    return Secret(check_printable(token, source)) if token else None
