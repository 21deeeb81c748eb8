"""From a template's table to its model, with every fault in our words. None of them repeats a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from arka_config.store import toml
from arka_config.text import did_you_mean, shortened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from arka_config.templates.model import TemplateFile
    from arka_config.templates.template_text import Problem, TemplateText

_TYPES = {
    "string_type": "must be a string",
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "string_too_short": "is empty",
    "string_too_long": "is too long",
}
_UNKNOWN = "extra_forbidden"
_BROKEN_RULE = "value_error"

# What stands in for a required value that is missing or wrong, so that the rest of the file can be looked at. What is
# not required goes.
_STAND_INS: dict[tuple[str, ...], Any] = {("version",): 1, ("profile", "name"): "x", ("token", "issue", "label"): "x"}
_MOST_PASSES = 8  # a table that goes may break a rule of the one around it, and there are four within each other


class Fault(NamedTuple):
    """What pydantic finds wrong: the kind of it, the path of the value, and its own words."""

    kind: str
    path: tuple[str, ...]
    message: str


def validated(text: TemplateText, table: dict[str, Any], problems: list[Problem]) -> tuple[TemplateFile | None, bool]:
    """What a table says, and whether that is all of it: what is wrong is left out, and added to the problems."""
    model, faults = _validated(table)
    problems += [text.problem(fault.path, _said(fault, table)) for fault in faults]
    is_whole = not faults
    for _ in range(_MOST_PASSES):
        if not faults:
            break
        spoiled = {fault.path[:1] for fault in faults if fault.kind != _UNKNOWN}
        _mend(table, faults)
        model, faults = _validated(table)
        # What a rule says of a table that has just lost a value is not the writer's doing.
        meant = [fault for fault in faults if fault.kind == _BROKEN_RULE and fault.path[:1] not in spoiled]
        problems += [text.problem(fault.path, _said(fault, table)) for fault in meant]
    return model, is_whole


def _mend(table: dict[str, Any], faults: list[Fault]) -> None:
    """Takes out what is wrong, from the outside in: a table that goes takes its values along."""
    for path in sorted(fault.path for fault in faults):
        if path == ("profile",):
            table["profile"] = {"name": _STAND_INS["profile", "name"]}
        else:
            toml.change(table, {path: _STAND_INS.get(path)})


def _validated(table: dict[str, Any]) -> tuple[TemplateFile | None, list[Fault]]:
    from pydantic import ValidationError

    from arka_config.templates.model import TemplateFile

    try:
        return TemplateFile.model_validate(table), []
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False, include_context=False)
    # Outside of the handler: pydantic's error holds the whole table.
    return None, list(_faults(found))


def _faults(found: list[Any]) -> Iterator[Fault]:
    for one in found:
        yield Fault(one["type"], tuple(str(part) for part in one["loc"]), one["msg"])


def _said(fault: Fault, table: dict[str, Any]) -> str:
    """A fault in our words."""
    kind, path, message = fault
    key = shortened(".".join(path))
    if path == ("version",) and kind != "missing":
        version = table.get("version")
        is_newer = isinstance(version, int) and not isinstance(version, bool) and version > 1
        update = ": this file is newer than this program, which wants an update" if is_newer else ""
        return f"version must be 1{update}"
    if kind == _UNKNOWN:
        known = _known(path[:-1])
        near = did_you_mean(path[-1], known) or f"the keys here are {', '.join(known)}"
        return f"unknown key '{key}'; {near}"
    if kind == "missing":
        return f"{key} is missing"
    if kind == _BROKEN_RULE:
        return f"{key} {message.removeprefix('Value error, ')}"
    if kind == "literal_error":
        return f"{key} must be {message.removeprefix('Input should be ')}".replace("True", "true")
    return f"{key} {_TYPES.get(kind, message[:1].lower() + message[1:])}"


def _known(within: tuple[str, ...]) -> list[str]:
    """The keys of a table of the model."""
    from arka_config.templates import model

    tables: dict[tuple[str, ...], Any] = {
        (): model.TemplateFile,
        ("profile",): model.ProfileTable,
        ("when",): model.WhenTable,
        ("token",): model.TokenTable,
        ("token", "issue"): model.IssueTable,
    }
    fields = tables[within].model_fields
    return [field.alias or name for name, field in fields.items()]
