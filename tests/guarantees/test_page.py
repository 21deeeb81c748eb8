"""docs/guarantees.md lists the promises that tests hold, and the mutants that are caught: no more, and no less."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.guarantees.promises import PROMISES, Promise
from tests.guarantees.test_mutants import MUTANTS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "guarantees.md").read_text("utf-8")
ROWS = [[cell.strip() for cell in row.strip("|").split("|")] for row in re.findall(r"^\|.*\|$", PAGE, re.MULTILINE)]


def test_the_page_lists_each_promise_with_its_tests_and_mutants() -> None:
    listed = {row[0]: row[1:] for row in ROWS if len(row) == 3 and row[0] not in ("promise", "---")}
    assert listed == {
        promise.says: ["<br>".join(f"`tests/{test}`" for test in promise.tests), "<br>".join(promise.mutants)]
        for promise in PROMISES
    }, "run make guarantees"


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.says[:50])
def test_each_test_of_a_promise_exists(promise: Promise) -> None:
    for test in promise.tests:
        path, _, name = test.partition("::")
        text = (ROOT / "tests" / path).read_text("utf-8")
        functions = {node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}
        assert name in functions if name else any(each.startswith("test_") for each in functions)


def test_each_mutant_is_of_one_promise() -> None:
    assert sorted(name for promise in PROMISES for name in promise.mutants) == sorted(each.name for each in MUTANTS)


def test_the_numbers_are_those_of_a_run() -> None:
    numbers = {row[0]: row[1] for row in ROWS if len(row) == 2}
    assert int(numbers["mutants caught"]) <= len(MUTANTS)
    assert all(re.match(r"[1-9]", number) for what, number in numbers.items() if what not in ("what", "---"))
