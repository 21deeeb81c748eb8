"""The tree of errors in the docstring is that of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from arka_config import errors
from arka_config.errors import ConfigError, ConfigWarning, FileError, SettingsError

DRAWN = re.compile(r"(?P<branches>[│├└─ ]*)(?P<name>\w+) +(?P<code>\d)   \S.*")
TEXT = r"[\w\])]\.(?:message|hint|reason)\b"
METHODS = "startswith|endswith|r?partition|r?split|splitlines|r?find|index"
DECISIONS = re.compile(rf"\bin [\w.]*{TEXT}|{TEXT}\.(?:{METHODS})\(")
EXIT_CODES = {errors.EXIT_ERROR, errors.EXIT_USAGE, errors.EXIT_AUTH}


def read_drawn_tree() -> dict[str, tuple[str, int]]:
    """Return the parent of every error in the docstring, which the branches show, and its exit code."""
    tree: dict[str, tuple[str, int]] = {}
    above = ["Exception"]
    for line in (errors.__doc__ or "").splitlines():
        if match := DRAWN.fullmatch(line):
            depth = len(match["branches"]) // 4
            above[depth + 1 :] = [match["name"]]
            tree[match["name"]] = (above[depth], int(match["code"]))
    return tree


def read_classes() -> dict[str, tuple[str, int]]:
    """Return the parent of every error in the module, and its exit code."""
    classes = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, ConfigError)]
    return {kind.__name__: (kind.__bases__[0].__name__, kind.exit_code) for kind in classes}


def test_docstring_tree_matches_the_classes_and_exit_codes() -> None:
    assert read_drawn_tree() == read_classes()


def test_docstring_tree_has_the_order_of_the_module() -> None:
    assert list(read_drawn_tree()) == list(read_classes())


def test_every_exit_code_is_one_of_the_named_constants() -> None:
    assert {code for _, code in read_classes().values()} == EXIT_CODES


def test_str_of_an_error_is_its_message_without_the_hint() -> None:
    error = ConfigError("there is no profile 'wrok'", hint="did you mean 'work'?")
    assert str(error) == error.message == "there is no profile 'wrok'"
    assert error.hint == "did you mean 'work'?"


def test_file_error_has_the_path() -> None:
    assert FileError("cannot read /x", path="/x").path == "/x"


def test_settings_error_has_a_line_for_each_problem() -> None:
    error = SettingsError(iter(["timeout: not a number", "proxy: not a URL"]), hint="edit work.toml")
    assert error.problems == ("timeout: not a number", "proxy: not a URL")
    assert str(error).splitlines() == list(error.problems)


def test_a_warning_is_for_the_user_and_not_caught_as_an_error() -> None:
    assert issubclass(ConfigWarning, UserWarning)
    assert not issubclass(ConfigWarning, ConfigError)


def test_line_break_in_a_message_is_not_a_new_line_of_the_error() -> None:
    one = ConfigError("cannot read 'a\nb'")
    assert (one.lines, one.message, str(one)) == (("cannot read 'a\nb'",), "cannot read 'a\nb'", "cannot read 'a\nb'")


@pytest.mark.parametrize(("first", "message"), [("a", "a; b; c"), ("a:", "a: b; c")])
def test_lines_below_a_message_are_one_sentence_with_it(first: str, message: str) -> None:
    error = ConfigError(first, more=["b", "c"])
    assert (error.lines, error.message, str(error)) == ((first, "b", "c"), message, f"{first}\nb\nc")


def test_no_code_decides_on_the_text_of_an_error() -> None:
    """A message, a hint and a reason are for the user to read. Code that decides uses the error's type or a field."""
    found = [
        f"{path}: {match[0]}"
        for path in Path(errors.__file__).parent.rglob("*.py")
        for match in DECISIONS.finditer(path.read_text("utf-8"))
    ]
    assert found == []
