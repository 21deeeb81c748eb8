"""Take the screenshots docs/pictures/*.png of a workspace's pages, with Chromium.

`make pictures` runs this if Chromium is installed. The workspace is temporary and its tokens are made up. Only the
dates and the machine's fonts differ between runs.
"""

from __future__ import annotations

import shutil
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from playwright.sync_api import sync_playwright

from arka_config import Secret, timestamps
from arka_config.arka import app
from arka_config.workspace import user_codes
from arka_config.workspace.server import tokens
from arka_config.workspace.server.serving import RunningWorkspace, serve_in_thread

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
EMAIL = "you@example.com"
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--hide-scrollbars"]
WIDE = {"width": 900, "height": 520}
PHONE = {"width": 390, "height": 700}
ENDS = ("f4d1", "c1c1", "0b3e")


def main() -> None:
    """Take all screenshots."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("there is no chromium on PATH")
    PICTURES.mkdir(exist_ok=True)
    with serve_in_thread(app) as workspace, sync_playwright() as playwright:
        workspace.workspace.allow_upgrade = True
        made_up = iter([Secret(f"arka_{'0' * 33}{end}") for end in ENDS])
        tokens.generate_token = lambda _: next(made_up)
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        capture_all(browser, workspace)
        browser.close()


def capture_all(browser: Browser, workspace: RunningWorkspace) -> None:
    """Take the screenshots in the order of docs/guides/workspace.md."""
    page = open_page(browser, workspace, "light")
    page.goto(workspace.add_user(EMAIL, "free").link)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="No tokens yet").wait_for()
    page.goto("/billing")
    capture(page, "billing", height=430)
    page.get_by_role("button", name="Upgrade to Pro").click()
    page.get_by_text("You are on the Pro plan now.").first.wait_for()
    page.goto(app.tokens_page)
    capture(page, "tokens-empty")

    page.get_by_role("link", name="Create Token").click()
    page.get_by_role("textbox", name="Name").fill("MacBook Pro")
    capture(page, "create-token")
    page.get_by_role("button", name="Create Token").click()
    page.get_by_role("button", name="Copy").wait_for()
    capture(page, "token-shown-once", height=470)

    issue_used_token(workspace, EMAIL, "CI/CD Pipeline", 30, [tokens.MANAGE])
    issue_used_token(workspace, EMAIL, "Old laptop", 6)
    page.goto(app.tokens_page)
    capture(page, "tokens", height=390)
    page.get_by_role("link", name="Revoke Old laptop").click()
    page.get_by_role("button", name="Revoke token").wait_for()
    capture(page, "revoke-token", height=400)
    page.goto(start_device_login(workspace))
    page.get_by_role("button", name="Approve").wait_for()
    capture(page, "approve-sign-in", height=960)
    for name, scheme, size in (("tokens-dark", "dark", WIDE), ("tokens-phone", "light", PHONE)):
        capture_list(browser, workspace, name, scheme, size)


def start_device_login(workspace: RunningWorkspace) -> str:
    """Request a device code as a made-up server does, and return the address of its approval page."""
    user_codes.generate = lambda: "BCDFGHJK"
    fields = {"client_id": app.name, "machine": "build-server", "profile": "work"}
    started = httpx.post(f"{workspace.url}/oauth/device_authorization", data=fields, trust_env=False).json()
    page: str = started["verification_uri_complete"]
    return page


def open_page(browser: Browser, workspace: RunningWorkspace, scheme: str, size: dict[str, int] = WIDE) -> Page:
    """Open a page in a new browser context."""
    context = browser.new_context(
        base_url=workspace.url, color_scheme=scheme, viewport=size, reduced_motion="reduce", device_scale_factor=1
    )
    return context.new_page()


def capture_list(browser: Browser, workspace: RunningWorkspace, name: str, scheme: str, size: dict[str, int]) -> None:
    """Take a screenshot of the tokens list with another color scheme or screen size."""
    page = open_page(browser, workspace, scheme, size)
    page.goto(workspace.add_user(EMAIL).link)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("rowheader").first.wait_for()
    capture(page, name, height=390 if size is WIDE else size["height"])


def issue_used_token(
    workspace: RunningWorkspace, email: str, label: str, days: int, scopes: list[str] | None = None
) -> None:
    """Issue a token that expires in `days`, and use it once."""
    issued = workspace.issue(email, label, scopes or [], timestamps.now() + timedelta(days=days))
    assert workspace.workspace.verifier.verify_now(issued.secret.reveal()) is not None
    workspace.workspace.verifier.last_uses.flush()


def capture(page: Page, name: str, height: int = WIDE["height"]) -> None:
    """Save a screenshot of the top `height` pixels of the page."""
    page.wait_for_load_state()
    size = page.viewport_size
    assert size is not None
    page.set_viewport_size({"width": size["width"], "height": height})
    page.screenshot(path=PICTURES / f"{name}.png", animations="disabled", caret="hide")
    page.set_viewport_size(size)


if __name__ == "__main__":
    main()
