"""A visitor uses the pages in Chromium, and finds elements by their visible names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Locator

    from arka_config.workspace.server.serving import RunningWorkspace

ANN = "ann@example.com"
SIGN_IN = "/sign-in"
TOKENS = "/app/personal/settings/tokens"
BILLING = "/billing"
TIMEOUT = 15_000  # milliseconds


class Visitor:
    """A user with a browser. `console_errors` has the errors and warnings of the pages' scripts and policies."""

    def __init__(self, browser: Browser, workspace: RunningWorkspace, **options: Any) -> None:
        self.workspace = workspace
        self.context = browser.new_context(base_url=workspace.url, reduced_motion="reduce", **options)
        self.context.set_default_timeout(TIMEOUT)
        self.context.grant_permissions(["clipboard-read", "clipboard-write"])
        self.console_errors: list[str] = []
        self.page = self.new_tab()

    def new_tab(self) -> Any:
        """Open another tab, with the same cookies."""
        page = self.context.new_page()
        page.on("console", self._record)
        page.on("pageerror", lambda error: self.console_errors.append(str(error)))
        return page

    def _record(self, message: ConsoleMessage) -> None:
        # Chromium logs an error status, which is expected if the page is an error page.
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            self.console_errors.append(message.text)

    def sign_in(self, email: str, plan: str | None = None) -> None:
        """Sign in without the page, which takes a fraction of the time, and open the list."""
        request = self.context.request
        form_key = re.search(r'name="form_key" value="(\w+)"', request.get(SIGN_IN).text())
        assert form_key is not None
        form = {"form_key": form_key[1], "code": self.workspace.add_user(email, plan).link}
        assert request.post(SIGN_IN, form=form, max_redirects=0).status == 303
        self.page.goto(TOKENS)

    def sign_in_on_the_page(self, email: str, plan: str | None = None) -> None:
        """Open a sign-in link and sign in. If JavaScript is off, paste the link."""
        link = self.workspace.add_user(email, plan).link
        self.page.goto(link)
        field = self.page.get_by_role("textbox", name="Sign-in link or code")
        if field.is_visible():
            field.fill(link)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url(f"**{TOKENS}")

    def open_dialog(self) -> Locator:
        """Open the Create Token dialog from the list."""
        self.page.get_by_role("link", name="Create Token").click()
        dialog: Locator = self.page.get_by_role("dialog", name="Create Token")
        return self.wait_for(dialog)

    def wait_for(self, element: Locator) -> Locator:
        """Wait until an element is visible and its page has loaded completely."""
        element.wait_for()
        self.page.wait_for_load_state()
        return element

    def create(self, label: str, expiry: str = "90 days") -> str:
        """Create a token in the dialog and return it."""
        dialog = self.open_dialog()
        dialog.get_by_role("textbox", name="Name").fill(label)
        dialog.get_by_role("radio", name=expiry).check()
        dialog.get_by_role("button", name="Create Token").click()
        token: str = self.page.get_by_role("textbox", name="Your new token").input_value()
        return token

    def open_revoke_dialog(self, label: str) -> Locator:
        """Open the confirmation dialog with a token's trash icon."""
        self.page.get_by_role("link", name=f"Revoke {label}", exact=True).click()
        dialog: Locator = self.page.get_by_role("dialog", name=f"Revoke “{label}”?")
        return self.wait_for(dialog)

    def revoke(self, label: str) -> None:
        """Revoke a token and wait for the confirmation."""
        self.open_revoke_dialog(label).get_by_role("button", name="Revoke token").click()
        self.page.get_by_text("The token was revoked").first.wait_for()

    def clipboard(self) -> str:
        """Read the text in the clipboard."""
        text: str = self.page.evaluate("navigator.clipboard.readText()")
        return text

    def token_names(self) -> list[str]:
        """Read the names of the tokens in the list."""
        self.page.get_by_role("heading", name="Personal Access Tokens").wait_for()
        names: list[str] = self.page.get_by_role("rowheader").locator("bdi").all_inner_texts()
        return names
