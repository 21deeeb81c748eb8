"""`workspace add-user`: create a user and print a sign-in link."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import httpx
import pytest

from arka_config.arka import app
from arka_config.workspace.server.serving import RunningWorkspace, serve_in_thread
from tests.cli.program import Result, arka
from tests.workspace.server.clients import NO_TLS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ANN = "ann@example.com"
LINK = re.compile(r"http://127\.0\.0\.1:\d+/sign-in#([A-Za-z0-9_-]{43})")


@pytest.fixture
def workspace() -> Iterator[RunningWorkspace]:
    """A running workspace. The command opens the same database."""
    with serve_in_thread(app) as running:
        yield running


def add(workspace: RunningWorkspace, *options: str) -> Result:
    return arka("workspace", "add-user", *options, "--url", workspace.url, "--database-url", workspace.database_url)


def signs_in(workspace: RunningWorkspace, link: str) -> bool:
    """Tell whether a link signs in: submit its code as a browser without JavaScript does."""
    with httpx.Client(
        base_url=workspace.url, headers={"Origin": workspace.url}, verify=NO_TLS, trust_env=False
    ) as browser:
        key = re.search(r'name="form_key" value="(\w+)"', browser.get("/sign-in").text)
        assert key is not None
        code = link.partition("#")[2]
        return browser.post("/sign-in", data={"form_key": key[1], "code": code}).status_code == 303


def test_only_the_link_is_on_stdout_and_it_works_once(home: Path, workspace: RunningWorkspace) -> None:
    done = add(workspace, ANN, "--plan", "pro")
    assert (done.code, done.err) == (
        0,
        f"✓ Added {ANN}, on the pro plan\n  To sign in, open this link within 15 minutes. It works once:\n",
    )
    link = done.out.strip()
    assert LINK.fullmatch(link)
    assert link.startswith(workspace.url)
    assert [signs_in(workspace, link) for _ in range(2)] == [True, False]
    assert not home.exists()  # only the given database is used


def test_json_has_user_and_link(home: Path, workspace: RunningWorkspace) -> None:
    document = add(workspace, ANN.upper(), "--json").json
    assert sorted(document) == ["email", "expires", "id", "link", "new", "plan"]
    assert (document["email"], document["plan"], document["new"]) == (ANN, "free", True)
    assert re.fullmatch(r"usr_[\w-]{22}", document["id"])
    assert LINK.fullmatch(document["link"])
    again = add(workspace, ANN, "--json", "--plan", "pro").json
    assert (again["id"], again["plan"], again["new"]) == (document["id"], "pro", False)
    assert again["link"] != document["link"]
    assert signs_in(workspace, document["link"])  # each link works until it is used or expires
    assert signs_in(workspace, again["link"])


def test_existing_user_gets_another_link_and_keeps_the_plan(home: Path, workspace: RunningWorkspace) -> None:
    assert add(workspace, ANN, "--plan", "pro").code == 0
    done = add(workspace, ANN)
    assert (done.code, done.err.splitlines()[0]) == (0, f"✓ {ANN} exists, on the pro plan")


@pytest.mark.parametrize(
    "email", ["nobody", "a b@example.com", "<a@example.com>", "a@b\x1b[31m", "x" * 250 + "@a.example"]
)
def test_invalid_email_is_rejected(home: Path, workspace: RunningWorkspace, email: str) -> None:
    done = add(workspace, email)
    assert (done.code, done.out, done.err) == (
        2,
        "",
        "error: that is not an e-mail address\nhint: write it as name@example.com\n",
    )


def test_defaults_are_those_of_serve(home: Path) -> None:
    done = arka("workspace", "add-user", ANN)
    assert done.code == 0
    assert done.out.startswith("http://127.0.0.1:8765/sign-in#")
    assert (home / "data" / "workspace.db").stat().st_mode & 0o777 == 0o600
