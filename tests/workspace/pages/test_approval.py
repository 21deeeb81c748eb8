"""Approving a program's sign-in in Chromium: a click, the keyboard only, without JavaScript, on another tab."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.workspace.pages.visitor import ANN
from tests.workspace.server.sign_in.program import Program, outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from arka_config.workspace.server.serving import RunningWorkspace
    from tests.workspace.pages.visitor import Visitor

pytestmark = pytest.mark.peer("chromium")


@pytest.fixture
def program(workspace: RunningWorkspace) -> Iterator[Program]:
    with Program(workspace) as started:
        yield started


@contextmanager
def listen() -> Iterator[tuple[str, Callable[[], str]]]:
    """Start a program's listener. Return its URL, and a function that answers one request and returns its target."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(15)

        def receive() -> str:
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as request:
                target = request.readline().split()[1].decode()
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nDone")
            return target

        yield f"http://127.0.0.1:{listener.getsockname()[1]}/callback", receive


def read_code(target: str) -> str:
    return dict(part.split("=", 1) for part in target.partition("?")[2].split("&"))["code"]


def test_one_click_sends_the_code_to_the_program(ann: Visitor, program: Program) -> None:
    """The page's Content-Security-Policy allows this redirect, which Chromium checks."""
    with listen() as (redirect_uri, receive):
        ann.page.goto(program.page(redirect_uri=redirect_uri))
        ann.page.get_by_role("button", name="Approve").click(no_wait_after=True)
        code = read_code(receive())
    answer = program.exchange(code, redirect_uri=redirect_uri).json()
    assert (answer["user"], answer["label"]) == (ANN, "work on laptop.example")


def test_user_who_is_not_signed_in_continues_after_signing_in(
    workspace: RunningWorkspace, visit: Callable[..., Visitor], program: Program
) -> None:
    ann = visit()
    ann.page.goto(program.start_device_login())
    ann.page.get_by_text("A program is waiting for you to sign in.").wait_for()
    ann.page.get_by_role("textbox", name="Sign-in link or code").fill(workspace.add_user(ANN, "pro").link)
    ann.page.get_by_role("button", name="Sign in").click()
    ann.page.get_by_role("button", name="Approve").click()
    ann.page.get_by_role("heading", name="Approved").wait_for()
    assert outcome(program.poll()).startswith("arka_")


def test_approval_continues_after_signing_in_on_another_tab(
    workspace: RunningWorkspace, visit: Callable[..., Visitor], program: Program
) -> None:
    ann = visit()
    waiting = ann.page
    waiting.goto(program.start_device_login())
    ann.page = ann.new_tab()
    ann.sign_in_on_the_page(ANN, "pro")
    # A headless tab is always visible, so the test sends the event of switching to it.
    waiting.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    waiting.get_by_role("button", name="Approve").wait_for()


def test_approval_page_works_by_keyboard(ann: Visitor, program: Program) -> None:
    ann.page.goto(program.start_device_login())
    name = ann.page.get_by_role("textbox", name="Name")
    name.focus()
    order = []
    for _ in range(3):
        ann.page.keyboard.press("Tab")
        order.append(ann.page.evaluate("document.activeElement.value || document.activeElement.innerText"))
    assert order == ["90", "Deny", "Approve"]
    name.focus()
    ann.page.keyboard.press("Enter")
    ann.page.get_by_role("heading", name="Approved").wait_for()
    assert outcome(program.poll()).startswith("arka_")


def test_approve_and_deny_without_javascript(visit: Callable[..., Visitor], program: Program) -> None:
    ann = visit(java_script_enabled=False)
    ann.sign_in(ANN, "pro")
    for button, heading, result in (("Deny", "Denied", "access_denied"), ("Approve", "Approved", "arka_")):
        program.start_device_login()
        ann.page.goto("/device")
        ann.page.get_by_role("textbox", name="Code").fill(program.user_code.lower())
        ann.page.get_by_role("button", name="Continue").click()
        ann.page.get_by_role("button", name=button).click()
        ann.page.get_by_role("heading", name=heading).wait_for()
        assert outcome(program.poll()).startswith(result)
