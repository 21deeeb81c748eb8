"""`--json`: no key of an earlier version is removed or has another type, and the exit codes are the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.program import arka
from tests.compatibility.conftest import VERSIONS, outputs
from tests.compatibility.scenario import HOME, PLAIN, PREFERENCES, SEALED, Ran, parse_json, play

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

# Differences that were announced: (version, path in the object): why.
ANNOUNCED: dict[tuple[str, str], str] = {
    ("0.1.0", ".verified"): "`status --offline` does not ask the workspace, which is unknown and not false",
}


def differences(before: Any, now: Any, path: str = "") -> Iterator[str]:
    """Yield how an object breaks a reader of an earlier one. A key that was null may have any value now."""
    if isinstance(before, dict) and isinstance(now, dict):
        for key, value in before.items():
            if key not in now:
                yield f"{path}.{key}: removed"
            else:
                yield from differences(value, now[key], f"{path}.{key}")
    elif isinstance(before, list) and isinstance(now, list):
        if bool(before) != bool(now):
            yield f"{path}: {len(before)} items, now {len(now)}"
        for one, other in zip(before, now, strict=False):
            yield from differences(one, other, f"{path}[]")
    elif before is not None and _type(before) != _type(now):
        yield f"{path}: {_type(before)}, now {_type(now)}"


def _type(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return {str: "string", int: "number", float: "number", dict: "object", list: "array"}.get(type(value), "null")


def program(*words: str, stdin: str, environ: Mapping[str, str]) -> Ran:
    done = arka(*words, stdin=stdin, environ={"ARKA_NO_INPUT": "1", **environ})
    return Ran(done.code, done.out)


@pytest.fixture
def now(home: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[tuple[str, int, list[Any]]]]:
    """What this version prints in each scene."""
    project = home.parent / "project"
    project.mkdir()
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text(PREFERENCES)
    monkeypatch.chdir(project)
    found = {}
    for scene, steps in (("plain", PLAIN), ("sealed", SEALED)):
        ran = list(play(program, steps, project))
        found[scene] = [
            (line, each.code, parse_json(each.out.replace(str(home.parent), HOME)))
            for line, each in ran
            if "--json" in line
        ]
    return found


def test_no_key_is_removed_or_retyped(now: dict[str, list[tuple[str, int, list[Any]]]]) -> None:
    broken = []
    for version in VERSIONS:
        for scene, printed in now.items():
            left = list(printed)  # a line that is run twice is compared in order
            for each in outputs(version, scene):
                lines = [line for line, *_ in left]
                assert each["line"] in lines, f"{version}: arka {each['line']} is not a command any more"
                _, code, objects = left.pop(lines.index(each["line"]))
                if code != each["code"]:
                    broken.append(f"{version}: arka {each['line']}: exit code {each['code']}, now {code}")
                broken += [
                    f"{version}: arka {each['line']}: {difference}"
                    for before, after in zip(each["objects"], objects, strict=True)
                    for difference in differences(before, after)
                    if (version, difference.partition(":")[0]) not in ANNOUNCED
                ]
    assert broken == [], "\n".join(broken)


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
    assert list(differences(before, after)) == found
