"""From a template's text to its table, with every problem that needs no model to be seen.

What a file says is data from strangers: it is bounded before it is parsed, and no message repeats what could be a
secret.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from arka_config.store import toml
from arka_config.templates.positions import Position
from arka_config.templates.template_text import Problem
from arka_config.text import is_printable, shortened, visible

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from arka_config.app_identity import AppIdentity
    from arka_config.templates.template_text import TemplateText

DEEPEST = 32  # tables within tables
MOST_DOTS = 100  # in a line; tomllib takes minutes for a key of some hundred thousand parts
_BYTE_ORDER_MARK = "\ufeff"
_AT = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_PASSWORD = re.compile(r"://[^/@\s]*:[^/@\s]*@")
_NO_TOKENS = (
    "a token stands here in plain text, where everybody with the repository reads it: revoke it, and name a source"
)


def parsed(app: AppIdentity, text: TemplateText, problems: list[Problem]) -> dict[str, Any] | None:
    """The table that a text holds; None where it holds none that could be looked at further. Adds the problems.

    Strings that are not fit are not in it: what is said of it later can repeat none of them.
    """
    literal = list(_literal_tokens(app, text))
    problems += literal
    fault = _too_much(text)
    if fault is not None:
        problems.append(fault)
        return None
    table = _table(text, problems)
    if table is None:
        return None
    if _depth(table) > DEEPEST:
        problems.append(Problem(text.path, Position(1, 1), f"tables within tables, more than {DEEPEST} deep"))
        return None
    lines = {problem.position.line for problem in literal}
    unfit = list(_unfit_strings(app, text, table))
    problems += [problem for problem in unfit if problem.text != _NO_TOKENS or problem.position.line not in lines]
    text.unfit = {problem.position: problem for problem in unfit}
    return _without_unfit(app, table) if unfit else table


def _literal_tokens(app: AppIdentity, text: TemplateText) -> Iterator[Problem]:
    """A token is refused wherever it stands, in a comment too: it is in the repository's history now."""
    if app.redacted(text.text) == text.text:
        return
    offset = 0
    for line in text.text.splitlines(keepends=True):
        shown = app.redacted(line)
        if shown != line:
            column = next(at for at, (one, other) in enumerate(zip(line, shown, strict=False)) if one != other)
            yield text.problem_at(offset + max(line.rfind(app.token_prefix, 0, column + 1), 0), _NO_TOKENS)
        offset += len(line)


def _too_much(text: TemplateText) -> Problem | None:
    """What keeps a text from being parsed at all."""
    if text.text.startswith(_BYTE_ORDER_MARK):
        return Problem(text.path, Position(1, 1), "a byte order mark stands before the text: save it without one")
    for number, line in enumerate(text.text.split("\n"), 1):
        if line.count(".") > MOST_DOTS:
            said = f"nested too deeply: more than {MOST_DOTS} dots in a line"
            return Problem(text.path, Position(number, 1), said)
    return None


def _table(text: TemplateText, problems: list[Problem]) -> dict[str, Any] | None:
    import tomllib

    try:
        return tomllib.loads(text.text)
    except RecursionError:
        problems.append(Problem(text.path, Position(1, 1), "nested too deeply"))
    except ValueError as error:  # tomllib's own, and the interpreter's for a number of thousands of digits
        said = visible(str(error))
        at = _AT.search(said)
        what = _AT.sub("", said)
        what = f"not TOML: {what[:1].lower()}{what[1:]}"
        if at is not None and at[1]:
            problems.append(Problem(text.path, Position(int(at[1]), int(at[2])), what))
        else:
            problems.append(text.problem_at(len(text.text) if at else 0, what))
    return None


def _unfit_strings(app: AppIdentity, text: TemplateText, table: dict[str, Any]) -> Iterator[Problem]:
    for key, value in toml.strings(table):
        if said := _unfit(app, key, value):
            yield text.problem(key.split("."), said)


def _unfit(app: AppIdentity, key: str, value: str) -> str:
    """Why a string may not stand in a template, or an empty string. A key is looked at as a string of its own."""
    if not is_printable(key) or not is_printable(value.replace("\n", "") if key == "token.sealed" else value):
        return f"{shortened(app.redacted(key))} holds a control character or a direction mark"
    if app.redacted(value) != value:
        return _NO_TOKENS
    if _PASSWORD.search(value):
        return f"{shortened(app.redacted(key))} holds a URL with a password, which everybody here reads"
    return ""


def _without_unfit(app: AppIdentity, value: Any, key: str = "") -> Any:
    """The value with an empty text in place of each unfit one, and without the keys that are unfit."""
    if isinstance(value, str):
        return "" if _unfit(app, key, value) else value
    if isinstance(value, list):
        return [_without_unfit(app, item, key) for item in value]
    if not isinstance(value, dict):
        return value
    inner = {name: f"{key}.{name}" if key else name for name in value}
    return {name: _without_unfit(app, value[name], inner[name]) for name in value if not _unfit(app, inner[name], name)}


def _depth(value: object) -> int:
    """How many tables and arrays lie within each other. The table has been parsed: it is no deeper than the stack."""
    deepest, rest = 0, [(value, 0)]
    while rest:
        inner, depth = rest.pop()
        deepest = max(deepest, depth)
        if isinstance(inner, dict):
            rest += [(item, depth + 1) for item in inner.values()]
        elif isinstance(inner, list):
            rest += [(item, depth + 1) for item in inner]
    return deepest
