"""The User-Agent of an app's requests: its own name and version (RFC 9110, section 10.1.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from arka_config.app_identity import AppIdentity


def user_agent(app: AppIdentity) -> str:
    """Return `octo/1.2.0`, or `octo` for a program that is not installed from a distribution."""
    from arka_config.versions import app_version

    version = app_version(app)
    return f"{app.folder}/{version}" if version else app.folder
