"""docs/explanation/guarantees.md lists exactly the guarantees that tests hold, and the mutants that are caught."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.guarantees.areas import GUARANTEES, MUTANTS

if TYPE_CHECKING:
    from tests.guarantees.guarantee import Guarantee, Mutant

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "explanation" / "guarantees.md").read_text("utf-8")
# What an error may say of any assertion.
VAGUE = re.compile(
    r"AssertionError|Failed: |DID NOT (RAISE|WARN)|Regex pattern did not match|KeyError|ValueError|"
    r"\b(assert|not|in|is|None|True|False|and|or|where|startswith|exists|error|type|status_code|Response)\b"
)
ROWS = [[cell.strip() for cell in row.strip("|").split("|")] for row in re.findall(r"^\|.*\|$", PAGE, re.MULTILINE)]


def test_the_page_lists_each_guarantee_with_its_tests_and_mutants() -> None:
    listed = {row[0]: row[1:] for row in ROWS if len(row) == 3 and row[0] not in ("guarantee", "---")}
    assert listed == {
        each.text: ["<br>".join(f"`tests/{test}`" for test in each.tests), "<br>".join(each.mutants)]
        for each in GUARANTEES
    }, "run make docs"


@pytest.mark.parametrize("guarantee", GUARANTEES, ids=lambda guarantee: guarantee.text[:50])
def test_each_test_of_a_guarantee_exists(guarantee: Guarantee) -> None:
    assert [test for test in guarantee.tests if not has_test(f"tests/{test}")] == []


def has_test(test: str) -> bool:
    """Tell whether a test function exists, or a file with at least one."""
    path, _, name = test.partition("::")
    functions = read_functions(path) if (ROOT / path).is_file() else {}
    return name in functions if name else any(each.startswith("test_") for each in functions)


@cache
def read_functions(path: str) -> dict[str, str]:
    """Read the source of each function of a file, by its name. The whole text is under an empty name."""
    text = (ROOT / path).read_text("utf-8")
    lines = text.splitlines(keepends=True)
    functions = (node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef))
    return {"": text} | {node.name: "".join(lines[node.lineno - 1 : node.end_lineno]) for node in functions}


def attack_rows() -> list[list[str]]:
    """Return the cells of each table row of the threat model."""
    text = (ROOT / "docs" / "explanation" / "threat-model.md").read_text("utf-8")
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in re.findall(r"^\|.*\|$", text, re.MULTILINE)]
    return [row for row in rows if row[-1] not in ("test", "---")]


@pytest.mark.parametrize("row", attack_rows(), ids=lambda row: row[0][:50])
def test_each_row_of_the_threat_model_names_a_test_that_exists(row: list[str]) -> None:
    tests = re.findall(r"`([^`]+)`", row[-1])
    assert tests
    assert [test for test in tests if not has_test(test)] == []


@pytest.mark.parametrize(
    "page", ["docs/explanation/threat-model.md", "docs/explanation/security-model.md", "SECURITY.md"]
)
def test_each_test_named_on_a_security_page_exists(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    assert [test for test in re.findall(r"`(tests/[^`]+)`", text) if not has_test(test)] == []


def test_each_mutant_belongs_to_one_guarantee() -> None:
    assert sorted(name for guarantee in GUARANTEES for name in guarantee.mutants) == sorted(
        each.name for each in MUTANTS
    )


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_failure_of_each_mutant_is_named(mutant: Mutant) -> None:
    """A guard that fails elsewhere, say because the mutant does not start, has not caught it."""
    assert mutant.statement or mutant.error
    path, _, name = mutant.guard.partition("[")[0].partition("::")
    functions = read_functions(path)
    if mutant.statement:
        times = functions[name].count(mutant.statement) or functions[""].count(mutant.statement)
        assert times == 1, "it is not one statement"
    if mutant.error:
        assert re.search(r"[^\W\d_]{3}", VAGUE.sub("", mutant.error)), "many failures have this error"


def test_the_numbers_come_from_a_run() -> None:
    numbers = {row[0]: row[1] for row in ROWS if len(row) == 2}
    assert int(numbers["mutants caught"]) <= len(MUTANTS)
    assert all(re.match(r"[1-9]", number) for what, number in numbers.items() if what not in ("what", "---"))
