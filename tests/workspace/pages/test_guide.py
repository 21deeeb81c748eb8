"""The steps of the guide, in a browser and a terminal: sign in, create, copy, paste, revoke, subscribe."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pexpect
import pytest

from arka_config import open_store
from arka_config.arka import app
from tests import no_network
from tests.pages import ROOT
from tests.workspace.pages.visitor import ANN, BILLING, TOKENS

if TYPE_CHECKING:
    from collections.abc import Callable

    from arka_config.workspace.server.serving import RunningWorkspace
    from tests.workspace.pages.visitor import Visitor

pytestmark = pytest.mark.peer("chromium")

ARKA = str(Path(sys.executable).with_name("arka"))


class Machine:
    """A user's machine: `arka`, and a browser command that only records the URL."""

    def __init__(self, folder: Path, url: str) -> None:
        self.opened_url = folder / "opened"
        browser = folder / "browser"
        browser.write_text(f'#!/bin/sh\nprintf %s "$1" > {self.opened_url}\n')
        browser.chmod(0o755)
        self.url = url
        self.environ = {
            "HOME": str(folder),
            "PATH": os.environ["PATH"],
            "TERM": "xterm-256color",
            "NO_COLOR": "1",
            "LANG": "C.UTF-8",
            "BROWSER": f"{browser} %s",
            **no_network.VARIABLES,
        }

    def login(self) -> pexpect.spawn[str]:
        """Run `arka login --paste` up to its prompt."""
        line = ["login", "-p", "laptop", "--paste", "--api-url", self.url]
        child = pexpect.spawn(ARKA, line, env=self.environ, encoding="utf-8", timeout=30, dimensions=(40, 80))
        child.expect_exact("Paste the token")
        child.waitnoecho(timeout=30)
        return child

    def status(self) -> tuple[int, str]:
        """Run `arka status` and return its exit code and output."""
        line = [ARKA, "status", "-p", "laptop"]
        done = subprocess.run(
            line, check=False, env=self.environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8"
        )
        return done.returncode, done.stdout


def wait_for_exit(child: pexpect.spawn[str]) -> tuple[int | None, str]:
    """Wait for a program to exit, and return its exit code and remaining output."""
    child.expect(pexpect.EOF)
    child.wait()
    child.close()
    return child.exitstatus, child.before or ""


def is_in_guide(output: str, url: str) -> bool:
    """Tell whether docs/guides/workspace.md quotes the error literally."""
    text = output[output.index("error: ") :].replace("\r\n", "\n").replace(url, "http://127.0.0.1:8765")
    return text in (ROOT / "docs" / "guides" / "workspace.md").read_text("utf-8")


@pytest.fixture
def machine(tmp_path: Path, workspace: RunningWorkspace) -> Machine:
    return Machine(tmp_path, workspace.url)


def test_sign_in_create_login_and_revoke(
    visit: Callable[..., Visitor], workspace: RunningWorkspace, machine: Machine
) -> None:
    ann = visit()
    terminal = machine.login()

    # `arka login` opens the tokens page, which redirects to the sign-in page.
    assert machine.opened_url.read_text() == f"{workspace.url}{TOKENS}"
    ann.page.goto(machine.opened_url.read_text())
    ann.page.get_by_role("heading", name="Sign in to ARKA").wait_for()
    ann.sign_in_on_the_page(ANN, "pro")
    ann.page.get_by_role("heading", name="No tokens yet").wait_for()

    assert re.fullmatch(r"arka_[0-9A-Za-z]{37}", ann.create("MacBook Pro"))
    ann.page.get_by_text("Copy your token now, it won't be shown again.").wait_for()
    ann.page.get_by_role("button", name="Copy").click()
    ann.page.get_by_role("button", name="Copied").wait_for()
    ann.page.get_by_text("Copied to the clipboard.").wait_for()

    token = ann.clipboard()
    terminal.sendline(token)
    code, output = wait_for_exit(terminal)
    assert (
        code,
        f"under profile 'laptop', for {workspace.url} (verified, as {ANN})" in re.sub(r"\s+", " ", output),
    ) == (
        0,
        True,
    )
    assert token not in output
    credential = open_store(app, machine.environ).tokens.read("laptop")
    assert credential is not None
    assert (credential.token.reveal(), credential.label, credential.user) == (token, "MacBook Pro", ANN)
    assert machine.status()[0] == 0

    ann.page.reload()
    assert ann.token_names() == ["MacBook Pro"]
    assert token not in ann.page.content()
    ann.page.get_by_text(f"arka_…{token[-4:]}").wait_for()

    ann.revoke("MacBook Pro")
    assert ann.token_names() == []
    code, output = machine.status()
    assert (code, "error: Invalid token\n" in output) == (4, True)
    assert (
        "it may have expired, been revoked, or be for another workspace; check also that it was copied whole" in output
    )
    assert f"hint: your tokens are on {workspace.url}{TOKENS}" in output
    assert is_in_guide(output, workspace.url)


def test_login_requires_a_pro_subscription(
    visit: Callable[..., Visitor], workspace: RunningWorkspace, machine: Machine
) -> None:
    bob = visit()
    bob.sign_in("bob@example.com", "free")
    bob.page.get_by_text("Pro subscription required").wait_for()
    token = bob.create("Phone", "30 days")

    terminal = machine.login()
    terminal.sendline(token)
    code, output = wait_for_exit(terminal)
    assert (code, "error: Pro subscription required" in output) == (4, True)
    address = re.search(r"subscribe on (\S+)", output)
    assert address is not None
    assert address[1] == f"{workspace.url}{BILLING}"
    assert is_in_guide(output, workspace.url)
    assert open_store(app, machine.environ).tokens.read("laptop") is None

    bob.page.goto(address[1])
    bob.page.get_by_role("button", name="Upgrade to Pro").click()
    bob.page.get_by_text("You are on the Pro plan now.").first.wait_for()
    terminal = machine.login()
    terminal.sendline(token)
    assert wait_for_exit(terminal)[0] == 0

    # After a downgrade, the error says why the stored token no longer works.
    bob.page.get_by_role("button", name="Downgrade to Free").click()
    bob.page.get_by_text("You are on the Free plan now.").first.wait_for()
    code, output = machine.status()
    assert (code, f"hint: subscribe on {workspace.url}{BILLING}" in output) == (4, True)


def test_token_can_expire_never_or_on_a_date(visit: Callable[..., Visitor]) -> None:
    ann = visit()
    ann.sign_in(ANN, "pro")
    ann.create("Never expires", "Never")
    dialog = ann.open_dialog()
    dialog.get_by_role("textbox", name="Name").fill("Until the fair")
    dialog.get_by_role("radio", name="On a date").check()
    dialog.get_by_role("button", name="Create Token").click()  # the date is still required
    assert dialog.is_visible()
    dialog.get_by_label("Last day, in UTC").fill("2099-02-28")
    dialog.get_by_role("button", name="Create Token").click()
    ann.page.get_by_text("Copy your token now").wait_for()
    assert [row.get_by_role("cell").nth(2).inner_text() for row in ann.page.get_by_role("row").all()[1:]] == [
        "28 Feb 2099",
        "Never",
    ]
