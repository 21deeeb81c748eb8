"""Visitor: somebody who uses a workspace's pages in a Chromium, by what they see and not by what is behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Locator

    from arka_config.workspace.server.serving import RunningWorkspace

# Root may not use the sandbox, and nothing but this machine is to be reached.
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--no-proxy-server"),
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
ANN = "ann@example.com"
TOKENS = "/app/personal/settings/tokens"
BILLING = "/billing"
PATIENCE = 15_000  # milliseconds


class Visitor:
    """Somebody at a page. `complaints` is what the browser has said about scripts and the policy for them."""

    def __init__(self, browser: Browser, workspace: RunningWorkspace, **options: Any) -> None:
        self.workspace = workspace
        self.context = browser.new_context(base_url=workspace.url, reduced_motion="reduce", **options)
        self.context.set_default_timeout(PATIENCE)
        self.context.grant_permissions(["clipboard-read", "clipboard-write"])
        self.complaints: list[str] = []
        self.page = self.new_tab()

    def new_tab(self) -> Any:
        """Another tab of the same browser profile, which has the same cookies."""
        page = self.context.new_page()
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def _hear(self, message: ConsoleMessage) -> None:
        # A page that is a refusal has a status that says so, which Chromium finds worth a line.
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            self.complaints.append(message.text)

    def sign_in(self, email: str, plan: str | None = None) -> None:
        """Opens a sign-in link and uses it; where no script takes its code, it is pasted."""
        link = self.workspace.add_user(email, plan).link
        self.page.goto(link)
        field = self.page.get_by_role("textbox", name="Sign-in link or code")
        if field.is_visible():
            field.fill(link)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url(f"**{TOKENS}")

    def open_dialog(self) -> Locator:
        """The Create Token dialog, opened from the list."""
        self.page.get_by_role("link", name="Create Token").click()
        dialog: Locator = self.page.get_by_role("dialog", name="Create Token")
        return self.loaded(dialog)

    def loaded(self, sign: Locator) -> Locator:
        """What a new page shows, once its style and its script are there too."""
        sign.wait_for()
        self.page.wait_for_load_state()
        return sign

    def create(self, label: str, expiry: str = "90 days") -> str:
        """Makes a token in the dialog; what is shown once."""
        dialog = self.open_dialog()
        dialog.get_by_role("textbox", name="Name").fill(label)
        dialog.get_by_role("radio", name=expiry).check()
        dialog.get_by_role("button", name="Create Token").click()
        token: str = self.page.get_by_role("textbox", name="Your new token").input_value()
        return token

    def ask_to_revoke(self, label: str) -> Locator:
        """The dialog that asks, opened by the trash icon of a token."""
        self.page.get_by_role("link", name=f"Revoke {label}", exact=True).click()
        dialog: Locator = self.page.get_by_role("dialog", name=f"Revoke “{label}”?")
        return self.loaded(dialog)

    def revoke(self, label: str) -> None:
        """Revokes a token, and waits until that is said."""
        self.ask_to_revoke(label).get_by_role("button", name="Revoke token").click()
        self.page.get_by_text("The token was revoked").first.wait_for()

    def clipboard(self) -> str:
        """What has been copied."""
        text: str = self.page.evaluate("navigator.clipboard.readText()")
        return text

    def listed(self) -> list[str]:
        """The names in the list."""
        self.page.get_by_role("heading", name="Personal Access Tokens").wait_for()
        names: list[str] = self.page.get_by_role("rowheader").locator("bdi").all_inner_texts()
        return names
