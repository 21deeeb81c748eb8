"""`workspace add-user`: a user, and a link that signs them in once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import httpx
import pytest

from arka_config.arka import app
from arka_config.workspace.server.serving import RunningWorkspace, serve_in_thread
from tests.cli.program import Result, arka

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ANN = "ann@example.com"
LINK = re.compile(r"http://127\.0\.0\.1:\d+/sign-in#([A-Za-z0-9_-]{43})")


@pytest.fixture
def workspace() -> Iterator[RunningWorkspace]:
    """A workspace, whose database the command opens too."""
    with serve_in_thread(app) as served:
        yield served


def add(workspace: RunningWorkspace, *options: str) -> Result:
    return arka("workspace", "add-user", *options, "--url", workspace.url, "--database-url", workspace.database_url)


def signs_in(workspace: RunningWorkspace, link: str) -> bool:
    """Whether the link signs a browser in; a browser that has no script sends its code by a form."""
    with httpx.Client(base_url=workspace.url, headers={"Origin": workspace.url}, trust_env=False) as browser:
        key = re.search(r'name="form_key" value="(\w+)"', browser.get("/sign-in").text)
        assert key is not None
        code = link.partition("#")[2]
        return browser.post("/sign-in", data={"form_key": key[1], "code": code}).status_code == 303


def test_the_link_alone_is_on_stdout_and_works_once(home: Path, workspace: RunningWorkspace) -> None:
    done = add(workspace, ANN, "--plan", "pro")
    assert (done.code, done.err) == (
        0,
        f"✓ Added {ANN}, on the pro plan\n  To sign in, open this link within 15 minutes. It works once:\n",
    )
    link = done.out.strip()
    assert LINK.fullmatch(link)
    assert link.startswith(workspace.url)
    assert [signs_in(workspace, link) for _ in range(2)] == [True, False]
    assert not home.exists()  # the database that was named is the only one


def test_json_has_the_user_and_the_link(home: Path, workspace: RunningWorkspace) -> None:
    found = add(workspace, ANN.upper(), "--json").json
    assert sorted(found) == ["email", "expires", "id", "link", "new", "plan"]
    assert (found["email"], found["plan"], found["new"]) == (ANN, "free", True)
    assert re.fullmatch(r"usr_[\w-]{22}", found["id"])
    assert LINK.fullmatch(found["link"])
    again = add(workspace, ANN, "--json", "--plan", "pro").json
    assert (again["id"], again["plan"], again["new"]) == (found["id"], "pro", False)
    assert again["link"] != found["link"]
    assert signs_in(workspace, found["link"])  # each link works, until it is used or too old
    assert signs_in(workspace, again["link"])


def test_who_is_there_gets_another_link_and_keeps_the_plan(home: Path, workspace: RunningWorkspace) -> None:
    assert add(workspace, ANN, "--plan", "pro").code == 0
    done = add(workspace, ANN)
    assert (done.code, done.err.splitlines()[0]) == (0, f"✓ {ANN} exists, on the pro plan")


@pytest.mark.parametrize(
    "email", ["nobody", "a b@example.com", "<a@example.com>", "a@b\x1b[31m", "x" * 250 + "@a.example"]
)
def test_what_is_no_address_is_refused(home: Path, workspace: RunningWorkspace, email: str) -> None:
    done = add(workspace, email)
    assert (done.code, done.out, done.err) == (
        2,
        "",
        "error: that is not an e-mail address\nhint: write it as name@example.com\n",
    )


def test_without_options_it_is_the_workspace_that_serve_would_serve(home: Path) -> None:
    done = arka("workspace", "add-user", ANN)
    assert done.code == 0
    assert done.out.startswith("http://127.0.0.1:8765/sign-in#")
    assert (home / "data" / "workspace.db").stat().st_mode & 0o777 == 0o600
