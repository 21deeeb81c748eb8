"""If one of pydantic-settings' own tests fails with a ProfileSettings, it fails for a documented difference."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import peers
from tests.guarantees.numbers import BOUNDED
from tests.settings.pydantic_settings_suite import FILES, expand_differences, explain, read_differences, run

PAGE = Path(__file__).parents[2] / "docs/guides/migrating-from-pydantic-settings.md"
# A bounded run leaves out their tests of other sources and of the command line. Most of those are about `CliApp`.
RUN = ("test_precedence_and_merging.py", "test_settings.py") if BOUNDED else FILES
ENOUGH = 240 if BOUNDED else 600  # of their tests pass, which shows that the adapter does not refuse them

# Run around the guide's example: what precedes it on the page, and a stand-in for Amazon's service (moto).
_CLASSES = """
import json, os, sys
sys.path.append(os.environ["PACKAGES"])
from pydantic import Field
from pydantic_settings import BaseSettings
from arka_config import App, ProfileSettings, open_store
class Before(BaseSettings):
    timeout: float = 30
"""
_STORE = """
import boto3, moto
with moto.mock_aws():
    for name, timeout in ("prod", 45), ("dev", "5"):
        open_store(stored).create(name, {})
        secret = json.dumps({"timeout": timeout})
        boto3.client("secretsmanager").create_secret(Name=f"acme/{name}", SecretString=secret)
        settings = Stored.load(profile=name)
        print(settings.timeout, settings.source_of("timeout").layer, settings.source_of("timeout").source)
"""


@pytest.mark.longest
@pytest.mark.peer("pydantic-settings")
def test_pydantic_settings_own_tests_fail_only_for_the_listed_differences() -> None:
    differences = read_differences()
    outcomes = run(RUN)
    reasons = {test: name for test, name in expand_differences(differences, outcomes).items() if test.startswith(RUN)}
    failed = {test: error for test, error in outcomes.items() if error}
    assert not {test: error for test, error in failed.items() if test not in reasons}, "a bug, or a new difference"
    assert not reasons.keys() - failed.keys(), "they pass now: remove them from the list"
    wrong = {test: error for test, error in failed.items() if explain(differences, error) != reasons[test]}
    assert not wrong, "they fail for another reason than the one listed"
    assert len(outcomes) - len(failed) > ENOUGH


@pytest.mark.peer("pydantic-settings")
def test_guides_layer_reads_a_secret_of_aws_for_each_profile(home: Path) -> None:
    (block,) = re.findall(r"(?s)```python\n(from functools .*?)```", PAGE.read_text("utf-8"))
    script = _CLASSES + block + _STORE
    environ = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "eu-north-1",
        "ACME_HOME": str(home / "acme"),
        "PACKAGES": str(peers.pydantic_settings_packages()),
    }
    done = subprocess.run([sys.executable, "-c", script], env=environ, check=True, capture_output=True, text=True)
    assert done.stdout == "45.0 aws acme/prod\n5.0 aws acme/dev\n"


@pytest.mark.peer("pydantic-settings")
def test_every_file_of_their_tests_is_run() -> None:
    theirs = {path.name for path in (peers.pydantic_settings_source() / "tests").glob("test_*.py")}
    assert theirs == set(FILES)


def test_listed_differences_are_documented() -> None:
    rows = {line.split(" | ")[0].removeprefix("| ") for line in PAGE.read_text("utf-8").splitlines()}
    assert {each.row for each in read_differences().values()} <= rows
