"""From files and folders to templates, with every problem of every file at once.

Only the `*.toml` directly in a folder are read, none through a link that leaves it, none larger than a megabyte. What a
file says is data from strangers: no message repeats a value that could be a secret.
"""

from __future__ import annotations

import hashlib
import os
import re
from typing import TYPE_CHECKING, NamedTuple

from arka_config.errors import ConfigError, FileError, TemplateError, UsageError
from arka_config.store import files, toml
from arka_config.templates.positions import Position, Positions
from arka_config.text import did_you_mean, is_printable, shortened, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any

    from arka_config.app import App
    from arka_config.templates.model import TemplateFile

    Watch = Callable[[Sequence[Any], str], Iterable[Any]]  # a progress bar around the items, with what it says

MOST_FILES = 10_000
DEEPEST = 32  # tables within tables
MOST_DOTS = 100  # in a line; tomllib takes minutes for a key of some hundred thousand parts
_ENDING = ".toml"
_AT = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_PASSWORD = re.compile(r"://[^/@\s]*:[^/@\s]*@")


class Problem(NamedTuple):
    """What is wrong with a file, and where."""

    path: str
    position: Position
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.position.line}:{self.position.column}: {self.text}"


class TemplateText:
    """One file as it was read. `path` is as the user would say it, `folder` and `name` are its real place."""

    def __init__(self, path: str, folder: str, name: str, text: str) -> None:
        self.path = path
        self.folder = folder
        self.name = name
        self.text = text
        self.digest = hashlib.sha256(text.encode("utf-8")).hexdigest()
        self._positions = Positions(text)

    def problem(self, key: Iterable[str], text: str) -> Problem:
        """A problem with a key."""
        return Problem(self.path, self._positions.of(tuple(key)), text)

    def problem_at(self, offset: int, text: str) -> Problem:
        """A problem with a character."""
        return Problem(self.path, self._positions.at(offset), text)

    def place(self, key: Iterable[str]) -> str:
        """Where a key stands: `profiles/ci.toml:14`."""
        return f"{self.path}:{self._positions.of(tuple(key)).line}"


class Template:
    """A template's text, and what it says."""

    def __init__(self, text: TemplateText, model: TemplateFile) -> None:
        self.text = text
        self.model = model


class Read:
    """What the files gave: templates, the folders they are in, and the problems of those that are none."""

    def __init__(self) -> None:
        self.texts: list[TemplateText] = []
        self.templates: list[Template] = []
        self.folders: list[str] = []  # real paths, of the folders that were given as such
        self.problems: list[Problem] = []

    def check(self) -> None:
        """Raises TemplateError with all problems, in the order of the files."""
        if self.problems:
            order = {text.path: at for at, text in enumerate(self.texts)}
            found = sorted(set(self.problems), key=lambda problem: (order.get(problem.path, -1), problem))
            raise TemplateError(map(str, found))


def read(app: App, paths: Sequence[str], watch: Watch) -> Read:
    """The templates in files and folders. Raises UsageError for a path that is not there, FileError."""
    done = Read()
    for path, folder, name in watch(list(_files(paths, done)), "Reading"):
        try:
            text = _content(path, folder, name)
        except FileError as error:
            message = error.message.removeprefix(os.path.join(folder, name)).removeprefix(":").strip()
            done.problems.append(Problem(path, Position(1, 1), message))
            continue
        done.texts.append(text)
        model = _model(app, text, done.problems)
        if model is not None:
            done.templates.append(Template(text, model))
    return done


def _files(paths: Sequence[str], done: Read) -> Iterator[tuple[str, str, str]]:
    """Each file once, as path, real folder and name: those of folders in the order of their names."""
    seen: set[str] = set()
    for path in paths:
        if os.path.isdir(path):
            folder = os.path.realpath(path)
            done.folders.append(folder)
            names = _names(path)
        elif os.path.lexists(path):
            folder = os.path.realpath(os.path.dirname(os.path.abspath(path)))
            names = [os.path.basename(path)]
        else:
            raise UsageError(f"{visible(path)} does not exist", hint="name files, or folders of templates")
        if not is_printable(folder):
            raise UsageError(f"{visible(folder)}: its name holds a control character or a direction mark")
        for name in names:
            full = os.path.join(folder, name)
            if full not in seen:
                seen.add(full)
                yield (os.path.join(path, name) if os.path.isdir(path) else path), folder, name


def _names(folder: str) -> list[str]:
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith(_ENDING) and name[0] != ".")
    except OSError as error:
        raise files.cannot("read", folder, error) from None
    if len(names) > MOST_FILES:
        raise FileError(f"{folder} holds more than {MOST_FILES} templates", path=folder)
    return names


