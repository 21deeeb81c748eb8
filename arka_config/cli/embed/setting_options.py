"""Options generated from a settings class, with the names, descriptions and types of its fields."""

from __future__ import annotations

from dataclasses import is_dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from arka_config.cli.runtime.command import API_KEY, OptionSpec
from arka_config.settings.fields import alternatives, choices, is_container, no_such_setting
from arka_config.settings.reference import default_text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from arka_config.app_identity import AppIdentity
    from arka_config.cli.runtime.session import Session
    from arka_config.settings import ProfileSettings
    from arka_config.settings.fields import Leaf

_METAVARS = {int: "INTEGER", float: "NUMBER", str: "TEXT"}


def setting_options(
    app: AppIdentity, settings: type[ProfileSettings], only: Collection[str] | None = None
) -> list[OptionSpec]:
    """The options for a settings class, or for `only` some of its fields, by dotted name.

    A secret other than the token has no option, because process lists show options. Raises LookupError for an unknown
    field.
    """
    leaves = settings.leaves()
    if unknown := sorted(set(only or ()) - leaves.keys()):
        raise LookupError(no_such_setting(settings.__name__, unknown[0], leaves))
    return [
        _option(app, leaf)
        for name, leaf in leaves.items()
        if (only is None or name in only) and (not leaf.field.secret or leaf.field == app.token_field)
    ]


def _option(app: AppIdentity, leaf: Leaf) -> OptionSpec:
    if leaf.field == app.token_field:
        return API_KEY._replace(names=(leaf.field.option,), help=f"{API_KEY.help} [{leaf.field.variable}]")
    kinds = [kind for kind in alternatives(leaf.info.annotation) if kind is not type(None)]
    option, name, kind = leaf.field.option, leaf.field.name, kinds[0] if len(kinds) == 1 else None
    metavar = "URL" if leaf.field == app.url_field else _metavar(kind, name)
    spec = OptionSpec((option,), _help(leaf), partial(_store, name), metavar=metavar)
    if kind is bool:
        return spec._replace(names=(f"{option}/--no-{option[2:]}",), is_flag=True, metavar=None)
    if known := dict(choices(kinds)):
        return spec._replace(choices=tuple(known), store=partial(_store_choice, name, known), metavar=None)
    if leaf.is_json_text:
        return spec._replace(metavar="JSON")
    if not leaf.decoder.is_json and is_container(kind):  # a text for a validator of the class
        return spec._replace(metavar="TEXT")
    if leaf.items and not any(map(_is_structured, leaf.items)):  # plain values, given by repeating the option
        return spec._replace(is_repeated=True, metavar=_metavar(leaf.items[0], name))
    return spec


def _store(name: str, session: Session, value: object) -> None:
    session.flags[name] = list(value) if isinstance(value, tuple) else value


def _store_choice(name: str, choices: Mapping[str, object], session: Session, word: str) -> None:
    session.flags[name] = choices[word]


def _is_structured(kind: Any) -> bool:
    """Whether some of its values are lists, tables or models."""
    return any(
        is_container(part) or is_dataclass(part) or hasattr(part, "__pydantic_fields__") for part in alternatives(kind)
    )


def _metavar(kind: Any, name: str) -> str:
    if kind in _METAVARS:
        return _METAVARS[kind]
    return "JSON" if kind is None or _is_structured(kind) else name.rpartition(".")[2].replace("_", "-").upper()


def _help(leaf: Leaf) -> str:
    """The field's description, followed by its variable and default."""
    default = default_text(leaf)
    facts = [leaf.field.variable, *([f"default: {default}"] if default else [])]
    text = (leaf.info.description or "").strip().rstrip(".")
    return f"{text[:1].upper()}{text[1:]}{'.' if text else ''} [{'; '.join(facts)}]".strip()
