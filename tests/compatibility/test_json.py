"""No key of an earlier version's `--json` is removed or has another type, and the exit codes are the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from arka_config.arka import app
from arka_config.cli.output.documents.registry import DOCUMENTS
from arka_config.workspace.server.serving import serve_in_thread
from tests.cli.program import arka
from tests.compatibility.conftest import FOLDER, VERSIONS, outputs
from tests.compatibility.scenario import (
    HOME,
    PLAIN,
    PREFERENCES,
    PROGRAM,
    SEALED,
    SEALED_SECRETS,
    SECRETS,
    SERVER,
    WORKSPACE,
    Program,
    Ran,
    Step,
    parse_json,
    play,
)
from tests.json_output import find_violations
from tests.secretive import secretive

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

# Differences that were announced: (version, path in the object): why.
ANNOUNCED: dict[tuple[str, str], str] = {
    ("0.1.0", ".verified"): "`status --offline` does not ask the workspace, which is unknown and not false",
}


def find_differences(before: Any, now: Any, path: str = "") -> Iterator[str]:
    """Yield how an object breaks a reader of an earlier one. If a key was null, it may have any value now."""
    if isinstance(before, dict) and isinstance(now, dict):
        for key, value in before.items():
            if key not in now:
                yield f"{path}.{key}: removed"
            else:
                yield from find_differences(value, now[key], f"{path}.{key}")
    elif isinstance(before, list) and isinstance(now, list):
        if bool(before) != bool(now):
            yield f"{path}: {len(before)} items, now {len(now)}"
        for one, other in zip(before, now, strict=False):
            yield from find_differences(one, other, f"{path}[]")
    elif before is not None and _type(before) != _type(now):
        yield f"{path}: {_type(before)}, now {_type(now)}"


def _type(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return {str: "string", int: "number", float: "number", dict: "object", list: "array"}.get(type(value), "null")


# The workspace writes these a moment after the use, which may be before or after the next command.
DELAYED = [f".tokens[].last_used{part}: string, now null" for part in ("", "_address", "_client")]

Printed = list[tuple[str, int, list[Any]]]


def program(*words: str, stdin: str, environ: Mapping[str, str]) -> Ran:
    done = arka(*words, stdin=stdin, environ={"ARKA_NO_INPUT": "1", **environ})
    return Ran(done.code, done.out)


def program_with_secrets(*words: str, stdin: str, environ: Mapping[str, str]) -> Ran:
    done = secretive(*words, stdin=stdin, environ={"ARKA_NO_INPUT": "1", **environ})
    return Ran(done.code, done.out)


@pytest.fixture
def project(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory of a new machine."""
    folder = home.parent / "project"
    folder.mkdir()
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text(PREFERENCES)
    monkeypatch.chdir(folder)
    return folder


def print_all(
    steps: tuple[Step, ...], folder: Path, values: Mapping[str, str] | None = None, run: Program = program
) -> Printed:
    """Return what this version prints in a scene."""
    return [
        (line, each.code, parse_json(each.out.replace(str(folder.parent), HOME)))
        for line, each in play(run, steps, folder, values)
        if "--json" in line
    ]


def find_breaks(version: str, scene: str, printed: Printed) -> Iterator[str]:
    """Yield how the output of this version breaks a reader of an earlier version."""
    left = list(printed)  # if a line is run twice, its outputs are compared in order
    for each in outputs(version, scene):
        lines = [line for line, *_ in left]
        assert each["line"] in lines, f"{version}: arka {each['line']} is not a command any more"
        _, code, objects = left.pop(lines.index(each["line"]))
        if code != each["code"]:
            yield f"{version}: arka {each['line']}: exit code {each['code']}, now {code}"
        for before, after in zip(each["objects"], objects, strict=True):
            for difference in find_differences(before, after):
                if (version, difference.partition(":")[0]) not in ANNOUNCED and difference not in DELAYED:
                    yield f"{version}: arka {each['line']}: {difference}"


def check(scene: str, printed: Printed) -> None:
    """Fail if the output of a scene breaks a reader of an earlier version."""
    found = [each for version in VERSIONS for each in find_breaks(version, scene, printed)]
    assert found == [], "\n".join(found)


def test_no_key_is_removed_or_retyped(project: Path) -> None:
    check("plain", print_all(PLAIN, project))
    check("sealed", print_all(SEALED, project))


def test_no_key_of_the_commands_about_the_program_is_removed_or_retyped(project: Path) -> None:
    check("program", print_all(PROGRAM, project))


def test_no_key_of_the_commands_about_secrets_is_removed_or_retyped(project: Path) -> None:
    check("secrets", print_all(SECRETS, project, run=program_with_secrets))
    check("sealed-secrets", print_all(SEALED_SECRETS, project, run=program_with_secrets))


def test_no_key_of_the_commands_that_ask_a_workspace_is_removed_or_retyped(project: Path) -> None:
    with serve_in_thread(app) as running:
        running.add_user("you@example.com", "pro")
        full, manages = (
            running.issue("you@example.com", label, scopes).secret.reveal()
            for label, scopes in (("Laptop", []), ("Admin", ["tokens:manage"]))
        )
        check("workspace", print_all(WORKSPACE, project, {"$URL": running.url, "$FULL": full, "$MANAGES": manages}))


def test_no_key_of_the_commands_of_a_workspace_is_removed_or_retyped(project: Path) -> None:
    database = f"sqlite:///{project.parent / 'served.sqlite'}"
    check("server", print_all(SERVER, project, {"$DATABASE": database}))


def test_every_recorded_object_is_documented() -> None:
    for path in FOLDER.glob("unreleased/*/outputs.json"):
        for each in outputs("unreleased", path.parent.name):
            for document in each["objects"]:
                assert find_violations(command_of(each["line"]), document) == [], each["line"]


def command_of(line: str) -> str:
    """Return the command of a line; "" if it has none."""
    return max((name for name in DOCUMENTS if line == name or line.startswith(f"{name} ")), key=len, default="")


# The first two change the start-up files of a shell, and the last one runs until it is stopped.
NOT_RECORDED = {"completion install", "completion uninstall", "workspace serve"}


def test_every_command_is_recorded() -> None:
    lines = [
        each["line"]
        for path in FOLDER.glob("unreleased/*/outputs.json")
        for each in outputs("unreleased", path.parent.name)
    ]
    assert set(DOCUMENTS) - {command_of(line) for line in lines} == NOT_RECORDED


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({"a": 1}, {"a": 2, "b": 3}, []),
        ({"a": None}, {"a": "x"}, []),
        ({"a": 1}, {}, [".a: removed"]),
        ({"a": 1}, {"a": True}, [".a: number, now boolean"]),
        ({"a": "x"}, {"a": None}, [".a: string, now null"]),
        ({"a": [{"b": 1}]}, {"a": [{}]}, [".a[].b: removed"]),
        ({"a": [1]}, {"a": []}, [".a: 1 items, now 0"]),
    ],
)
def test_differences_that_break_a_reader_are_found(before: Any, after: Any, found: list[str]) -> None:
    assert list(find_differences(before, after)) == found
