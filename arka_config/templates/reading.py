"""Read template files into TOML tables, and report every problem in every file together.

A template is untrusted: its size and nesting are bounded before it is parsed, and no message repeats a string that may
be a secret. Only `*.toml` directly in a folder are read, no link that leads out of it, and at most a megabyte each.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from arka_config.errors import FileError, TemplateError, UsageError
from arka_config.store import files, toml
from arka_config.templates.model import validate
from arka_config.templates.positions import NOWHERE, Position, Problem, TemplateText
from arka_config.text import is_printable, shorten, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any

    from arka_config.app_identity import AppIdentity
    from arka_config.templates.model import TemplateFile

    Watch = Callable[[Sequence[Any], str], Iterable[Any]]  # wraps items in a progress bar with a label

NAME_PATHS = "name files, or folders of templates"
MAX_FILES = 10_000
MAX_DEPTH = 32  # of nested tables and arrays
MAX_KEYS = 1000  # keys and array items; a real template has a few dozen
MAX_PROBLEMS = 100  # reported in one run
_TOML_POSITION = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_AUTHORITY = re.compile(r"://([^/@\s]*)@")  # with one quantifier: a second one would take quadratic time
_LITERAL_TOKEN = (
    "a token in plain text, readable by everyone with access to the repository: revoke it, and name a source instead"
)
_BAD_NAME = "its name contains a control character or a direction mark"


class Template(NamedTuple):
    """A template's text and model. If the file has problems, `is_whole` is false and the bad values are missing."""

    text: TemplateText
    model: TemplateFile
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class TemplateFiles:
    """The templates in the named files and folders, and the problems of all of them.

    `paths` are all files, readable or not. `folders` are the real paths of the folders that were named.
    """

    paths: list[str] = field(default_factory=list)
    texts: list[TemplateText] = field(default_factory=list)
    templates: list[Template] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def check(self) -> None:
        """Raise TemplateError with all problems, in the order of the files."""
        if self.problems:
            refused = {text.path: text.refused for text in self.texts}
            reportable = {  # at the position of a refused string, only the refusal
                problem
                for problem in self.problems
                if refused.get(problem.path, {}).get(problem.position) in (None, problem)
            }
            order = {path: index for index, path in enumerate(self.paths)}
            lines = list(map(str, sorted(reportable, key=lambda problem: (order[problem.path], problem))))
            more = len(lines) - MAX_PROBLEMS
            raise TemplateError(lines[:MAX_PROBLEMS] + ([f"and {more} more"] if more > 0 else []))


def read(app: AppIdentity, paths: Sequence[str], watch: Watch, *, can_be_gone: bool = False) -> TemplateFiles:
    """Read the templates in files and folders. Raises UsageError for a missing path, and FileError.

    With `can_be_gone`, a folder that does not exist is one without templates: git keeps no empty folders.
    """
    result = TemplateFiles()
    for path, folder, name in watch(list(_find_files(paths, result, can_be_gone)), "Reading"):
        result.paths.append(path)
        try:
            text = _read_text(path, folder, name)
        except FileError as error:
            result.problems.append(Problem(path, NOWHERE, error.message))
            continue
        result.texts.append(text)
        table = _parse(app, text, result.problems)
        if table is not None:
            model, is_whole = validate(text, table, result.problems)
            if model is not None:
                result.templates.append(Template(text, model, is_whole))
    return result


def _find_files(paths: Sequence[str], result: TemplateFiles, can_be_gone: bool) -> Iterator[tuple[str, str, str]]:
    """Yield each file once, as path, real folder and name; files in a folder are sorted by name."""
    seen: set[str] = set()
    for path in paths:
        is_folder = os.path.isdir(path)
        if is_folder:
            folder = os.path.realpath(path)
            result.folders.append(folder)
            names = _list_names(path)
        elif os.path.lexists(path):
            folder = os.path.realpath(os.path.dirname(os.path.abspath(path)))
            names = [os.path.basename(path)]
        elif can_be_gone and not path.endswith(".toml"):
            folder, names = os.path.realpath(path), []
            result.folders.append(folder)
        else:
            raise UsageError(f"{visible(path)} does not exist", hint=NAME_PATHS)
        if not is_printable(folder):
            raise UsageError(f"{visible(folder)}: {_BAD_NAME}")
        for name in names:
            full = os.path.join(folder, name)
            if full not in seen:
                seen.add(full)
                yield (os.path.join(path, name) if is_folder else path), folder, name


def _list_names(folder: str) -> list[str]:
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith(".toml") and name[0] != ".")
    except OSError as error:
        raise files.failure("read", folder, error) from None
    if len(names) > MAX_FILES:
        raise FileError(f"{folder} contains more than {MAX_FILES} templates", path=folder)
    return names


