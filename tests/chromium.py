"""Chromium for tests of pages: it reaches only this machine, and each window is as light as it can be."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests import peers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

# The address bar of each window has two pages of its own, which take as long as a test. Chromium heeds only the last
# list, so this one has Playwright's too.
_DISABLED_FEATURES = [
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup"),
    *("AimEnabled", "AvoidCorsURLLoaderRestartOnRedirect", "AvoidUnnecessaryBeforeUnloadCheckSync"),
    *("DestroyProfileOnBrowserClose", "HttpsFirstBalancedModeAutoEnable", "HttpsUpgrades", "LensOverlay"),
    *("MediaRouter", "NetworkTimeServiceQuerying", "OptimizationHints", "PaintHolding", "PreconnectToSearch"),
    "ThirdPartyStoragePartitioning",
]
# Root cannot use the sandbox. Playwright's own flags turn off background work.
_FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--no-proxy-server"),
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    f"--disable-features={','.join(_DISABLED_FEATURES)}",
]


@contextmanager
def run_chromium() -> Iterator[Browser]:
    """Run a browser until the block ends. Until then this thread can run no other event loop than Playwright's."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=peers.executable("chromium"), args=_FLAGS)
        yield browser
        browser.close()
