"""pydantic-settings' own tests with a ProfileSettings: what fails, fails for a documented difference."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import peers
from tests.guarantees.numbers import BOUNDED
from tests.settings.pydantic_settings_suite import FILES, LEFT_OUT, explain, listed, read_differences, run

PAGE = Path(__file__).parents[2] / "docs/guides/migrating-from-pydantic-settings.md"
# A bounded run leaves out their tests of the command line, nearly all of which are about `CliApp`.
RUN = FILES[:2] if BOUNDED else FILES
ENOUGH = 240 if BOUNDED else 450  # of their tests pass, so that the adapter is not what refuses them


@pytest.mark.peer("pydantic-settings")
def test_pydantic_settings_own_tests_fail_only_for_the_listed_differences() -> None:
    differences = read_differences()
    outcomes = run(RUN)
    reasons = {test: name for test, name in listed(differences, outcomes).items() if test.startswith(RUN)}
    failed = {test: error for test, error in outcomes.items() if error}
    assert not {test: error for test, error in failed.items() if test not in reasons}, "a bug, or a new difference"
    assert not reasons.keys() - failed.keys(), "they pass now: remove them from the list"
    wrong = {test: error for test, error in failed.items() if explain(differences, error) != reasons[test]}
    assert not wrong, "they fail for another reason than the one listed"
    assert len(outcomes) - len(failed) > ENOUGH


@pytest.mark.peer("pydantic-settings")
def test_every_file_of_theirs_is_run_or_left_out_for_a_reason() -> None:
    theirs = {path.name for path in (peers.pydantic_settings_source() / "tests").glob("test_*.py")}
    assert theirs == {*FILES, *LEFT_OUT}
    assert not set(FILES) & LEFT_OUT.keys()


def test_listed_differences_are_documented() -> None:
    rows = {line.split(" | ")[0].removeprefix("| ") for line in PAGE.read_text("utf-8").splitlines()}
    assert {each.row for each in read_differences().values()} <= rows