def _read_text(path: str, folder: str, name: str) -> TemplateText:
    full = os.path.join(folder, name)
    if not is_printable(name):
        raise FileError(f"{visible(full)}: {_BAD_NAME}", path=full)

    def check(real: str) -> None:
        if os.path.commonpath([folder, real]) != folder:
            raise FileError(f"{full}: a link out of its folder is not followed", path=full)

    text = files.read(full, check=check)
    if text is None:
        raise FileError(f"{full}: a broken link", path=full)
    return TemplateText(path, folder, name, text)


# From text to table


def _parse(app: AppIdentity, text: TemplateText, problems: list[Problem]) -> dict[str, Any] | None:
    """Parse a text and add its problems. None if it cannot be checked further.

    Refused strings are removed from the table, so that no later message can repeat them.
    """
    literal_tokens = list(_find_literal_tokens(app, text))
    problems += literal_tokens
    table = _load_toml(text)
    if isinstance(table, Problem):
        problems.append(table)
        return None
    refused = [
        text.problem(key.split("."), problem)
        for key, value in toml.strings(table)
        if (problem := _string_problem(app, key, value))
    ]
    reported = {problem.position.line for problem in literal_tokens}
    problems += [one for one in refused if one.text != _LITERAL_TOKEN or one.position.line not in reported]
    text.refused = {problem.position: problem for problem in refused}
    return _remove_refused(app, table) if refused else table


def _find_literal_tokens(app: AppIdentity, text: TemplateText) -> Iterator[Problem]:
    """Find tokens anywhere in the text, in comments too: they are in the repository's history."""
    if app.redact(text.text) == text.text:
        return
    offset = 0
    for line in text.text.splitlines(keepends=True):
        masked = app.redact(line)
        if masked != line:
            column = next(index for index, (a, b) in enumerate(zip(line, masked, strict=False)) if a != b)
            starts = [line.rfind(prefix, 0, column + 1) for prefix in app.token_prefixes]
            yield text.problem_at(offset + max(*starts, 0), _LITERAL_TOKEN)
        offset += len(line)


def _load_toml(text: TemplateText) -> dict[str, Any] | Problem:
    if text.text.startswith("\ufeff"):
        return text.problem_at(0, "starts with a byte order mark: save it without one")
    try:
        table = toml.loads(text.text)
    except RecursionError:
        return text.problem_at(0, "nested too deeply")
    except ValueError as error:  # TOMLDecodeError, or an integer with thousands of digits
        message = visible(str(error))
        match = _TOML_POSITION.search(message)
        what = _TOML_POSITION.sub("", message)
        what = f"not TOML: {what[:1].lower()}{what[1:]}"
        if match is not None and match[1]:
            return Problem(text.path, Position(int(match[1]), int(match[2])), what)
        return text.problem_at(len(text.text) if match else 0, what)
    depth, size = _measure(table)
    if depth > MAX_DEPTH:
        return text.problem_at(0, f"tables are nested more than {MAX_DEPTH} levels deep")
    if size > MAX_KEYS:
        return text.problem_at(0, f"more than {MAX_KEYS} keys and array items")
    return table


def _string_problem(app: AppIdentity, key: str, value: str) -> str:
    """Why a string is refused, or an empty string. A key is checked like a value."""
    if not is_printable(key) or not is_printable(value.replace("\n", "") if key == "token.sealed" else value):
        return f"{shorten(app.redact(key))} contains a control character or a direction mark"
    if app.redact(value) != value:
        return _LITERAL_TOKEN
    if any(":" in match[1] for match in _AUTHORITY.finditer(value)):
        return f"{shorten(app.redact(key))} is a URL with a password, readable by everyone with this file"
    return ""


def _remove_refused(app: AppIdentity, value: Any, key: str = "") -> Any:
    """Return the value with refused strings replaced by empty ones, and refused keys removed."""
    if isinstance(value, str):
        return "" if _string_problem(app, key, value) else value
    if isinstance(value, list):
        return [_remove_refused(app, item, key) for item in value]
    if not isinstance(value, dict):
        return value
    inner = {name: f"{key}.{name}" if key else name for name in value}
    kept = [name for name in value if not _string_problem(app, inner[name], name)]
    return {name: _remove_refused(app, value[name], inner[name]) for name in kept}


def _measure(value: object) -> tuple[int, int]:
    """Return the nesting depth of tables and arrays and the number of their items, computed without recursion."""
    depth, size, level = -1, 0, [value]
    while level:
        depth += 1
        containers = [
            item.values() if isinstance(item, dict) else item for item in level if isinstance(item, dict | list)
        ]
        level = [item for container in containers for item in container]
        size += len(level)
    return depth, size