def _content(path: str, folder: str, name: str) -> TemplateText:
    full = os.path.join(folder, name)
    if not is_printable(name):
        raise FileError(f"{full}: its name holds a control character or a direction mark", path=full)
    real = os.path.realpath(full)
    if os.path.commonpath([folder, real]) != folder:
        raise FileError(f"{full}: a link that leads out of its folder is not followed", path=full)
    text = files.read(real)
    if text is None:
        raise FileError(f"{full}: a link that leads nowhere", path=full)
    return TemplateText(path, folder, name, text)


def _model(app: App, text: TemplateText, problems: list[Problem]) -> TemplateFile | None:
    """What the file says, or None where it has problems, which are added to the list."""
    before = len(problems)
    problems += _literal_tokens(app, text)
    table = _table(text, problems) if len(problems) == before else None
    if table is None:
        return None
    problems += _unfit_strings(app, text, table)
    return _validated(text, table, problems) if len(problems) == before else None


def _literal_tokens(app: App, text: TemplateText) -> Iterator[Problem]:
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


_NO_TOKENS = (
    "a token stands here in plain text, where everybody with the repository reads it: revoke it, and name a source"
)


def _table(text: TemplateText, problems: list[Problem]) -> dict[str, Any] | None:
    import tomllib

    for number, line in enumerate(text.text.split("\n"), 1):
        if line.count(".") > MOST_DOTS:
            problems.append(
                Problem(text.path, Position(number, 1), f"nested too deeply: more than {MOST_DOTS} dots in a line")
            )
            return None
    try:
        return tomllib.loads(text.text)
    except RecursionError:
        problems.append(Problem(text.path, Position(1, 1), "nested too deeply"))
    except ValueError as error:  # tomllib's own, and the interpreter's for a number of thousands of digits
        said = visible(str(error))
        at = _AT.search(said)
        if at is not None and at[1]:
            position = Position(int(at[1]), int(at[2]))
        else:
            position = Positions(text.text).at(len(text.text) if at else 0)
        what = _AT.sub("", said)
        problems.append(Problem(text.path, position, f"not TOML: {what[:1].lower()}{what[1:]}"))
    return None


def _unfit_strings(app: App, text: TemplateText, table: dict[str, Any]) -> Iterator[Problem]:
    if _depth(table) > DEEPEST:
        yield Problem(text.path, Position(1, 1), f"tables within tables, more than {DEEPEST} deep")
        return
    for key, value in toml.strings(table):
        path = key.split(".")
        if not is_printable(key) or not is_printable(value.replace("\n", "") if key == "token.sealed" else value):
            yield text.problem(path, f"{shortened(key)} holds a control character or a direction mark")
        elif app.redacted(value) != value:
            yield text.problem(path, _NO_TOKENS)
        elif _PASSWORD.search(value):
            yield text.problem(path, f"{shortened(key)} holds a URL with a password, which everybody here reads")


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


def _validated(text: TemplateText, table: dict[str, Any], problems: list[Problem]) -> TemplateFile | None:
    from pydantic import ValidationError

    from arka_config.templates.model import TemplateFile

    try:
        return TemplateFile.model_validate(table)
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False, include_context=False)
    # Outside of the handler: pydantic's error holds the whole table.
    for fault in faults:
        path = tuple(str(part) for part in fault["loc"])
        problems.append(text.problem(path, _said(fault["type"], path, fault["msg"], table)))
    return None


_TYPES = {
    "string_type": "must be a string",
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "string_too_short": "is empty",
    "string_too_long": "is too long",
}


def _said(kind: str, path: tuple[str, ...], message: str, table: dict[str, Any]) -> str:
    """A fault in our words. None of them repeats a value."""
    key = shortened(".".join(path))
    if path == ("version",) and kind != "missing":
        version = table.get("version")
        is_newer = isinstance(version, int) and not isinstance(version, bool) and version > 1
        return "version must be 1" + (
            ": this file is newer than this program, which wants an update" if is_newer else ""
        )
    if kind == "extra_forbidden":
        known = _known(path[:-1])
        near = did_you_mean(path[-1], known) or f"the keys here are {', '.join(known)}"
        return f"unknown key '{key}'; {near}"
    if kind == "missing":
        return f"{key} is missing"
    if kind == "value_error":
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


def problem_of(text: TemplateText, key: Iterable[str], error: ConfigError) -> Problem:
    """A problem that another part of the program found with a value."""
    return text.problem(key, error.message + (f"; {error.hint}" if error.hint else ""))
