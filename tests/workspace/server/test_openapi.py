"""The OpenAPI document, and a Schemathesis run that checks the API against it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arka_config.errors import InvalidValue
from arka_config.workspace.server import problems, tokens
from arka_config.workspace.server.api.schemas import NewToken
from arka_config.workspace.server.records import Limit
from tests import no_network
from tests.guarantees import numbers
from tests.workspace.server.clients import NO_TLS, PROBLEM

if TYPE_CHECKING:
    from arka_config.workspace.server.serving import RunningWorkspace

ROOT = Path(__file__).parents[3]
EXAMPLES = 15 if numbers.FULL else 2 if numbers.BOUNDED else 4  # for each operation and phase
NO_LIMIT = Limit("bad token", 10**6, timedelta(minutes=1))  # Schemathesis sends many invalid tokens

PUBLIC = {"GET /api/v1/metadata", "POST /api/v1/leaks", "POST /api/v1/revoke"}  # need no token

CONFIG = """
[generation]
max-examples = {examples}
deterministic = true
database = "none"
[warnings]
fail-on = true
"""


@pytest.fixture
def document(workspace: RunningWorkspace) -> Any:
    return httpx.get(f"{workspace.url}/openapi.json", verify=NO_TLS, trust_env=False).json()


@pytest.mark.slow
def test_schemathesis_finds_no_problem(workspace: RunningWorkspace, document: Any, tmp_path: Path) -> None:
    workspace.workspace.bad_token_limit = workspace.workspace.found_token_limit = NO_LIMIT
    workspace.workspace.leak_keys = mock.Mock(**{"verify.return_value": True})  # Schemathesis cannot sign
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG.format(examples=EXAMPLES))
    program = os.path.join(os.path.dirname(sys.executable), "schemathesis")
    line = [program, "--config-file", str(config), "run", "--checks=all", "--no-color"]
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PYTHONPATH": str(ROOT),
        "SCHEMATHESIS_HOOKS": "tests.workspace.server.schemathesis_hooks",
        "TEST_DATABASE_URL": workspace.database_url,
        **no_network.VARIABLES,
    }
    done = subprocess.run(
        [*line, f"{workspace.url}/openapi.json"],
        env=environ,
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Tested: {sum(map(len, document['paths'].values()))}" in done.stdout


def test_document_describes_every_operation_and_problem(document: Any) -> None:
    calls = {
        f"{method.upper()} {path}": call for path, calls in document["paths"].items() for method, call in calls.items()
    }
    assert set(calls) == {
        "GET /api/v1/activity",
        "GET /api/v1/me",
        "GET /api/v1/metadata",
        "POST /api/v1/leaks",
        "POST /api/v1/revoke",
        "GET /api/v1/tokens",
        "POST /api/v1/tokens",
        "POST /api/v1/revocations",
        "DELETE /api/v1/tokens/{id}",
        "DELETE /api/v1/tokens/requests/{key}",
        "POST /api/v1/tokens/current/rotate",
    }
    for name, call in calls.items():
        assert call.get("security") == (None if name in PUBLIC else [{"token": []}]), name
        failures = {int(status): response for status, response in call["responses"].items() if int(status) >= 400}
        assert set(failures) == {kind.status for kind in problems.KINDS}, name
        assert all(list(response["content"]) == [PROBLEM] for response in failures.values()), name
        assert failures[429]["headers"]["Retry-After"]["required"], name
    assert document["components"]["securitySchemes"]["token"] == {
        "type": "http",
        "scheme": "bearer",
        "description": "A token from the tokens page.",
    }


def test_document_contains_only_the_api(document: Any) -> None:
    assert all(path.startswith("/api/v1/") for path in document["paths"])
    references = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document)))
    assert references == set(document["components"]["schemas"])


@given(st.text(max_size=110) | st.text("ab \u00a0\u2003\t\x00\x1b\u202e", max_size=5))
def test_label_schema_matches_the_validation(label: str) -> None:
    schema = NewToken.model_json_schema()["properties"]["label"]
    # In JSON Schema (ECMA-262) `$` matches only at the end; in Python also before a final newline.
    pattern = re.sub(r"\$$", r"\\Z", schema["pattern"])
    fits = schema["minLength"] <= len(label) <= schema["maxLength"] and re.search(pattern, label) is not None
    try:
        is_accepted = tokens.check_label(label) == label
    except InvalidValue:
        is_accepted = False
    assert fits == is_accepted
