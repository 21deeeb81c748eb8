"""The layers that need no file (flags, environment), and the order of all layers."""

from __future__ import annotations

from arka_config.precedence.values import ENV, FLAG, PROFILE, ResolvedValue, under_any_name
from arka_config.secret import Secret
from arka_config.text import check_lines, check_printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from arka_config.precedence.values import Field, Layer, Ranks

TOKEN, URL = ("token",), ("api_url",)  # the paths of the token and its URL, in every settings class


def flags(values: Mapping[str, object]) -> Layer:
    """Return the layer of command-line values, by field name. None means not given."""

    def layer(field: Field) -> ResolvedValue | None:
        value = values.get(field.name)
        if value is None:
            return None
        if isinstance(value, str):
            value = value_of(field, value, field.option)
        return None if value is None else ResolvedValue(field, value, FLAG, field.option)

    return layer


def environment(environ: Mapping[str, str]) -> Layer:
    """Return the layer of environment variables. An empty one counts as unset."""

    def read(field: Field) -> ResolvedValue | None:
        if (gathered := field.gather(environ)) is not None:
            return gathered
        text = environ.get(field.variable)
        value = value_of(field, text, field.variable) if text else None
        return None if value is None else ResolvedValue(field, value, ENV, field.variable)

    def layer(field: Field) -> ResolvedValue | None:
        return under_any_name(field, read)

    return layer


def value_ranks(
    flags: Layer,
    environment: Layer,
    profile: Layer | None,
    defaults: Sequence[Layer],
    *,
    by_flag: bool,
    custom: Sequence[tuple[str, Layer]] = (),
) -> Ranks:
    """Return the layers by rank: flag, environment, profile, default; each `custom` one below the one it names.

    `--profile` is a flag, so the values of a profile that was selected `by_flag` rank with the flags, just below
    them and above the environment, as requested in aws-cli#113 and databricks/cli#1194.
    """
    with_flags, below_environment = ((profile,), ()) if by_flag else ((), (profile,))
    layers = ((FLAG, (flags, *with_flags)), (ENV, (environment,)), (PROFILE, below_environment))
    ranks: list[tuple[Layer | None, ...]] = []
    for name, rank in layers:
        ranks += [rank, *((layer,) for below, layer in custom if below == name)]
    present = (tuple(layer for layer in rank if layer is not None) for rank in ranks)
    return (*(rank for rank in present if rank), tuple(defaults))


def value_of(field: Field, text: str, source: str) -> str | Secret | None:
    """Return a text as the field's value: validated, and a Secret if the field is secret. None for a blank token."""
    if field.path == TOKEN:
        return token_from(text, source)
    check = check_printable if field.path == URL else check_lines
    check(text, source)
    return Secret(text) if field.secret else text


def token_from(text: str, source: str) -> Secret | None:
    """Return the token in a text from a shell, a file or a program, or None if it is blank.

    White space around it is removed: a secret store's trailing newline would otherwise be sent. Raises InvalidValue,
    which names only the source, if it contains a control character.
    """
    token = text.strip()
    return Secret(check_printable(token, source)) if token else None
