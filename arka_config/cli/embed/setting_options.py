"""Options that are made from a settings class: named, described and limited as its fields are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from pydantic_core import PydanticUndefined

from arka_config.cli.runtime.options import API_KEY, Offered
from arka_config.settings.leaves import alternatives
from arka_config.text import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from arka_config.app import App
    from arka_config.cli.runtime.session import Session
    from arka_config.settings import ProfileSettings
    from arka_config.settings.leaves import Leaf

_METAVARS = {int: "INTEGER", float: "NUMBER", str: "TEXT"}


def setting_options(app: App, settings: type[ProfileSettings], only: Collection[str] | None = None) -> list[Offered]:
    """The options of a settings class, or of some of its fields, by dotted name. A secret has none, but for the token,
    since a process list shows them. Raises LookupError for a field that there is not."""
    leaves = settings.leaves()
    if unknown := sorted(set(only or ()) - leaves.keys()):
        raise LookupError(f"{settings.__name__} has no {unknown[0]}; {did_you_mean(unknown[0], leaves)}")
    return [
        _option(app, leaf)
        for name, leaf in leaves.items()
        if (only is None or name in only) and (not leaf.field.secret or leaf.field is app.token_field)
    ]


def _option(app: App, leaf: Leaf) -> Offered:
    if leaf.field is app.token_field:
        return API_KEY._replace(names=(leaf.field.option,), help=f"{API_KEY.help} [{leaf.field.variable}]")
    kinds = [kind for kind in alternatives(leaf.info.annotation) if kind is not type(None)]
    option, name, kind = leaf.field.option, leaf.field.name, kinds[0] if len(kinds) == 1 else None
    metavar = "URL" if leaf.field is app.url_field else _metavar(kind, name)
    offered = Offered((option,), _help(leaf), partial(_take, name), metavar=metavar)
    if kind is bool:
        return offered._replace(names=(f"{option}/--no-{option[2:]}",), is_flag=True, metavar=None)
    if choices := dict(_choices(kinds)):
        return offered._replace(choices=tuple(choices), take=partial(_take_one_of, name, choices), metavar=None)
    if _is_repeated(kind):
        return offered._replace(is_repeated=True, metavar=_metavar(next(iter(get_args(kind)), str), name))
    return offered


def _take(name: str, session: Session, value: object) -> None:
    session.flags[name] = list(value) if isinstance(value, tuple) else value


def _take_one_of(name: str, choices: Mapping[str, object], session: Session, word: str) -> None:
    session.flags[name] = choices[word]


def _choices(kinds: list[Any]) -> Iterator[tuple[str, object]]:
    """The words that may be given, each with its value, where every kind is a list of those; else none."""
    if not all(get_origin(kind) is Literal or (isinstance(kind, type) and issubclass(kind, Enum)) for kind in kinds):
        return
    for kind in kinds:
        values = get_args(kind) if get_origin(kind) is Literal else [member.value for member in kind]
        yield from ((str(value), value) for value in values if value is not None)


def _is_repeated(kind: Any) -> bool:
    """Whether it is a list of plain values, which are given one by one."""
    items = [item for item in get_args(kind) if item is not ...]
    return _holds_values(kind) and not _is_a(kind, (Mapping,)) and not any(map(_holds_values, items))


def _metavar(kind: Any, name: str) -> str:
    if kind in _METAVARS:
        return _METAVARS[kind]
    return "JSON" if _holds_values(kind) else name.rpartition(".")[2].replace("_", "-").upper()


def _holds_values(kind: Any) -> bool:
    return _is_a(kind, (Mapping, Sequence, Set)) and not _is_a(kind, (str, bytes))


def _is_a(kind: Any, kinds: tuple[type, ...]) -> bool:
    origin = get_origin(kind) or kind
    return isinstance(origin, type) and issubclass(origin, kinds)


def _help(leaf: Leaf) -> str:
    """The field's description, then its variable and what is built in."""
    default = leaf.default
    if isinstance(default, Enum):
        default = default.value
    known = default is not PydanticUndefined and default is not None and default not in ((), [], {})
    beside = [leaf.field.variable, *([f"default: {default}"] if known and not leaf.field.secret else [])]
    text = (leaf.info.description or "").strip().rstrip(".")
    return f"{text[:1].upper()}{text[1:]}{'.' if text else ''} [{'; '.join(beside)}]".strip()
