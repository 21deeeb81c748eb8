"""`arka login` on a real terminal, approved in a real browser."""

from __future__ import annotations

import os
import re
import time
from typing import TYPE_CHECKING

import pytest

from tests import no_network
from tests.cli.pseudo_terminal import Terminal
from tests.workspace.pages.visitor import ANN

if TYPE_CHECKING:
    from pathlib import Path

    from tests.workspace.pages.visitor import Visitor

pytestmark = pytest.mark.peer("chromium")


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    variables = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    return variables | no_network.VARIABLES | {"NO_PROXY": "127.0.0.1"}


def start_login(ann: Visitor, environ: dict[str, str]) -> Terminal:
    return Terminal(["login", "-p", "laptop", "--api-url", ann.workspace.url], environ)


def start_login_over_ssh(ann: Visitor, environ: dict[str, str]) -> tuple[Terminal, str]:
    """Start it on a machine without a browser. Return the terminal, and the code that it shows next to the page."""
    terminal = start_login(ann, environ | {"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"})
    terminal.expect("and enter the code ")
    terminal.expect("\n")
    code = terminal.shown.split()[-1]
    assert f"  {ann.workspace.url}/device" in terminal.shown
    terminal.expect("left)")
    return terminal, code


def read_opened_page(file: Path) -> str:
    """Wait until the program has opened a page in its browser."""
    ends = time.monotonic() + 60
    while not (file.exists() and file.read_text().endswith("\n")):
        assert time.monotonic() < ends
        time.sleep(0.02)
    return file.read_text().strip()


def is_signed_in(terminal: Terminal, ann: Visitor, environ: dict[str, str]) -> bool:
    assert terminal.wait() == 0, terminal.shown
    assert f"(verified, as {ANN})" in terminal.shown
    assert re.search(r"arka_\w{30}", terminal.shown) is None
    ann.page.goto("/app/personal/settings/tokens")
    status = Terminal(["status", "--verify"], environ)
    return status.wait() == 0 and len(ann.token_names()) == 1


def test_login_needs_one_click(ann: Visitor, environ: dict[str, str], tmp_path: Path) -> None:
    opened, program = tmp_path / "opened", tmp_path / "browser"
    program.write_text(f"#!/bin/sh\necho \"$1\" > '{opened}'\n")
    program.chmod(0o755)
    terminal = start_login(ann, environ | {"DISPLAY": ":0", "BROWSER": str(program)})
    terminal.expect("it must be ")
    ann.page.goto(read_opened_page(opened))
    code = ann.page.locator("#user-code").inner_text()
    terminal.expect(code)
    ann.page.get_by_role("button", name="Approve").click()
    ann.page.get_by_role("heading", name="You can close this tab").wait_for()
    assert is_signed_in(terminal, ann, environ)


def test_login_over_ssh_needs_the_code(ann: Visitor, environ: dict[str, str]) -> None:
    terminal, code = start_login_over_ssh(ann, environ)
    ann.page.goto("/device")
    ann.page.get_by_role("textbox", name="Code").fill(code.lower())
    ann.page.get_by_role("button", name="Continue").click()
    ann.page.get_by_role("button", name="Approve").click()
    assert is_signed_in(terminal, ann, environ)


def test_ctrl_c_withdraws_the_code(ann: Visitor, environ: dict[str, str]) -> None:
    terminal, code = start_login_over_ssh(ann, environ)
    terminal.interrupt()
    terminal.expect("withdrew the request")
    assert terminal.wait() == 130
    ann.page.goto(f"/device?user_code={code}")
    ann.page.get_by_role("alert").filter(has_text="That code is not valid").wait_for()
