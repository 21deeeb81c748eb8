"""From files and folders to templates, with every problem of every file at once.

Only the `*.toml` directly in a folder are read, none through a link that leaves it, none larger than a megabyte.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from arka_config.errors import FileError, TemplateError, UsageError
from arka_config.store import files
from arka_config.templates.parsing import parsed
from arka_config.templates.positions import Position
from arka_config.templates.template_text import Problem, TemplateText
from arka_config.templates.validating import validated
from arka_config.text import is_printable, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any

    from arka_config.app_identity import AppIdentity
    from arka_config.templates.model import TemplateFile

    Watch = Callable[[Sequence[Any], str], Iterable[Any]]  # a progress bar around the items, with what it says

MOST_FILES = 10_000
_ENDING = ".toml"


class Template:
    """A template's text, and what it says; what is wrong in it is left out, and it is not `is_whole` then."""

    def __init__(self, text: TemplateText, model: TemplateFile, *, is_whole: bool = True) -> None:
        self.text = text
        self.model = model
        self.is_whole = is_whole


class Read:
    """What the files gave: templates, the folders they are in, and the problems of any of them."""

    def __init__(self) -> None:
        self.paths: list[str] = []  # of all files, readable or not
        self.texts: list[TemplateText] = []
        self.templates: list[Template] = []
        self.folders: list[str] = []  # real paths, of the folders that were given as such
        self.problems: list[Problem] = []

    def check(self) -> None:
        """Raises TemplateError with all problems, in the order of the files."""
        if self.problems:
            order = {path: at for at, path in enumerate(self.paths)}
            found = sorted(self._told(), key=lambda problem: (order[problem.path], problem))
            raise TemplateError(map(str, found))

    def _told(self) -> Iterator[Problem]:
        """Each problem once, and of a string that is not fit nothing but that."""
        unfit = {text.path: text.unfit for text in self.texts}
        for problem in dict.fromkeys(self.problems):
            first = unfit.get(problem.path, {}).get(problem.position)
            if first in (None, problem):
                yield problem


def read(app: AppIdentity, paths: Sequence[str], watch: Watch) -> Read:
    """The templates in files and folders. Raises UsageError for a path that is not there, FileError."""
    done = Read()
    for path, folder, name in watch(list(_files(paths, done)), "Reading"):
        done.paths.append(path)
        try:
            text = _content(path, folder, name)
        except FileError as error:
            done.problems.append(Problem(path, Position(1, 1), _reason(error, os.path.join(folder, name))))
            continue
        done.texts.append(text)
        table = parsed(app, text, done.problems)
        if table is not None:
            model, is_whole = validated(text, table, done.problems)
            if model is not None:
                done.templates.append(Template(text, model, is_whole=is_whole))
    return done


def _reason(error: FileError, path: str) -> str:
    """What is wrong with a file, without its path: the problem names it already."""
    before, _, after = error.message.partition(path)
    return before.rstrip() + (after if before else after.lstrip(":, "))


def _files(paths: Sequence[str], done: Read) -> Iterator[tuple[str, str, str]]:
    """Each file once, as path, real folder and name: those of folders in the order of their names."""
    seen: set[str] = set()
    for path in paths:
        is_folder = os.path.isdir(path)
        if is_folder:
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
                yield (os.path.join(path, name) if is_folder else path), folder, name


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
        raise FileError(f"{visible(full)}: its name holds a control character or a direction mark", path=full)
    real = os.path.realpath(full)
    if os.path.commonpath([folder, real]) != folder:
        raise FileError(f"{full}: a link that leads out of its folder is not followed", path=full)
    text = files.read(real)
    if text is None:
        raise FileError(f"{full}: a link that leads nowhere", path=full)
    return TemplateText(path, folder, name, text)
